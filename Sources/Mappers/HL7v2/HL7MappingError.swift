public import HL7Parser

/// Why a message is not applied: what is wrong and where, ready for ERR segments.
///
/// Texts name places, tables and formats; never the content of the message.
public struct HL7MappingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of refusal. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A message type that is not mapped: condition 200.
    public static let unsupportedMessage = Code(rawValue: "unsupported-message")
    /// An event that is not mapped: condition 201.
    public static let unsupportedEvent = Code(rawValue: "unsupported-event")
    /// The event is mapped, the content has errors.
    public static let content = Code(rawValue: "content")
  }

  public let code: Code
  /// At least one; all that were found.
  public let findings: [HL7Finding]

  public init(_ code: Code, _ findings: [HL7Finding]) {
    self.code = code
    self.findings = findings
  }

  /// AR for what is not mapped, AE for content.
  public var outcome: HL7Control.Outcome { code == .content ? .error : .rejected }

  /// The first finding's place as `gateway.hl7_message.error_location` keeps it, such as `PID-7`.
  public var location: String? { findings.first?.location?.description }

  public var description: String { findings.map(\.description).joined(separator: "; ") }
}
