import HL7Parser
import JSON

/// A resource that is being made.
struct HL7FHIRResource {
  let type: String
  let id: String
  var object: JSONObject

  /// Sets a member; nothing where there is no value.
  mutating func set(_ name: String, _ value: JSONValue?) {
    if let value { object[name] = value }
  }

  mutating func set(_ name: String, _ text: String?) { set(name, text.map { .string($0) }) }

  /// Adds to a member that is a list; nothing where there is no value, or the list has it.
  mutating func append(_ name: String, _ value: JSONValue?) {
    guard let value else { return }
    var list = object[name]?.array ?? []
    if !list.contains(value) { list.append(value) }
    object[name] = .array(list)
  }

  mutating func append(_ name: String, all values: [JSONValue]) {
    for value in values { append(name, value) }
  }

  /// Adds an extension; nothing where there is no value.
  mutating func extend(_ url: String, _ kind: String, _ value: JSONValue?) {
    if let value { append("extension", ["url": .string(url), kind: value]) }
  }
}

/// Names a resource of a draft.
struct HL7FHIRHandle: Hashable {
  let index: Int
  let id: String

  var reference: JSONValue { ["reference": .string("urn:uuid:\(id)")] }
}

/// The resources of a Bundle that is being made, each once.
///
/// Ids follow from what a resource is: a person, place or organization by its identifiers or its name, everything else
/// by its message and its place in it. The same message gives the same ids wherever it is converted.
struct HL7FHIRDraft {
  private(set) var resources: [HL7FHIRResource] = []
  private var known: [String: HL7FHIRHandle] = [:]
  /// What tells this message from others.
  let fingerprint: String

  init(fingerprint: String) {
    self.fingerprint = fingerprint
  }

  subscript(handle: HL7FHIRHandle) -> HL7FHIRResource {
    get { resources[handle.index] }
    set { resources[handle.index] = newValue }
  }

  /// A resource of this message alone, named by the place that it comes from, such as `OBX[2]`.
  mutating func add(_ type: String, at place: String) -> HL7FHIRHandle {
    add(type, key: "\(fingerprint) \(place)")
  }

  /// The resource of a type with a key, made where it is new.
  mutating func add(_ type: String, key: String) -> HL7FHIRHandle {
    let key = "\(type) \(key)"
    if let handle = known[key] { return handle }
    let id = Self.uuid(of: key)
    let handle = HL7FHIRHandle(index: resources.count, id: id)
    resources.append(
      HL7FHIRResource(type: type, id: id, object: ["resourceType": .string(type), "id": .string(id)]))
    known[key] = handle
    return handle
  }

  /// A resource with content, named by that content: two of the same are one.
  mutating func add(_ type: String, content: [(String, JSONValue?)], key: String? = nil) -> HL7FHIRHandle {
    let own = content.map { name, value in "\(name)=\(value ?? .null)" }.joined(separator: " ")
    let handle = add(type, key: key ?? own)
    for (name, value) in content where self[handle].object[name] == nil { self[handle].set(name, value) }
    return handle
  }

  /// A UUID of version 8 (RFC 9562, 5.8): two FNV-1a hashes of a text.
  static func uuid(of text: String) -> String {
    var high: UInt64 = 0xCBF2_9CE4_8422_2325
    var low: UInt64 = 0x9AE1_6A3B_2F90_404F
    for byte in text.utf8 {
      high = (high ^ UInt64(byte)) &* 0x100_0000_01B3
      low = (low ^ UInt64(byte) ^ 0x5A) &* 0x100_0000_01B3
      low ^= low >> 29
    }
    high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x8000
    low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = [high, low].map { word in
      let text = String(word, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }.joined()
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { from, to in
      String(digits.dropFirst(from).prefix(to - from))
    }.joined(separator: "-")
  }
}
