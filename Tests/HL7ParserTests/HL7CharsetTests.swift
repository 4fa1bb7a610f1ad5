import HL7Parser
import XCTest

final class HL7CharsetTests: XCTestCase {
  func testNames() {
    let same: [(String, HL7Charset?)] = [
      ("ASCII", .ascii), ("UNICODE UTF-8", .utf8), ("UTF-8", .utf8), ("utf8", .utf8), ("UNICODE", .utf8),
      ("8859/1", .latin1), ("ISO-8859-1", .latin1), ("ISO 8859/15", HL7Charset(iso8859Part: 15)),
      ("8859/2", HL7Charset(iso8859Part: 2)), ("8859/12", nil), ("8859/16", nil), ("UNICODE UTF-16", nil),
      ("ISO IR87", nil), ("GB 18030-2000", nil), ("", nil),
      ("UNICODE UTF-8\u{FFFD}\u{0}", nil), ("ASCII\u{0}", nil), ("UTF-8\u{301}", nil),
    ]
    for (name, charset) in same { XCTAssertEqual(HL7Charset(named: name), charset, name) }
    for part in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15] {
      XCTAssertEqual(HL7Charset(iso8859Part: part).flatMap { HL7Charset(named: $0.name) }?.name, "8859/\(part)")
    }
  }

  func testEachPartReadsAndWritesItsOwnLetters() throws {
    let letters: [(part: Int, byte: UInt8, text: String)] = [
      (1, 0xE9, "é"), (2, 0xA3, "Ł"), (3, 0xA6, "Ĥ"), (4, 0xA2, "ĸ"), (5, 0xD0, "а"), (6, 0xC7, "ا"), (7, 0xE1, "α"),
      (8, 0xE0, "א"), (9, 0xFE, "ş"), (10, 0xBD, "―"), (11, 0xA1, "ก"), (13, 0xA1, "”"), (14, 0xA1, "Ḃ"),
      (15, 0xA4, "€"),
    ]
    for (part, byte, text) in letters {
      let bytes = Fixtures.with("NTE|1||", charset: "8859/\(part)").dropLast() + [byte, 0x0D]
      let message = try HL7Message(parsing: Array(bytes))
      XCTAssertEqual(message["NTE-3"].string, text, "part \(part)")
      var writer = HL7Writer(charset: message.charset)
      var note = HL7SegmentDraft("NTE")
      note[1] = .text(text)
      writer.append(note)
      XCTAssertEqual(writer.bytes, Array("NTE|".utf8) + [byte, 0x0D], "part \(part)")
    }
  }

  func testAnEmptyMSH18TakesTheProfilesCharsetThenTheFallback() throws {
    let latin = Fixtures.with("NTE|1||").dropLast() + [0xE9, 0x0D]
    let assumed = try HL7Message(parsing: Array(latin))
    XCTAssertEqual(assumed["NTE-3"].string, "é")
    XCTAssertEqual(assumed.notices.map(\.kind), [.charsetAssumed])
    var options = HL7Options()
    options.defaultCharset = .latin1
    XCTAssertEqual(try HL7Message(parsing: Array(latin), options: options).notices, [])
    options = HL7Options()
    options.fallbackCharset = nil
    XCTAssertThrowsError(try HL7Message(parsing: Array(latin), options: options)) {
      let error = $0 as? HL7Error
      XCTAssertEqual(error?.code, .charsetMismatch)
      XCTAssertEqual(error?.location, HL7Location("NTE", field: 3))
    }
  }

  func testADeclaredCharsetMustMatch() throws {
    let bytes = Array(Fixtures.with("PID|1||42||", charset: "UNICODE UTF-8").dropLast() + [0xE9, 0x0D])
    XCTAssertThrowsError(try HL7Message(parsing: bytes)) {
      let error = $0 as? HL7Error
      XCTAssertEqual(error?.code, .charsetMismatch)
      XCTAssertEqual(error?.location, HL7Location("PID", field: 5))
      XCTAssertEqual(error?.condition, .dataTypeError)
    }
    var options = HL7Options()
    options.refusesCharsetMismatch = false
    let message = try HL7Message(parsing: bytes, options: options)
    XCTAssertEqual(message.notices.map(\.kind), [.charsetMismatch])
    XCTAssertEqual(message["PID-5"].string, "\u{FFFD}")
    XCTAssertEqual(Array(message.bytes), bytes)
  }

  /// ISO 2022 as HL7 narrows it: another set's letters until the next switch or the end of the text.
  func testTextsSwitchToTheFurtherSetsOfMSH18() throws {
    let latin2 = Fixtures.with("PID|1||9||Lech \u{1}^\\C2D4C\\\u{2}\\C2D42\\\u{1}&\u{1}", charset: "8859/2~8859/5")
    func message(_ bytes: [UInt8]) throws -> HL7Message {
      // Ł of part 2, and the byte that is а in part 5.
      try HL7Message(parsing: bytes.flatMap { $0 == 1 ? [0xA3] : $0 == 2 ? [0xD0] : [$0] })
    }
    let escaped = try message(latin2)
    XCTAssertEqual(escaped["PID-5.1"].string, "Lech Ł")
    XCTAssertEqual(escaped["PID-5.2.1"].string, "аŁ")
    XCTAssertEqual(escaped["PID-5.2.2"].string, "Ł")
    let raw = try message(Fixtures.with("PID|1||9||\u{1B}-L\u{2}\u{1B}(B!^\u{1}", charset: "8859/2~8859/5"))
    XCTAssertEqual(raw["PID-5.1"].string, "а!")
    XCTAssertEqual(raw["PID-5.2"].string, "Ł", "each text begins with the first set")
    let single = try message(Fixtures.with("PID|1||9||\\C2D4C\\\u{2}", charset: "8859/2"))
    XCTAssertEqual(single["PID-5.1"].string, "\\C2D4C\\Đ", "one set alone is never left")
    let unknown = try message(Fixtures.with("PID|1||9||\\C2D7A\\x\\M2442\\y", charset: "8859/2~8859/5"))
    XCTAssertEqual(unknown["PID-5.1"].string, "\\C2D7A\\x\\M2442\\y")
    XCTAssertEqual(Array(escaped.bytes), escaped.reassembled())
  }

  func testAFurtherSetIsReadWhereTheFirstCannotBe() throws {
    let bytes = Fixtures.with("PID|1||9||Lef\u{1}vre", charset: "ASCII~8859/1").map { $0 == 1 ? 0xE8 : $0 }
    let message = try HL7Message(parsing: bytes)
    XCTAssertEqual(message["PID-5.1"].string, "Lefèvre")
    XCTAssertEqual(message.notices.map(\.kind), [.charsetAssumed])
    let unnamed = try HL7Message(
      parsing: Fixtures.with("PID|1||9||\u{1}", charset: "~8859/7").map { $0 == 1 ? 0xE1 : $0 })
    XCTAssertEqual(unnamed["PID-5.1"].string, "α")
    // A set of East Asia is harmless until something switches to it.
    XCTAssertNoThrow(try HL7Message(parsing: Fixtures.with("PID|1||9||YAMADA", charset: "~ISO IR87")))
    let shifted = Fixtures.with("PID|1||9||YAMADA=\u{1B}$B;3ED\u{1B}(B", charset: "~ISO IR87")
    XCTAssertThrowsError(try HL7Message(parsing: shifted)) {
      XCTAssertEqual(($0 as? HL7Error)?.code, .unsupportedCharset)
    }
  }

  func testWideCharsetsAreRefusedWithTheReason() {
    let text = "MSH|^~\\&|A"
    let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    for bytes in [little, big, [0xFF, 0xFE] + little, [0xFE, 0xFF] + big] {
      XCTAssertThrowsError(try HL7Message(parsing: bytes)) {
        XCTAssertEqual(($0 as? HL7Error)?.code, .unsupportedCharset)
      }
    }
    XCTAssertThrowsError(try HL7Message(parsing: Fixtures.with("PID|1", charset: "UNICODE UTF-16"))) {
      XCTAssertEqual(($0 as? HL7Error)?.code, .unsupportedCharset)
      XCTAssertEqual(($0 as? HL7Error)?.location?.field, 18)
    }
  }

  func testUTF8ThatIsNotWellFormedIsFound() throws {
    let bad: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
      [0xF4, 0x90, 0x80, 0x80], [0xFF], [0xE2, 0x82],
    ]
    for sequence in bad {
      for padding in [0, 3, 15, 16, 40] {
        let body = Array(repeating: UInt8(ascii: "x"), count: padding) + sequence
        XCTAssertFalse(HL7Charset.utf8.isValid(body[...]), "\(sequence) after \(padding)")
        XCTAssertFalse(HL7Charset.utf8.isValid((body + Array(repeating: UInt8(ascii: "y"), count: 20))[...]))
      }
    }
    for text in ["", "é", "€", "🙂", "aé€🙂" + String(repeating: "ü", count: 40), "\u{D7FF}\u{E000}\u{10FFFF}"] {
      XCTAssertTrue(HL7Charset.utf8.isValid(Array(text.utf8)[...]), text)
    }
  }
}
