internal import HL7Parser
internal import JSON
internal import Mappers

/// One stored message as an operator looks at it: when it came and what it took, how it reads, what it changed.
struct MessageReport {
  private let detail: MessageDetail

  init(_ detail: MessageDetail) { self.detail = detail }

  // MARK: Text

  /// - Parameter line: the message's line of the list.
  func text(_ line: String) -> String {
    [
      line, "", times, reading.text, "", MessageDetail.readable(detail.raw),
      detail.acknowledgement.isEmpty ? "(no answer)" : MessageDetail.readable(detail.acknowledgement),
      detail.effects.isEmpty
        ? "It changed nothing." : "It changed:\n  " + detail.effects.map(Self.text).joined(separator: "\n  "),
    ].joined(separator: "\n")
  }

  private var times: String {
    var lines = [
      [
        "received \(detail.summary.receivedAt)", detail.transport.map { "by \($0)" },
        detail.remoteAddress.map { "from \($0)" }, "\(detail.summary.bytes) bytes",
      ].compactMap(\.self).joined(separator: ", ")
    ]
    if let applied = detail.appliedAt { lines.append("applied \(applied)") }
    if let took = detail.durationMicroseconds {
      lines.append("kept and answered in \(Self.milliseconds(took)) ms after its last byte")
    }
    if detail.summary.attempts > 1 { lines.append("taken \(detail.summary.attempts) times") }
    if let location = detail.summary.errorLocation { lines.append("at \(location)") }
    return lines.joined(separator: "\n")
  }

  private static func text(_ effect: MessageDetail.Effect) -> String {
    "\(effect.operation) \(effect.relation) \(effect.recordID)" + (effect.version.map { " version \($0)" } ?? "")
  }

  private static func milliseconds(_ microseconds: Int) -> String {
    let thousandths = microseconds % 1_000
    return "\(microseconds / 1_000)." + String(repeating: "0", count: 3 - "\(thousandths)".count) + "\(thousandths)"
  }

  // MARK: JSON

  /// - Parameter summary: the members of the list.
  func json(_ summary: JSONObject) -> JSONObject {
    var object = summary
    object["transport"] = JSONValue(detail.transport)
    object["remote_address"] = JSONValue(detail.remoteAddress)
    object["applied"] = JSONValue(detail.appliedAt)
    object["duration_microseconds"] = detail.durationMicroseconds.map { JSONValue($0) } ?? .null
    object["parsed"] = reading.json
    object["message"] = .string(MessageDetail.readable(detail.raw))
    object["acknowledgement"] = .string(MessageDetail.readable(detail.acknowledgement))
    object["effects"] = .array(
      detail.effects.map {
        [
          "operation": .string($0.operation), "relation": .string($0.relation), "id": .string($0.recordID),
          "version": $0.version.map { JSONValue($0) } ?? .null,
        ]
      })
    return object
  }

  // MARK: Reading

  /// What the parser makes of the bytes; a partner's own charset and terminators are not looked up.
  private var reading: (text: String, json: JSONValue) {
    do throws(HL7Error) {
      let message = try HL7Message(parsing: detail.raw)
      let structure = HL7Listing(message).structureName
      let version = message.header[12].string
      let notices = message.notices.map { "\($0.kind.rawValue) \($0.count) times" }
      let words = [
        structure, version.map { "version \($0)" }, message.charset.name, "\(message.segments.count) segments",
      ].compactMap(\.self)
      return (
        "reads as " + (words + notices).joined(separator: ", "),
        [
          "structure": JSONValue(structure), "version": JSONValue(version), "charset": .string(message.charset.name),
          "segments": .init(message.segments.count), "notices": .array(notices.map { .string($0) }), "error": .null,
        ]
      )
    } catch {
      return ("cannot be read: \(error)", ["error": .string("\(error)")])
    }
  }
}
