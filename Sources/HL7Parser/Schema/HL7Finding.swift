/// Something wrong in a message that can be read: what, where, how bad. One finding makes one ERR segment.
public struct HL7Finding: Sendable, Hashable, CustomStringConvertible {
  /// Table 0516, what ERR-4 carries.
  public enum Severity: String, Sendable {
    case warning = "W"
    case information = "I"
    case error = "E"
    case fatal = "F"
  }

  public var condition: HL7ErrorCondition
  public var location: HL7Location?
  public var severity: Severity
  /// What is wrong and what would be right, for the sender's staff; no content of the message.
  public var text: String

  public init(
    _ condition: HL7ErrorCondition, at location: HL7Location? = nil, severity: Severity = .error, _ text: String
  ) {
    self.condition = condition
    self.location = location
    self.severity = severity
    self.text = text
  }

  /// The finding that answers a message which could not be parsed.
  public init(_ error: HL7Error) {
    self.init(error.condition, at: error.location, "\(error.text) (byte \(error.offset))")
  }

  public var description: String {
    let place = location.map { "\($0): " } ?? ""
    return "\(severity.rawValue) \(condition.code) \(place)\(text)"
  }
}
