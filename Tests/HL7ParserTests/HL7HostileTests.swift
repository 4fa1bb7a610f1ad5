import HL7Parser
import XCTest

/// Input that nobody should send: refused or read, never a trap, never slow.
final class HL7HostileTests: XCTestCase {
  private func code(_ bytes: [UInt8], _ options: HL7Options = HL7Options()) -> HL7Error.Code? {
    do throws(HL7Error) {
      _ = try HL7Message(parsing: bytes, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  func testWhatIsRefusedAndWhy() {
    let cases: [(String, HL7Error.Code)] = [
      ("", .noHeader), ("\r\n", .noHeader), ("MS", .truncatedHeader), ("MSH", .truncatedHeader),
      ("MSH\r", .truncatedHeader), ("MSH|", .ambiguousDelimiters), ("MSH||A", .ambiguousDelimiters),
      ("MSH|^^\\&|A", .ambiguousDelimiters), ("MSH|^~\\&^|A", .ambiguousDelimiters),
      ("MSHA^~\\&A", .ambiguousDelimiters),
      ("MSH^^~\\&^A", .ambiguousDelimiters), ("MSH|^~\\&#!|A", .ambiguousDelimiters),
      ("MSH| ~\\&|A", .ambiguousDelimiters), ("MSH|^~\\&\nS#|A\r", .ambiguousDelimiters),
      ("MSH|^~\\&", .invalidSegment), ("PID|1", .noHeader), ("FHS|^~\\&|A\r", .batchEnvelope),
      ("MSH|^~\\&|A\rBTS|1\r", .batchEnvelope), ("MSH|^~\\&|A\rMSH|^~\\&|B\r", .secondHeader),
      ("MSH|^~\\&|A\rPI|1\r", .invalidSegment), ("MSH|^~\\&|A\rpid|1\r", .invalidSegment),
      ("MSH|^~\\&|A\rPIDX|1\r", .invalidSegment), ("MSH|^~\\&|A\rtext that went over a line\r", .invalidSegment),
      ("\u{0B}\u{1C}MSH|^~\\&|A\r", .noHeader), ("GET / HTTP/1.1\r\n", .noHeader),
    ]
    for (text, expected) in cases where text != "MSH|^~\\&" {
      XCTAssertEqual(code(Array(text.utf8)), expected, text.debugDescription)
    }
    XCTAssertNil(code(Array("MSH|^~\\&".utf8)))
  }

  func testCutAtEveryByteItIsReadOrRefusedAndCanBeAnswered() throws {
    for whole in [Fixtures.admit, Fixtures.booking] {
      for end in 0...whole.count {
        let bytes = Array(whole[..<end])
        if let message = try? HL7Message(parsing: bytes) {
          XCTAssertEqual(Array(message.bytes), bytes)
          _ = HL7Validator().headerFindings(message) + HL7Validator().contentFindings(message)
          _ = message.PID?.patientName.map(\.familyName)
        }
        let answer = HL7Acknowledgement(.AE).bytes(
          answering: HL7Header(recoveringFrom: bytes), controlID: "1", time: "2026")
        XCTAssertEqual(try HL7Message(parsing: answer).MSA?.acknowledgmentCode, "AE", "cut at \(end)")
      }
    }
  }

  func testEveryByteInEveryPlaceOfTheHeader() throws {
    let header = Array("MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|1||42\r".utf8)
    for place in 0..<12 {
      for byte in UInt8.min...UInt8.max {
        var bytes = header
        bytes[place] = byte
        if let message = try? HL7Message(parsing: bytes) { XCTAssertEqual(Array(message.bytes), bytes) }
        let answer = HL7Acknowledgement(.AR).bytes(
          answering: HL7Header(recoveringFrom: bytes), controlID: "1", time: "2026")
        XCTAssertNotNil(MLLPWriter.frame(answer))
      }
    }
  }

  func testControlCharactersAreKeptAndReported() throws {
    for byte in UInt8.min..<0x20 where byte != 0x09 && byte != 0x0D {
      let bytes = Array("MSH|^~\\&|A\rNTE|1||a".utf8) + [byte] + Array("b\r".utf8)
      let message = try HL7Message(parsing: bytes)
      XCTAssertEqual(message.notices.map(\.kind), [.controlCharacter], "\(byte)")
      XCTAssertEqual(Array(message["NTE-3"].bytes), [0x61, byte, 0x62])
    }
  }

  func testLimitsAreNamed() {
    var options = HL7Options()
    options.limits.messageBytes = 100
    XCTAssertEqual(code(Fixtures.admit, options), .limitExceeded)
    options = HL7Options()
    options.limits.segments = 3
    XCTAssertEqual(code(Fixtures.admit, options), .limitExceeded)
    options = HL7Options()
    options.limits.fields = 20
    XCTAssertEqual(code(Fixtures.admit, options), .limitExceeded)
    options = HL7Options()
    options.limits.repetitions = 1
    XCTAssertEqual(code(Fixtures.admit, options), .limitExceeded)
    options.limits.repetitions = 2
    XCTAssertNil(code(Fixtures.admit, options))
  }

  func testMillionsOfPartsTakeLittleTime() throws {
    let head = Array("MSH|^~\\&|A\r".utf8)
    let start = ContinuousClock.now
    let fields = try HL7Message(
      parsing: head + Array("ZZZ".utf8) + Array(repeating: UInt8(ascii: "|"), count: 1_000_000))
    XCTAssertEqual(fields.segments.last?.fieldCount, 1_000_000)
    XCTAssertTrue(fields["ZZZ-999999"].isAbsent)
    let components = head + Array("ZZZ|".utf8) + Array(repeating: UInt8(ascii: "^"), count: 1_000_000)
    XCTAssertEqual(try HL7Message(parsing: components)["ZZZ-1"].componentCount, 1_000_001)
    let escapes = head + Array("ZZZ|".utf8) + Array(repeating: UInt8(ascii: "\\"), count: 1_000_001)
    XCTAssertEqual(try HL7Message(parsing: escapes)["ZZZ-1"].string?.utf8.count, 1_000_001)
    var options = HL7Options()
    options.limits.repetitions = 2_000_000
    options.limits.segments = 2_000_000
    let repetitions = head + Array("ZZZ|".utf8) + Array(repeating: UInt8(ascii: "~"), count: 1_000_000)
    XCTAssertEqual(
      try HL7Message(parsing: repetitions, options: options)["ZZZ-1"].repetitions.map(\.isAbsent).count, 1_000_001)
    XCTAssertEqual(code(repetitions), .limitExceeded)
    let segments = head + Array(String(repeating: "ZZZ\r", count: 1_000_000).utf8)
    XCTAssertEqual(try HL7Message(parsing: segments, options: options).segments.count, 1_000_001)
    XCTAssertEqual(code(segments), .limitExceeded)
    let blank = head + Array(repeating: UInt8.carriageReturn, count: 1_000_000)
    XCTAssertEqual(try HL7Message(parsing: blank).notices.first?.count, 1_000_000)
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(60))
  }

  func testAnAbsurdFormattingCommandIsBounded() throws {
    let message = try HL7Message(parsing: Fixtures.with(#"NTE|1||\.sp999999999\\.sk999999999\\.sp-5\"#))
    XCTAssertEqual(message["NTE-3"].plainText?.utf8.count, 201)
  }
}

extension UInt8 {
  fileprivate static let carriageReturn: UInt8 = 0x0D
}
