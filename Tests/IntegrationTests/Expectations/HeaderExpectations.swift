import HL7Parser

/// In what terms an acknowledgement should be: the sender's delimiters, its control id, nothing of its content.
enum HeaderExpectations {
  private static func answer(_ bytes: [UInt8], _ code: HL7Acknowledgement.Code = .AE) -> [UInt8] {
    HL7Acknowledgement(code).bytes(
      answering: HL7Header(recoveringFrom: bytes), controlID: "1", time: "2026")
  }

  private static func answer(_ text: String, _ code: HL7Acknowledgement.Code = .AE) -> String {
    answer(Array(text.utf8), code).text
  }

  private static let minimal = "MSH|^~\\&|||||2026||ACK|1|P|2.5\rMSA|AE\r"
  private static let odd = "MSH!*?%@!HIS!RABAT!GW!CASA!2026!!ADT*A01!ID-7!P!2.5\rPID!1!!42!!Secret*Name\r"

  static let all: [Expectation] = [
    .agrees(134) { _ in
      for code in [HL7Acknowledgement.Code.AA, .AE, .AR, .CA, .CE, .CR] {
        let message = try HL7Message(parsing: Array(answer(odd, code).utf8))
        try expect(message["MSA-1"].string, code.rawValue)
        try expect(message["MSA-2"].string, "ID-7")
      }
    },
    .agrees(136, 137, 138, 139, 152) { _ in
      try expect(
        answer(odd, .AA), "MSH!*?%@!GW!CASA!HIS!RABAT!2026!!ACK*A01*ACK!1!P!2.5\rMSA!AA!ID-7\r")
    },
    .agrees(140) { _ in
      let finding = HL7Finding(.dataTypeError, "no ! here")
      let bytes = HL7Acknowledgement(.AE, findings: [finding]).bytes(
        answering: HL7Header(recoveringFrom: Array(odd.utf8)), controlID: "1", time: "2026")
      let message = try HL7Message(parsing: bytes)
      try expect(message["MSA-3"].string, "no ! here")
      try expect(bytes.text.contains("MSA!AE!ID-7!no %F% here\r"), bytes.text)
    },
    .agrees(141) { _ in
      let bytes =
        Array("MSH!*?%@!A!B!C!D!2026!!ADT*A01!ID".utf8) + [0xE9, 0xFF] + Array("!P!2.5!!!!!!8859/1\r".utf8)
      let message = try HL7Message(parsing: answer(bytes))
      try expect(Array(message["MSA-2"].bytes), Array("ID".utf8) + [0xE9, 0xFF])
    },
    .agrees(142) { _ in
      try expect(
        answer("MSH|^~\\&|A|B|C|D|2026||ADT^A01|7|P|2.5\r", .AA),
        "MSH|^~\\&|C|D|A|B|2026||ACK^A01^ACK|1|P|2.5\rMSA|AA|7\r")
    },
    .agrees(143, 145) { _ in
      for end in ["\n", "\r\n"] {
        try expect(
          answer("MSH|^~\\&|A|B|C|D|2026||ADT^A01|7|P|2.5\(end)PID|1||42\(end)", .AA),
          "MSH|^~\\&|C|D|A|B|2026||ACK^A01^ACK|1|P|2.5\rMSA|AA|7\r")
      }
    },
    .agrees(144) { bench in
      for message in bench.messages + [Array(odd.utf8)] {
        guard let parsed = try? HL7Message(parsing: message) else { continue }
        let text = answer(message).text
        for segment in parsed.segments.dropFirst() where segment.name != "MSA" {
          for number in 1...max(1, segment.fieldCount) where segment[number].bytes.count > 6 {
            let field = Array(segment[number].bytes).text
            try expect(!text.contains(field) || HL7Header(parsed).controlID == field, "repeated: \(field)")
          }
        }
      }
    },
    .agrees(146, 147, 148, 149) { _ in
      for text in ["MSH\u{0B}^~\\&\u{0B}A\r", "MSH\u{1C}^~\\&\u{1C}A\r", "MSH", "MSH\r", "", "PID|1\r"] {
        try expect(answer(text), minimal, text.debugDescription)
      }
    },
    .agrees(150) { _ in
      let base = Array("MSH|^~\\&|A|B|C|D|2026||ADT^A01|7|P|2.5\r".utf8)
      for place in 3...7 {
        for other in 3...7 {
          for byte in UInt8.min...UInt8.max {
            var bytes = base
            (bytes[place], bytes[other]) = (byte, byte)
            try expect(MLLPWriter.frame(answer(bytes)) != nil, "no frame for \(byte) at \(place) and \(other)")
          }
        }
      }
    },
  ]
}
