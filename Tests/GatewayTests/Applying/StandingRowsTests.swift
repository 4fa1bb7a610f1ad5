import ClinicModel
import JSON
import Mappers
import XCTest

@testable import Gateway

/// What a message says beside what stands: only the difference is written.
final class StandingRowsTests: XCTestCase {
  private func row(_ relation: RecordRelation, _ texts: [String: String]) -> StandingRow {
    let columns = relation.places.sorted { $0.value < $1.value }.map(\.key)
    return StandingRow(id: "r1", places: relation.places, texts: columns.map { texts[$0] })
  }

  private func telecom(_ id: String, _ texts: [String: String]) -> StandingRow {
    let columns = ChildRelation.homeTelecoms.places.sorted { $0.value < $1.value }.map(\.key)
    return StandingRow(id: id, places: ChildRelation.homeTelecoms.places, texts: columns.map { texts[$0] })
  }

  func testOnlyColumnsThatDifferAreWritten() {
    let standing = row(
      .patient,
      [
        "family": "Alami", "given": "{Salma,\"Fatima Zahra\"}", "active": "t", "birth_date": "1984-03-12",
        "deceased_at": "2026-11-02 08:00:00+00", "line": "{}", "city": "Rabat",
      ])
    var fields = RecordFields()
    fields.put("family", "Alami")
    fields.put("given", .strings(["Salma", "Fatima Zahra"]))
    fields.put("active", true)
    fields.put("birth_date", "1984-03-12")
    fields.put("deceased_at", "2026-11-02T09:00:00+01:00")
    fields.put("email", .null)
    XCTAssertEqual(fields.differences(from: standing), [:])
    fields.put("phone", "1")
    fields.put("birth_date", .null)
    XCTAssertEqual(fields.differences(from: standing), ["birth_date": .null, "phone": "1"])
    var address = AddressRecord()
    (address.line, address.city) = (["1 rue A"], "Fès")
    var filling = RecordFields()
    filling.put(.fill(address))
    XCTAssertEqual(filling.differences(from: standing), ["line": .strings(["1 rue A"])], "the city stands")
    let after = standing.with(filling.differences(from: standing))
    XCTAssertEqual(filling.differences(from: after), [:], "what was just written stands")
    XCTAssertEqual(after.text("line"), #"["1 rue A"]"#)
    XCTAssertEqual(after.text("city"), "Rabat")
  }

  func testAListIsChangedRowByRow() throws {
    let standing = [
      telecom("t1", ["system": "phone", "value": "1", "use": "mobile"]),
      telecom("t2", ["system": "email", "value": "a@b"]),
      telecom("t3", ["system": "fax", "value": "9"]),
    ]
    func writes(_ rows: [JSONObject]) throws -> [String] {
      try ChildRelation.homeTelecoms.replace("p", with: rows, seed: { "s" }, standing: standing).writes.map {
        "\($0.text.prefix(6)) \($0.columns[0][0])"
      }
    }
    let phone: JSONObject = ["system": "phone", "value": "1", "use": "mobile", "rank": .null]
    let mail: JSONObject = ["system": "email", "value": "a@b"]
    let fax: JSONObject = ["system": "fax", "value": "9"]
    XCTAssertEqual(try writes([fax, phone, mail]), [])
    XCTAssertEqual(try writes([phone, ["system": "email", "value": "c@d"], fax]), ["update t2"])
    XCTAssertEqual(try writes([phone, mail]), ["delete t3"])
    XCTAssertEqual(try writes([phone, mail, fax, ["system": "pager", "value": "5"]]), ["insert s-1"])
    XCTAssertEqual(try writes([]), ["delete t1", "delete t2", "delete t3"])
    XCTAssertEqual(try writes([phone, phone, mail, fax]), ["insert s-1"], "one row stands for one of two alike")
  }

  func testHomeAndWorkNumbersAreListsOfTheirOwn() {
    var rows = StandingRows()
    rows.put(
      [
        telecom("t1", ["system": "phone", "value": "1"]),
        telecom("t2", ["system": "phone", "value": "2", "use": "work"]),
      ],
      of: .homeTelecoms, parent: "p")
    XCTAssertEqual(rows.rows(.homeTelecoms, of: "p")?.map(\.id), ["t1"])
    XCTAssertEqual(rows.rows(.workTelecoms, of: "p")?.map(\.id), ["t2"])
    XCTAssertNil(rows.rows(.homeTelecoms, of: "q"), "not read is not the same as none")
  }
}
