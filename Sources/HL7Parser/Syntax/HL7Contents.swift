/// The messages of a file, whatever it wraps them in: MLLP frames, a batch, one message after another, or one alone.
public struct HL7Contents: Sendable {
  /// The messages in order; each is parsed when asked.
  public private(set) var messages: [ArraySlice<UInt8>] = []
  /// What is wrong around them: batch counts that do not agree, bytes outside frames.
  public private(set) var findings: [HL7Finding] = []

  /// Whether the bytes look like any of these: MSH, FHS or BHS at their beginning, or MLLP frames; MSH in UTF-16 too,
  /// so that it is refused with the reason rather than passed over.
  public static func isHL7(_ bytes: some Collection<UInt8>) -> Bool {
    let head = Array(bytes.drop { HL7Lines.isBlank($0) }.prefix(3))
    return [Array("MSH".utf8), Array("FHS".utf8), Array("BHS".utf8)].contains(head) || isFramed(bytes)
      || HL7Opening.isWide(Array(bytes.prefix(8)))
  }

  private static func isFramed(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.first { !HL7Lines.isBlank($0) || $0 == MLLPFramer.startBlock } == MLLPFramer.startBlock
      && bytes.contains(MLLPFramer.endBlock)
  }

  /// Finds the messages. Throws where a batch's envelope cannot be read.
  public init(of bytes: [UInt8], options: HL7Options = HL7Options()) throws(HL7Error) {
    try HL7Opening.refuseWideCharsets(bytes[...])
    guard Self.isFramed(bytes) else {
      try take(bytes, options)
      return
    }
    var framer = MLLPFramer()
    for event in framer.receive(bytes) + framer.end() {
      switch event {
      case .frame(let payload, _): try take(payload, options)
      case .rejected(let run, let reason):
        findings.append(HL7Finding(.segmentSequenceError, "\(run.count) bytes are no MLLP frame: \(reason)"))
      case .close: break
      }
    }
  }

  private mutating func take(_ bytes: [UInt8], _ options: HL7Options) throws(HL7Error) {
    // A batch is as long as its file; the limit is each message's.
    var options = options
    options.limits.messageBytes = max(options.limits.messageBytes, bytes.count)
    let batch = try HL7Batch(parsing: bytes, options: options)
    messages += batch.messages
    findings += batch.findings
  }
}
