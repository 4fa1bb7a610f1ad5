internal import ClinicModel
internal import JSON

/// Takes a profile's members one by one and remembers what is wrong with them, and which were never asked for.
struct HL7ProfileReader {
  private let object: JSONObject
  private var known: [String] = []
  private var found: [String] = []
  /// Members of one object, and elements of one array.
  private static let memberLimit = 1_000

  init(_ object: JSONObject) { self.object = object }

  mutating func note(_ key: String, _ fault: String) { found.append("\(key) \(fault)") }

  mutating func string(_ key: String) -> String? {
    known.append(key)
    guard let value = object[key] else { return nil }
    guard let text = value.string else {
      note(key, "must be a string")
      return nil
    }
    return text
  }

  mutating func choice(_ key: String, _ values: [String]) -> String? {
    guard let text = string(key) else { return nil }
    guard values.contains(text) else {
      note(key, "must be one of \(values.joined(separator: ", ")), not \(text.prefix(40).debugDescription)")
      return nil
    }
    return text
  }

  /// An array of strings; of these values where they are given.
  mutating func strings(_ key: String, among values: [String]?) -> [String]? {
    known.append(key)
    guard let value = object[key] else { return nil }
    let texts = value.array?.compactMap(\.string) ?? []
    guard let array = value.array, texts.count == array.count, array.count <= Self.memberLimit,
      texts.allSatisfy({ values?.contains($0) ?? true })
    else {
      note(key, "must be an array of strings" + (values.map { ", each one of \($0.joined(separator: ", "))" } ?? ""))
      return nil
    }
    return texts
  }

  /// An object whose members are strings.
  @discardableResult
  mutating func texts(_ key: String) -> [String: String] {
    known.append(key)
    guard let value = object[key] else { return [:] }
    guard let members = value.object, members.count <= Self.memberLimit, members.allSatisfy({ $0.value.string != nil })
    else {
      note(key, "must be an object whose members are strings")
      return [:]
    }
    return Dictionary(members.map { ($0.key, $0.value.string ?? "") }, uniquingKeysWith: { first, _ in first })
  }

  /// A member that is an object, read by `body`; what is wrong with it is noted with its place.
  mutating func member<Value>(_ key: String, _ body: (inout HL7ProfileReader) -> Value) -> Value? {
    known.append(key)
    guard let value = object[key] else { return nil }
    guard let members = value.object else {
      note(key, "must be an object")
      return nil
    }
    var reader = HL7ProfileReader(members)
    let read = body(&reader)
    found += reader.faults().map { "\(key).\($0)" }
    return read
  }

  /// The objects of an array, each read by `body`; what is wrong with one is noted with its place.
  mutating func objects<Value>(_ key: String, _ body: (inout HL7ProfileReader) -> Value?) -> [Value] {
    known.append(key)
    guard let value = object[key] else { return [] }
    let objects = value.array?.compactMap(\.object) ?? []
    guard let array = value.array, objects.count == array.count, array.count <= Self.memberLimit else {
      note(key, "must be an array of objects")
      return []
    }
    var values: [Value] = []
    for (place, member) in objects.enumerated() {
      var reader = HL7ProfileReader(member)
      let value = body(&reader)
      for fault in reader.faults() { note("\(key)[\(place + 1)].", fault) }
      if let value { values.append(value) }
    }
    return values
  }

  /// An object of objects whose members are codes: a string, or an object of `code`, `system` and `display`.
  mutating func codes(_ key: String, among purposes: [String]) -> [String: [String: Code]] {
    known.append(key)
    guard let value = object[key] else { return [:] }
    guard let maps = value.object else {
      note(key, "must be an object")
      return [:]
    }
    var found: [String: [String: Code]] = [:]
    for map in maps {
      guard purposes.contains(map.key) else {
        let nearest = nearestName(to: map.key, in: purposes).map { "; did you mean \($0)?" } ?? ""
        note("\(key).\(map.key.prefix(60))", "is nothing that is translated\(nearest)")
        continue
      }
      guard let members = map.value.object, members.count <= Self.memberLimit else {
        note("\(key).\(map.key)", "must be an object of at most \(Self.memberLimit) members")
        continue
      }
      for member in members {
        let parts = member.value.object
        guard let code = member.value.string ?? parts?["code"]?.string,
          parts?.allSatisfy({ ["code", "system", "display"].contains($0.key) && $0.value.string != nil }) ?? true
        else {
          note("\(key).\(map.key).\(member.key.prefix(60))", "must be a code, or an object of code, system and display")
          continue
        }
        found[map.key, default: [:]][member.key] = Code(
          system: parts?["system"]?.string, code: code, display: parts?["display"]?.string)
      }
    }
    return found
  }

  /// Everything that is wrong, unknown keys with the nearest known one.
  func faults() -> [String] {
    found
      + object.keys.filter { !known.contains($0) }.sorted().map { key in
        let nearest = nearestName(to: key, in: known).map { "; did you mean \($0)?" } ?? ""
        return "unknown key \(key.prefix(60).debugDescription)\(nearest)"
      }
  }
}
