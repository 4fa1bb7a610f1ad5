import PostgresClient
import XCTest

@testable import Gateway

/// How the writes of several messages become statements, without a database.
final class RecordWriteTests: XCTestCase {
  private func statements(_ writes: [RecordWrite]) -> [(text: String, values: [PostgresValue])] {
    RecordWrite.statements(writes, clinic: "c").map { ($0.text, $0.values) }
  }

  func testWhatIsAlikeTravelsTogetherInTheOrderOfRanks() {
    let found = statements([
      RecordWrite("encounter", rank: 80, key: "e1", [["e1"], ["{}"]]),
      RecordWrite("patient", rank: 30, key: "p1", [["p1"], ["1"]]),
      RecordWrite("patient", rank: 30, key: "p2", [["p2"], ["2"]]),
      RecordWrite("encounter", rank: 80, key: "e2", [["e2"], ["{}"]]),
    ])
    XCTAssertEqual(found.map(\.text), ["patient", "encounter"])
    XCTAssertEqual(found[0].values, ["c", .textArray(["p1", "p2"]), .textArray(["1", "2"])])
    XCTAssertEqual(found[1].values, ["c", .textArray(["e1", "e2"]), .textArray(["{}", "{}"])])
  }

  func testARecordWrittenTwiceIsWrittenByTwoStatementsInTheirOrder() {
    let found = statements([
      RecordWrite("coverage", rank: 50, key: "v1", [["v1"], ["first"]]),
      RecordWrite("coverage", rank: 50, key: "v2", [["v2"], ["other"]]),
      RecordWrite("coverage", rank: 50, key: "v1", [["v1"], ["last"]]),
      RecordWrite("coverage", rank: 50, key: "v2", [["v2"], ["last too"]]),
    ])
    XCTAssertEqual(
      found.map { $0.values[2] }, [.textArray(["first", "other"]), .textArray(["last", "last too"])])
  }

  func testRowsWithoutAKeyNeverClash() {
    let write = RecordWrite("identifier", rank: 100, key: nil, [["patient"], ["p1"]])
    XCTAssertEqual(statements([write, write]).count, 1)
  }
}
