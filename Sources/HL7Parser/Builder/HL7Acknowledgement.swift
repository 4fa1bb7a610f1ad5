/// An acknowledgement: MSH, MSA and an ERR for each finding, in the sender's delimiters, version and charset.
///
/// HL7 chapter 2, "General acknowledgement". Nothing of the message but its routing and control fields is repeated.
public struct HL7Acknowledgement: Sendable {
  /// Table 0008.
  public enum Code: String, Sendable {
    case AA, AE, AR, CA, CE, CR

    /// Whether the sender may forget the message.
    public var isPositive: Bool { self == .AA || self == .CA }

    static func accept(_ outcome: HL7Control.Outcome) -> Code {
      switch outcome {
      case .success: .CA
      case .error: .CE
      case .rejected: .CR
      }
    }

    static func application(_ outcome: HL7Control.Outcome) -> Code {
      switch outcome {
      case .success: .AA
      case .error: .AE
      case .rejected: .AR
      }
    }
  }

  /// The most findings that one acknowledgement carries.
  public static let findingLimit = 50
  /// The most bytes repeated of one field of the sender's header.
  public static let echoBytes = 1000

  public var code: Code
  public var findings: [HL7Finding]

  public init(_ code: Code, findings: [HL7Finding] = []) {
    self.code = code
    self.findings = findings
  }

  /// The bytes of the acknowledgement, each segment ended by CR.
  ///
  /// `controlID` is its own MSH-10, at most 20 characters before version 2.7 and 199 since; `time` its MSH-7, see
  /// `HL7DateTime.text(unixMilliseconds:)`.
  public func bytes(answering header: HL7Header, controlID: String, time: String) -> [UInt8] {
    var writer = HL7Writer(delimiters: header.delimiters, charset: header.charset)
    writer.reserveCapacity(256 + findings.count * 160)
    writeHeader(to: &writer, header, controlID, time)
    writer.begin("MSA")
    writer.text(code.rawValue, field: 1)
    echo(header, 10, as: 2, to: &writer)
    let negative = code.isPositive ? nil : findings.first
    if let negative { writer.text(negative.text, field: 3) }
    writer.end()
    let version = header.version ?? .v2_5
    for finding in findings.prefix(Self.findingLimit) {
      writer.append(version >= .v2_5 ? Self.error(finding) : Self.errorBefore2_5(finding))
    }
    return writer.bytes
  }

  private func writeHeader(to writer: inout HL7Writer, _ header: HL7Header, _ controlID: String, _ time: String) {
    writer.begin("MSH")
    echo(header, 5, as: 3, to: &writer)
    echo(header, 6, as: 4, to: &writer)
    echo(header, 3, as: 5, to: &writer)
    echo(header, 4, as: 6, to: &writer)
    writer.text(time, field: 7)
    writer.text("ACK", field: 9)
    if let event = header.field(9)?.component(2), event.hasValue {
      writer.nextComponent()
      writer.raw(event.bytes.prefix(Self.echoBytes))
      if header.version.map({ $0 >= .v2_3_1 }) ?? true {
        writer.nextComponent()
        writer.text("ACK", field: 9)
      }
    }
    writer.text(controlID, field: 10)
    if !echo(header, 11, as: 11, to: &writer) { writer.text("P", field: 11) }
    if !echo(header, 12, as: 12, to: &writer) { writer.text("2.5", field: 12) }
    // A charset that is not known here is not claimed for the answer.
    if let named = header.field(18)?.repetition(1), HL7Charset.named(named.bytes) != nil {
      echo(header, 18, as: 18, to: &writer)
    }
    writer.end()
  }

  /// Repeats a field of the sender's header as it stands; control characters, which could break a frame, are left
  /// out. False where there is nothing to repeat.
  @discardableResult
  private func echo(_ header: HL7Header, _ number: Int, as field: Int, to writer: inout HL7Writer) -> Bool {
    guard let element = header.field(number), element.hasValue else { return false }
    writer.advance(to: field)
    writer.raw(element.bytes.prefix(Self.echoBytes))
    return true
  }

  /// ERR as of version 2.5: location, table 0357, severity, diagnostic and message for the user.
  private static func error(_ finding: HL7Finding) -> HL7SegmentDraft {
    var segment = HL7SegmentDraft("ERR")
    if let place = finding.location {
      segment[2] = .components([
        .text(place.segment), .number(place.occurrence), .number(place.field), .number(place.repetition),
        .number(place.component), .number(place.subcomponent),
      ])
    }
    segment[3] = .components([.number(finding.condition.code), .text(finding.condition.display), .text("HL70357")])
    segment[4] = .text(finding.severity.rawValue)
    segment[7] = .text(finding.location.map { "\($0)" } ?? "message")
    segment[8] = .text(finding.text)
    return segment
  }

  /// ERR before version 2.5: everything in ERR-1.
  private static func errorBefore2_5(_ finding: HL7Finding) -> HL7SegmentDraft {
    var segment = HL7SegmentDraft("ERR")
    let code = HL7Content.subcomponents([
      .number(finding.condition.code), .text(finding.condition.display), .text("HL70357"),
    ])
    segment[1] = .components([
      .text(finding.location?.segment), .number(finding.location?.occurrence), .number(finding.location?.field), code,
    ])
    return segment
  }
}
