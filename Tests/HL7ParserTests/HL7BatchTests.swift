import HL7Parser
import XCTest

final class HL7BatchTests: XCTestCase {
  private static let one = ["MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5", "PID|1||42"]
  private static let two = ["MSH|^~\\&|A|B|||2026||ADT^A08|2|P|2.5", "PID|1||43"]

  private func controlIDs(_ batch: HL7Batch) throws -> [String?] {
    try batch.messages.map { try HL7Message(parsing: $0)["MSH-10"].string }
  }

  func testAnEnvelopeWithTwoBatches() throws {
    let lines =
      ["FHS|^~\\&|LAB", "BHS|^~\\&|LAB"] + Self.one + ["BTS|1", "BHS|^~\\&|LAB"] + Self.two + ["BTS|1", "FTS|2"]
    for terminator in ["\r", "\r\n", "\n"] {
      let bytes = Fixtures.message(lines, terminator: terminator)
      XCTAssertTrue(HL7Batch.isBatch(bytes))
      let batch = try HL7Batch(parsing: bytes)
      XCTAssertEqual(batch.findings, [])
      XCTAssertEqual(batch.groups.count, 2)
      XCTAssertEqual(try controlIDs(batch), ["1", "2"])
      XCTAssertEqual(batch.fileHeader?[3].string, "LAB")
      XCTAssertEqual(batch.groups[1].trailer?[1].string, "1")
      XCTAssertEqual(batch.fileTrailer?.name, "FTS")
    }
  }

  func testMessagesWithoutAnEnvelope() throws {
    let bytes = Fixtures.message(Self.one + Self.two)
    XCTAssertFalse(HL7Batch.isBatch(bytes))
    let batch = try HL7Batch(parsing: bytes)
    XCTAssertEqual(try controlIDs(batch), ["1", "2"])
    XCTAssertEqual(batch.findings, [])
    XCTAssertEqual(batch.messages.flatMap { $0 }, bytes)
  }

  func testCountsThatDoNotAgreeAreFound() throws {
    let batch = try HL7Batch(
      parsing: Fixtures.message(["FHS|^~\\&|A", "BHS|^~\\&|A"] + Self.one + Self.two + ["BTS|3", "FTS|x"]))
    XCTAssertEqual(batch.findings.map { $0.location }, [HL7Location("BTS", field: 1), HL7Location("FTS", field: 1)])
    let cut = try HL7Batch(parsing: Fixtures.message(["FHS|^~\\&|A", "BHS|^~\\&|A"] + Self.one))
    XCTAssertEqual(cut.findings.map { $0.location }, [HL7Location("BTS"), HL7Location("FTS")])
    XCTAssertEqual(try controlIDs(cut), ["1"])
  }

  func testBrokenEnvelopesAreRefused() {
    let bhs = "BHS|^~\\&|A"
    let fhs = "FHS|^~\\&|A"
    let broken: [[String]] = [
      [bhs, bhs] + Self.one, [fhs, fhs] + Self.one, Self.one + ["BTS|1"], Self.one + ["FTS|1"], Self.one + [fhs],
      ["PID|1"], [fhs, "PID|1"], [bhs, "BTS|0", "PID|1"], ["BTS|0"],
    ]
    for lines in broken {
      XCTAssertThrowsError(try HL7Batch(parsing: Fixtures.message(lines)), "\(lines)") {
        XCTAssertEqual(($0 as? HL7Error)?.code, .batchStructure)
      }
    }
    XCTAssertThrowsError(try HL7Batch(parsing: [])) { XCTAssertEqual(($0 as? HL7Error)?.code, .noHeader) }
    XCTAssertThrowsError(try HL7Batch(parsing: Fixtures.message(["BHS|^^"] + Self.one))) {
      XCTAssertEqual(($0 as? HL7Error)?.code, .ambiguousDelimiters)
    }
  }

  func testOneBrokenMessageDoesNotSpoilTheOthers() throws {
    let batch = try HL7Batch(
      parsing: Fixtures.message(["BHS|^~\\&|A"] + Self.one + ["broken line"] + Self.two + ["BTS|2"]))
    XCTAssertEqual(batch.messages.count, 2)
    XCTAssertThrowsError(try HL7Message(parsing: batch.messages[0]))
    XCTAssertEqual(try HL7Message(parsing: batch.messages[1])["MSH-10"].string, "2")
  }

  func testTheNumberOfMessagesIsLimited() {
    var options = HL7Options()
    options.limits.batchMessages = 1
    XCTAssertThrowsError(try HL7Batch(parsing: Fixtures.message(Self.one + Self.two), options: options)) {
      XCTAssertEqual(($0 as? HL7Error)?.code, .limitExceeded)
    }
  }
}
