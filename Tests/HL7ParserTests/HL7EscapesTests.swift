import HL7Parser
import XCTest

final class HL7EscapesTests: XCTestCase {
  /// What is sent, what it reads as, and what it reads as with formatting carried out.
  private static let cases: [(sent: String, text: String, plain: String)] = [
    (#"a\F\b\S\c\T\d\R\e\E\f"#, #"a|b^c&d~e\f"#, #"a|b^c&d~e\f"#),
    (#"\T\\T\"#, "&&", "&&"),
    (#"\X0D0A\"#, "\r\n", "\r\n"),
    (#"x\X4a\y"#, "xJy", "xJy"),
    (#"\XC3A9\"#, "é", "é"),
    (#"\X0\"#, #"\X0\"#, #"\X0\"#),
    (#"\XGG\"#, #"\XGG\"#, #"\XGG\"#),
    (#"one\.br\two"#, #"one\.br\two"#, "one\ntwo"),
    (#"a\.sp3\b"#, #"a\.sp3\b"#, "a\n\n\nb"),
    (#"a\.sk2\b"#, #"a\.sk2\b"#, "a  b"),
    (#"\.fi\\.nf\\.in+4\\.ti2\\.ce\x"#, #"\.fi\\.nf\\.in+4\\.ti2\\.ce\x"#, "\nx"),
    (#"\H\bold\N\"#, #"\H\bold\N\"#, "bold"),
    (#"\C2842\\M2842A1\\Zlocal\"#, #"\C2842\\M2842A1\\Zlocal\"#, #"\C2842\\M2842A1\\Zlocal\"#),
    (#"\Q\"#, #"\Q\"#, #"\Q\"#),
    (#"\\"#, #"\\"#, #"\\"#),
    (#"C:\temp"#, #"C:\temp"#, #"C:\temp"#),
    (#"end\"#, #"end\"#, #"end\"#),
    (#"\.unknown\"#, #"\.unknown\"#, #"\.unknown\"#),
    (#"\P\"#, "#", "#"),
  ]

  func testDecoding() throws {
    for (sent, text, plain) in Self.cases {
      let message = try HL7Message(parsing: Fixtures.with("NTE|1||" + sent))
      XCTAssertEqual(message["NTE-3"].string, text, sent)
      XCTAssertEqual(message["NTE-3"].plainText, plain, sent)
      XCTAssertEqual(String(decoding: message["NTE-3"].bytes, as: UTF8.self), sent)
    }
  }

  func testFreeTextKeepsDelimitersThatWereNotEscaped() throws {
    let message = try HL7Message(parsing: Fixtures.with("NTE|1||R&D^x"))
    XCTAssertEqual(message.NTE?.comment[0].text, "R&D^x")
    XCTAssertEqual(message["NTE-3"].string, "R")
  }

  func testWhatIsWrittenReadsBackAndCreatesNothing() throws {
    let texts = [
      "plain", #"|^~\&"#, "a\rPID|9||evil", "\n\t\u{0B}\u{1C}\u{7F}\0", "é漢🙂", #"\F\"#, #"\X0D\"#, "\"\"", "\"", " ",
      "#",
    ]
    let sets = [#"|^~\&"#, #"|^~\&#"#, "!*?%@"].compactMap { set in
      set.utf8.first.flatMap { HL7Delimiters(field: $0, encodingCharacters: set.utf8.dropFirst()) }
    }
    XCTAssertEqual(sets.count, 3)
    for delimiters in sets {
      for text in texts {
        var writer = HL7Writer(delimiters: delimiters)
        var header = HL7SegmentDraft("MSH")
        header[9] = .components(["ADT", "A08"])
        writer.append(header)
        var note = HL7SegmentDraft("NTE")
        note[3] = .repetitions([.text(text), .components([nil, .subcomponents([nil, .text(text)])])])
        note[4] = .null
        writer.append(note)
        XCTAssertEqual(writer.substitutions, 0)
        let message = try HL7Message(parsing: writer.bytes)
        XCTAssertEqual(message.segments.map(\.name), ["MSH", "NTE"], text)
        XCTAssertEqual(message["NTE-3[1]"].string, text)
        XCTAssertEqual(message["NTE-3[2].2.2"].string, text)
        XCTAssertTrue(message["NTE-3[2].1"].isAbsent)
        XCTAssertTrue(message["NTE-4"].isNull)
        XCTAssertFalse(message["NTE-3[1]"].isNull)
        XCTAssertTrue(writer.bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0D })
      }
    }
  }

  func testWhatCannotBeExpressedIsCounted() {
    var writer = HL7Writer(charset: .latin1)
    var note = HL7SegmentDraft("NTE")
    note[3] = "é漢"
    writer.append(note)
    XCTAssertEqual(writer.bytes, Array("NTE|||".utf8) + [0xE9, 0x3F, 0x0D])
    XCTAssertEqual(writer.substitutions, 1)
  }

  func testADraftKeepsAReceivedSegmentsContent() throws {
    let message = try HL7Message(parsing: Fixtures.admit)
    let delimiters = try XCTUnwrap(HL7Delimiters(field: UInt8(ascii: "!"), encodingCharacters: "*?%@".utf8))
    var other = HL7Writer(delimiters: delimiters)
    var same = HL7Writer()
    for segment in message.segments {
      other.append(copying: segment)
      same.append(copying: segment)
    }
    XCTAssertEqual(same.bytes, Fixtures.admit)
    let copy = try HL7Message(parsing: other.bytes)
    for path in ["PID-3[1].4.2", "PID-3[2].1", "PID-5.1.2", "PID-11.1", "PID-13[2].4", "ZPI-2[2]", "MSH-9.3"] {
      XCTAssertEqual(copy[path].string, message[path].string, path)
    }
    XCTAssertTrue(copy["PID-14"].isNull)
  }

  func testAFormattingSequenceBringsNoDelimiterIntoACopy() throws {
    let header = "MSH|^~\\&|A|B|||||ADT^A08|1|P|2.5\r"
    let message = try HL7Message(parsing: Array((header + "PID|1||1~\\.sk?3\\^^\\.br\\^M\r").utf8))
    let delimiters = try XCTUnwrap(HL7Delimiters(field: UInt8(ascii: "!"), encodingCharacters: "*?%@".utf8))
    var writer = HL7Writer(delimiters: delimiters)
    for segment in message.segments { writer.append(copying: segment) }
    let copy = try HL7Message(parsing: writer.bytes)
    XCTAssertEqual(copy["PID-3"].repetitions.count, 2)
    XCTAssertEqual(copy["PID-3[2].1"].string, #"\.sk?3\"#)
    XCTAssertEqual(copy["PID-3[2].3"].string, "%.br%")
    XCTAssertEqual(copy["PID-3[2].4.1"].string, "M")
  }
}
