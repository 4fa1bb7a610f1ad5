internal import HL7Parser

/// Messages that a clinic does not want from a partner though they are right: `ignore` in the partner's profile.
///
/// | key | values | meaning |
/// |---|---|---|
/// | `events` | array of `ADT^A08` … | of these events only; unset: of all |
/// | `where` | a path such as `PV1-2` or `PID-3[2].4` | with `values`: where its value is one of them |
/// | `values` | array of strings | `""` is a field that is absent or empty |
/// | `reason` | text | what is kept with the message; required |
struct HL7IgnoreRule: Sendable {
  private let events: Set<HL7Validator.Event>
  private let place: HL7Path?
  private let values: Set<String>
  private let reason: String
  private static let reasonBytes = 200

  /// Reads a rule and notes what is wrong with it.
  init?(_ reader: inout HL7ProfileReader) {
    let names = reader.strings("events", among: nil) ?? []
    events = Set(names.compactMap { HL7Validator.Event(named: $0) })
    if events.count < names.count { reader.note("events", "must be an array of different events such as ADT^A08") }
    let path = reader.string("where")
    place = path.flatMap { try? HL7Path($0) }
    if let path, place == nil { reader.note("where", "is no path such as PV1-2: \(path.prefix(40).debugDescription)") }
    let texts = reader.strings("values", among: nil)
    values = Set(texts ?? [])
    if (path == nil) != values.isEmpty { reader.note("values", "and where must stand together") }
    if path == nil, names.isEmpty { reader.note("events", "or where must be given, or nothing would be taken") }
    reason = reader.string("reason") ?? ""
    if reason.isEmpty || reason.utf8.count > Self.reasonBytes {
      reader.note("reason", "must say why, in at most \(Self.reasonBytes) bytes")
    }
  }

  /// What is kept with a message that the rule means; nil where it does not.
  func finding(_ message: HL7Message) -> HL7Finding? {
    guard events.isEmpty || events.contains(HL7Validator.Event(of: message)) else { return nil }
    guard let place else { return HL7Finding(.messageAccepted, at: HL7Location("MSH", field: 9), reason) }
    guard values.contains(message[place].string ?? "") else { return nil }
    return HL7Finding(.messageAccepted, reason)
  }
}

extension HL7Validator.Event {
  /// MSH-9.1 and MSH-9.2.
  init(of message: HL7Message) {
    let type = message.header[9]
    self.init(type.component(1).string ?? "", type.component(2).string ?? "")
  }

  /// `ADT^A08`.
  init?(named text: String) {
    let parts = text.split(separator: "^", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { $0.isAlphanumeric } }) else {
      return nil
    }
    self.init(String(parts[0]), String(parts[1]))
  }
}

extension UInt8 {
  fileprivate var isAlphanumeric: Bool {
    (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
  }
}
