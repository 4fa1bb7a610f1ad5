import ClinicModel
import HL7Parser

extension HL7Reading {
  /// A coded field: by the partner's code map, else by a table, else as it was sent with the URI of its system.
  mutating func code(
    _ value: HL7.CWE, _ purpose: HL7MappingProfile.Purpose, table: [String: Code] = [:], system: String? = nil,
    at location: @autoclosure () -> HL7Location
  ) -> FieldChange<Code> {
    if value.isNull { return .clear }
    return coded(value, purpose, table: table, system: system, at: location()).map { .set($0) } ?? .leave
  }

  /// The code of a coded field that is part of something larger.
  mutating func coded(
    _ value: HL7.CWE, _ purpose: HL7MappingProfile.Purpose, table: [String: Code] = [:], system: String? = nil,
    at location: @autoclosure () -> HL7Location
  ) -> Code? {
    let primary = text(value.element.part(1), at: location())
    let display = text(value.element.part(2), at: location()) ?? text(value.element.part(9), at: location())
    if let primary {
      if let mapped = profile.codeMaps[purpose]?[primary] ?? table[primary] ?? table[primary.uppercased()] {
        return Code(system: mapped.system, code: mapped.code, display: mapped.display ?? display)
      }
      let named = text(value.element.part(3), at: location()).map { codeSystem($0) }
      return Code(system: named ?? system, code: primary, display: display)
    }
    if let alternate = text(value.element.part(4), at: location()) {
      let named = text(value.element.part(6), at: location()).map { codeSystem($0) }
      return Code(
        system: named ?? system, code: alternate, display: text(value.element.part(5), at: location()) ?? display)
    }
    return display.map { Code(code: nil, display: $0) }
  }

  /// What the sender calls it, whatever our code maps make of that: records stay the same when a map changes.
  mutating func word(_ element: HL7Element, at location: HL7Location) -> String? {
    for part in [1, 4, 2, 9, 5] {
      if let word = text(element.part(part), at: location) { return word }
    }
    return nil
  }

  /// A field of a closed vocabulary: by the partner's code map, else by a table. Words that neither knows are
  /// refused, since nothing could stand for them.
  mutating func vocabulary<Value: RawRepresentable<String>>(
    _ element: HL7Element, _ purpose: HL7MappingProfile.Purpose, table: [String: Value], number: String,
    at location: HL7Location
  ) -> FieldChange<Value> {
    if element.isNull { return .clear }
    guard let word = text(element, at: location) else { return .leave }
    if let mapped = profile.codeMaps[purpose]?[word] {
      guard let value = mapped.code.flatMap(Value.init(rawValue:)) else {
        refuse(
          .applicationInternalError, at: location,
          "the code map \(purpose.rawValue) of this partner leads to a code that the clinic does not have")
        return .leave
      }
      return .set(value)
    }
    guard let value = table[word] ?? table[word.uppercased()] else {
      refuse(
        .tableValueNotFound, at: location,
        "not a code of table \(number), nor of this partner's code map \(purpose.rawValue)")
      return .leave
    }
    return .set(value)
  }

  /// The URI of a coding system by its name in CWE.3.
  func codeSystem(_ name: String) -> String {
    if let known = profile.codeSystems[name] ?? HL7Tables.codingSystem(named: name) { return known }
    let upper = name.uppercased()
    if upper.hasPrefix("HL7"), upper.utf8.count == 7, upper.dropFirst(3).allSatisfy(\.isNumber) {
      return HL7Tables.uri(String(upper.dropFirst(3)))
    }
    // Some write the URI itself, as we do for systems that have no name.
    if name.contains("://") || name.hasPrefix("urn:") { return name }
    return Self.uri(ofAuthority: name)
  }
}
