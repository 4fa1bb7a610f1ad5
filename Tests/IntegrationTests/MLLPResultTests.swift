import Foundation
import Reactor
import XCTest

@testable import Gateway

/// Results and documents over a real socket into a real database.
final class MLLPResultTests: XCTestCase {
  private func report(
    _ control: String, _ lines: String..., patient: String = "P1", status: String = "F",
    at time: String = "20261103100000+0100"
  ) -> String {
    let head = [
      MLLPFixture.header("ORU^R01^ORU_R01", control, at: time),
      "PID|1||\(patient)^^^CHU-IBN-ROCHD^MR||Berrada^Salma", "PV1|1|O|||||||||||||||||V-\(patient)^^^CHU-IBN-ROCHD^VN",
      "OBR|1|PL1^HIS|FL1^LAB|PANEL^Panel^L|||20261103080000+0100|||||||||INPE081234^El Fassi^Nadia||||||||LAB|\(status)",
    ]
    return (head + lines).joined(separator: "\r") + "\r"
  }

  private func states(_ fixture: MLLPFixture) async throws -> [[String?]] {
    try await fixture.rows(
      "select control_id, state, error_location from gateway.hl7_message order by id")
  }

  func testTheSamplesBecomeAReportItsResultsAndDocuments() async throws {
    let fixture = try await MLLPFixture()
    let answers = try await fixture.send(
      try ["adt_a01_admit", "oru_r01_results", "mdm_t02_document"].map { try MLLPFixture.sample($0) })
    XCTAssertEqual(answers.map(\.code), ["AA", "AA", "AA"])
    let results = try await fixture.rows(
      """
      select o.kind, o.code_code, o.status, o.value_kind, o.value_comparator, o.value_quantity::text, o.value_unit,
        coalesce(o.value_text, o.value_code), o.interpretation::text, o.range_low::text, o.comment
      from clinic.observation o join clinic.encounter e on e.id = o.encounter_id order by o.kind, o.code_code
      """)
    XCTAssertEqual(
      results,
      [
        ["report", "24323-8", "final", nil, nil, nil, nil, nil, "{}", nil, nil],
        ["result", "20570-8", "final", "text", nil, nil, nil, "limpide", "{}", nil, "Prélèvement à jeun."],
        ["result", "2160-0", "final", "quantity", nil, "7.90", "mg/L", nil, "{N}", "6.0", nil],
        ["result", "2345-7", "final", "quantity", nil, "1.12", "g/L", nil, "{H}", "0.70", nil],
        ["result", "33914-3", "final", "quantity", ">", "90", "mL/min", nil, "{N}", nil, nil],
        ["result", "882-1", "final", "code", nil, nil, nil, "A POS", "{}", nil, nil],
      ])
    let order = try await fixture.rows(
      "select code_code from clinic.observation where kind = 'result' order by report_id, sequence nulls last, id")
    XCTAssertEqual(
      order.map { $0[0] }, ["2345-7", "2160-0", "33914-3", "882-1", "20570-8"], "as the report has them")
    let reports = try await fixture.rows(
      """
      select r.number, q.family, p.family, r.section, r.issued_at::text, r.effective_at::text from clinic.observation r
      join clinic.practitioner q on q.id = r.requester_id join clinic.practitioner p on p.id = r.practitioner_id
      where r.kind = 'report'
        and (select count(*) from clinic.observation o where o.report_id = r.id) = 5
      """)
    XCTAssertEqual(
      reports, [["LB-30551", "El Fassi", "Tazi", "LAB", "2026-11-03 09:10:00+00", "2026-11-03 07:10:00+00"]])
    let documents = try await fixture.rows(
      """
      select d.number, d.content_type, d.bytes::text, d.title, d.status, d.stage, d.report_id is not null,
        left(encode(c.content, 'escape'), 8), sha256(c.content) = d.sha256,
        d.content_location = 'gateway:content/' || encode(d.sha256, 'hex')
      from clinic.document d join gateway.document_content c using (clinic_id, sha256) order by d.number
      """)
    XCTAssertEqual(
      documents,
      [
        [
          "DOC-5531", "text/plain", "85", "Compte rendu du rachis lombaire", "current", "final", "f", "Lombalgi", "t",
          "t",
        ],
        [
          "LB-30551", "application/pdf", "267", "Compte rendu de laboratoire", "current", "final", "t", "%PDF-1.4", "t",
          "t",
        ],
      ])
    let effects = try await fixture.rows(
      """
      select e.relation, e.operation, count(*)::text from gateway.message_effect e
      join gateway.hl7_message m on m.id = e.message_id where m.event like 'ORU%' group by 1, 2 order by 1
      """)
    XCTAssertEqual(effects, [["document", "create", "1"], ["observation", "create", "6"]])
    let audited = try await fixture.value(
      """
      select count(*) from gateway.audit_event a join clinic.patient p on p.id = a.patient_id
      where a.interaction = 'hl7v2'
      """)
    XCTAssertEqual(audited, "3", "each message is written down under the patient")
    try await fixture.stop()
  }

  func testARepeatAddsNothingAndACorrectionTakesThePlace() async throws {
    let fixture = try await MLLPFixture()
    let glucose = "OBX|1|NM|GLU^Glucose^L||1.12|g/L|0.70-1.10|H|||"
    let answers = try await fixture.send(
      [
        MLLPFixture.update("R-0", at: "20261101080000+0100"),
        report("R-1", glucose + "P", "OBX|2|ST|COL^Colour^L||red||||||F", status: "P"),
        report("R-2", glucose + "P", "OBX|2|ST|COL^Colour^L||red||||||F", status: "P"),
        report("R-3", "OBX|1|NM|GLU^Glucose^L||1.02|g/L||\"\"|||C", status: "C", at: "20261103120000+0100"),
        report("R-4", glucose + "F", at: "20261103110000+0100"),
        report("R-5", glucose + "P", status: "P", at: "20261103130000+0100"),
        report("R-6", "OBX|2|ST|COL^Colour^L||\"\"||||||D", at: "20261103140000+0100"),
      ].map { Array($0.utf8) })
    XCTAssertEqual(answers.map(\.code), Array(repeating: "AA", count: 7))
    let states = try await states(fixture)
    XCTAssertEqual(
      states.map { $0[1] },
      ["applied", "applied", "applied", "applied", "superseded", "superseded", "applied"])
    let rows = try await fixture.rows(
      """
      select code_code, status, value_quantity::text, value_text, interpretation::text, range_text, version::text
      from clinic.observation where kind = 'result' order by code_code
      """)
    XCTAssertEqual(
      rows,
      [
        ["COL", "entered-in-error", nil, nil, "{}", nil, "2"],
        ["GLU", "corrected", "1.02", nil, "{}", "0.70-1.10", "2"],
      ])
    let history = try await fixture.rows(
      """
      select body->>'status', body->>'value_quantity' from gateway.record_version
      where relation = 'observation' and body->>'code_code' = 'GLU'
      """)
    XCTAssertEqual(history, [["preliminary", "1.12"]])
    let unchanged = try await fixture.rows(
      """
      select distinct e.operation from gateway.message_effect e join gateway.hl7_message m on m.id = e.message_id
      where m.control_id = 'R-2'
      """)
    XCTAssertEqual(unchanged, [["none"]])
    try await fixture.stop()
  }

  func testAResultOfAnUnknownPatientWaitsToBeReprocessed() async throws {
    let fixture = try await MLLPFixture()
    let first = try await fixture.send(report("U-1", "OBX|1|NM|GLU||1||||||F"))
    XCTAssertEqual(first.code, "AE")
    let failed = try await states(fixture)
    XCTAssertEqual(failed, [["U-1", "failed", "PID-3"]])
    let nobody = try await fixture.value("select count(*) from clinic.patient")
    XCTAssertEqual(nobody, "0", "nobody is made of what a laboratory knows")
    _ = try await fixture.send(MLLPFixture.update("U-2", at: "20261101080000+0100"))
    let (service, clinic) = (fixture.service, MLLPFixture.clinicID)
    let number = try await fixture.value("select id from gateway.hl7_message where control_id = 'U-1'")
    let id = try XCTUnwrap(number.flatMap { Int($0) })
    let mended = try await fixture.loop.run { await service.reprocess(clinicID: clinic, id: id) }
    XCTAssertEqual(mended, .done(.applied, code: "AA"))
    let value = try await fixture.value("select value_quantity from clinic.observation where kind = 'result'")
    XCTAssertEqual(value, "1")
    try await fixture.stop()
  }

  func testAResultThatIsAnotherPatientsIsRefusedUntilItIsTakenBack() async throws {
    let fixture = try await MLLPFixture()
    let glucose = "OBX|1|NM|GLU||1||||||"
    let answers = try await fixture.send(
      [
        MLLPFixture.update("W-0", at: "20261101080000+0100"),
        MLLPFixture.update("W-1", patient: "P2", at: "20261101080000+0100"),
        report("W-2", glucose + "F"),
        report("W-3", glucose + "F", patient: "P2", at: "20261103110000+0100"),
        report("W-4", glucose + "W", status: "X", at: "20261103120000+0100"),
      ].map { Array($0.utf8) })
    XCTAssertEqual(answers.map(\.code), ["AA", "AA", "AA", "AE", "AA"])
    let states = try await states(fixture)
    XCTAssertEqual(states[3], ["W-3", "failed", "PID-3"])
    let statuses = try await fixture.rows("select status from clinic.observation order by status")
    XCTAssertEqual(statuses, [["cancelled"], ["entered-in-error"]])
    try await fixture.stop()
  }

  func testADocumentIsEditedReplacedAndCancelled() async throws {
    let fixture = try await MLLPFixture()
    func document(_ event: String, _ txa: String, _ text: String?, at hour: Int) -> [UInt8] {
      var lines = [
        MLLPFixture.header("MDM^\(event)", "M-\(event)-\(hour)", at: "20261104\(hour)0000+0100"),
        "PID|1||P1^^^CHU-IBN-ROCHD^MR", "TXA|1|CN||||||||||\(txa)||||LA",
      ]
      if let text { lines.append("OBX|1|TX|N||\(text)") }
      return Array(lines.joined(separator: "\r").utf8)
    }
    let answers = try await fixture.send([
      Array(MLLPFixture.update("M-0", at: "20261101080000+0100").utf8),
      document("T02", "D1|", "first", at: 10), document("T08", "D1|", "second", at: 11),
      document("T04", "D1|", "late", at: 10), document("T10", "D2|D1", "third", at: 12),
      document("T11", "D2|", nil, at: 13), document("T11", "D9|", nil, at: 14),
    ])
    XCTAssertEqual(answers.map(\.code), ["AA", "AA", "AA", "AA", "AA", "AA", "AE"])
    let documents = try await fixture.rows(
      """
      select d.number, d.status, d.stage, encode(c.content, 'escape'), r.number from clinic.document d
      join gateway.document_content c using (clinic_id, sha256) left join clinic.document r on r.id = d.replaces_id
      order by d.number
      """)
    XCTAssertEqual(
      documents,
      [["D1", "superseded", "amended", "second", nil], ["D2", "entered-in-error", "final", "third", "D1"]])
    let states = try await states(fixture)
    XCTAssertEqual(
      states.map { $0[1] }, ["applied", "applied", "applied", "superseded", "applied", "applied", "failed"])
    XCTAssertEqual(states[6][2], "TXA-12")
    try await fixture.stop()
  }

  func testBytesThatAreNoBase64AreRefusedAndKept() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("B-0", at: "20261101080000+0100"))
    let answer = try await fixture.send(report("B-1", "OBX|1|ED|R^Report^L||^Application^PDF^Base64^JVBERi0!||||||F"))
    XCTAssertEqual(answer.code, "AE")
    let states = try await states(fixture)
    XCTAssertEqual(states[1], ["B-1", "failed", "OBX-5.5"])
    let large = [UInt8](repeating: 0x25, count: 3_000_000)
    let sent = try await fixture.send(
      report("B-2", "OBX|1|ED|R^Report^L||^Application^PDF^Base64^\(Data(large).base64EncodedString())||||||F"))
    XCTAssertEqual(sent.code, "AA")
    let bytes = try await fixture.value("select octet_length(content) from gateway.document_content")
    XCTAssertEqual(bytes, "3000000")
    try await fixture.stop()
  }

  func testConcurrentVersionsOfAReportLeaveTheNewest() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("N-0", at: "20261101080000+0100"))
    let count = 24
    try await withThrowingTaskGroup(of: String?.self) { tasks in
      for number in 1...count {
        let minute = number < 10 ? "0\(number)" : String(number)
        let message = report(
          "N-\(number)", "OBX|1|NM|GLU||\(number)||||||F", "OBX|2|NM|CRE||\(number)||||||F",
          at: "2026110312\(minute)00+0100")
        tasks.addTask { try await fixture.send(message).code }
      }
      for try await code in tasks { XCTAssertEqual(code, "AA") }
    }
    let rows = try await fixture.rows(
      "select code_code, value_quantity::text from clinic.observation where kind = 'result' order by 1")
    XCTAssertEqual(rows, [["CRE", "\(count)"], ["GLU", "\(count)"]])
    let states = try await fixture.rows("select distinct state from gateway.hl7_message where state <> 'applied'")
    XCTAssertTrue(states.isEmpty || states == [["superseded"]], "\(states)")
    try await fixture.stop()
  }

  func testThousandsOfResultsInOneMessage() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("T-0", at: "20261101080000+0100"))
    func lines(_ count: Int) -> String {
      (1...count).map { "OBX|\($0)|NM|T\($0)^Test \($0)^L||\($0).50|g/L|1-9|N|||F" }.joined(separator: "\r")
    }
    let start = ContinuousClock.now
    let first = try await fixture.send(report("T-1", lines(4_000)))
    let second = try await fixture.send(report("T-2", lines(4_000), at: "20261103110000+0100"))
    print("MLLPResultTests: 4,000 results made and told again in \(start.duration(to: .now))")
    XCTAssertEqual([first.code, second.code], ["AA", "AA"])
    let kept = try await fixture.rows(
      """
      select count(*)::text, max(version)::text, max(value_quantity)::text from clinic.observation where kind = 'result'
      """)
    XCTAssertEqual(kept, [["4000", "1", "4000.50"]])
    let many = try await fixture.send(report("T-3", lines(5_000)))
    XCTAssertEqual(many.code, "AE")
    let place = try await fixture.value("select error_location from gateway.hl7_message where control_id = 'T-3'")
    XCTAssertEqual(place, "OBX[5001]")
    try await fixture.stop()
  }

  func testAMergeTakesResultsAndDocumentsAlong() async throws {
    let fixture = try await MLLPFixture()
    var merge = MLLPFixture.update("G-3", patient: "P2", at: "20261104080000+0100", event: "A40").split(separator: "\r")
    merge[3] = "MRG|P1^^^CHU-IBN-ROCHD^MR"
    let answers = try await fixture.send(
      [
        MLLPFixture.update("G-0", at: "20261101080000+0100"),
        MLLPFixture.update("G-1", patient: "P2", at: "20261101080000+0100"),
        report("G-2", "OBX|1|NM|GLU||1||||||F", "OBX|2|ED|R||^Application^PDF^Base64^JVBERi0=||||||F"),
        merge.joined(separator: "\r"),
        report("G-4", "OBX|1|NM|GLU||2||||||C", at: "20261105080000+0100"),
      ].map { Array($0.utf8) })
    XCTAssertEqual(answers.map(\.code), Array(repeating: "AA", count: 5))
    let owners = try await fixture.rows(
      """
      select distinct i.value from clinic.identifier i where i.value in ('P1', 'P2') and i.owner_id in
        (select patient_id from clinic.observation union select patient_id from clinic.document)
      """)
    XCTAssertEqual(owners, [["P2"]])
    let value = try await fixture.value("select value_quantity from clinic.observation where kind = 'result'")
    XCTAssertEqual(value, "2")
    try await fixture.stop()
  }
}
