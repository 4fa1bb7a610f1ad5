import HL7Parser

/// Whatever the bytes: no trap; what parses keeps its bytes; every element lies within them; a copy written with other
/// delimiters reads the same; an acknowledgement can always be framed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzER7(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  answer(HL7Header(recoveringFrom: bytes))
  if let batch = try? HL7Batch(parsing: bytes) {
    precondition(batch.messages.reduce(0) { $0 + $1.count } <= bytes.count)
  }
  guard let message = try? HL7Message(parsing: bytes) else { return 0 }
  precondition(Array(message.bytes) == bytes)
  var writer = HL7Writer(delimiters: HL7Delimiters(field: 0x21, encodingCharacters: "*?%@".utf8) ?? .standard)
  for segment in message.segments {
    for number in 1...(segment.fieldCount + 1) { walk(segment[number], in: message) }
    writer.append(copying: segment)
  }
  let validator = HL7Validator()
  let findings = validator.headerFindings(message) + validator.contentFindings(message)
  answer(HL7Header(message), findings)
  if let copy = try? HL7Message(parsing: writer.bytes) {
    precondition(copy.segments.map(\.name) == message.segments.map(\.name))
    let (own, copied) = (message["PID-3[2].4.1"].string, copy["PID-3[2].4.1"].string)
    precondition(alike(own, copied, but: message.delimiters.escape) || own == "" || message.charset != .utf8)
  }
  return 0
}

/// Whether two texts are the same but for the escape character, which stays around a formatting sequence such as `\.br\`.
private func alike(_ own: String?, _ copied: String?, but escape: UInt8?) -> Bool {
  guard let escape, let own, let copied else { return own == copied }
  return own.utf8.map { $0 == escape ? 0x25 : $0 } == copied.utf8.map { $0 == escape ? 0x25 : $0 }
}

private func walk(_ field: HL7Element, in message: HL7Message) {
  var size = 0
  for repetition in field.repetitions {
    size += repetition.bytes.count + 1
    for number in 0..<min(repetition.componentCount, 20) {
      let component = repetition.component(number + 1)
      precondition(component.bytes.count <= repetition.bytes.count)
      _ = component.string
      _ = component.subcomponent(2).plainText
    }
  }
  precondition(size == 0 ? field.isAbsent : size == field.bytes.count + 1)
  _ = field.plainText
  _ = try? HL7.DTM(field).parsed()
}

private func answer(_ header: HL7Header, _ findings: [HL7Finding] = []) {
  let codes = HL7Control.acknowledgements(for: header, profile: .loosePeers, stored: .error, applied: nil)
  for code in codes {
    let bytes = HL7Acknowledgement(code, findings: findings).bytes(answering: header, controlID: "1", time: "2026")
    precondition(MLLPWriter.frame(bytes) != nil)
    let back = try? HL7Message(parsing: bytes, options: lenient)
    precondition(back?.segments.first?.name == "MSH")
  }
}

private let lenient: HL7Options = {
  var options = HL7Options()
  options.refusesCharsetMismatch = false
  return options
}()
