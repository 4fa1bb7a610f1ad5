import XCTest

@testable import Gateway

/// Messages over a real socket into a real database: what is answered and what then stands in the tables.
final class MLLPApplyingTests: XCTestCase {
  func testEverySampleIsAppliedAndVisible() async throws {
    let fixture = try await MLLPFixture()
    let names = [
      "adt_a28_new_person", "siu_s12_book", "adt_a01_admit", "adt_a03_discharge", "adt_a08_update",
      "siu_s13_reschedule",
      "siu_s15_cancel",
    ]
    let answers = try await fixture.send(try names.map { try MLLPFixture.sample($0) })
    for (name, answer) in zip(names, answers) {
      XCTAssertTrue(answer.isPositive, "\(name): \(String(decoding: answer.message, as: UTF8.self))")
    }
    // The bookings came after the update, and say what they know of the patient.
    let patients = try await fixture.rows(
      "select family, given::text, birth_date::text, line::text, phone, email from clinic.patient")
    XCTAssertEqual(
      patients,
      [
        [
          "Berrada", "{Salma,Houda}", "1984-03-12", "{\"14 rue Tarik Ibn Ziad\"}", "+212661203040",
          "salma.berrada@example.org",
        ]
      ])
    let encounters = try await fixture.rows(
      """
      select e.status, e.started_at::text, e.ended_at::text, r.family, l.name, p.name from clinic.encounter e
      join clinic.practitioner r on r.id = e.practitioner_id join clinic.location l on l.id = e.location_id
      join clinic.location p on p.id = l.parent_id
      """)
    XCTAssertEqual(
      encounters, [["finished", "2026-11-02 08:00:00+00", "2026-11-02 08:55:00+00", "El Fassi", "SALLE2", "KINE"]])
    let appointments = try await fixture.rows("select status, start_at::text, service_code from clinic.appointment")
    XCTAssertEqual(appointments, [["cancelled", "2026-11-10 13:00:00+00", "KINE-RACHIS"]])
    let coverages = try await fixture.rows(
      "select c.status, p.name from clinic.coverage c join clinic.payer p on p.id = c.payer_id")
    XCTAssertEqual(coverages, [["active", "Caisse Nationale de Sécurité Sociale"]])
    let contacts = try await fixture.rows("select family, given::text, phone from clinic.patient_contact")
    XCTAssertEqual(contacts, [["Berrada", "{Omar}", "+212661998877"]])
    let states = try await fixture.rows("select event, state, ack_code, error from gateway.hl7_message order by id")
    XCTAssertEqual(states.map { $0[1] }, names.map { _ in "applied" })
    let raw = try await fixture.value("select encode(raw, 'hex') from gateway.hl7_message order by id limit 1")
    XCTAssertEqual(raw, try MLLPFixture.sample(names[0]).map { String(format: "%02x", $0) }.joined())
    try await fixture.stop()
  }

  func testEveryoneOfAVisitIsKeptAndFound() async throws {
    let fixture = try await MLLPFixture()
    let fields = "|||||1^Attends|2^Refers|3^Consults||||||||5^Admits||V1^^^CHU-IBN-ROCHD^VN"
    let message =
      MLLPFixture.header("ADT^A01^ADT_A01", "E-1", at: "20261102080000+0100")
      + "\rEVN|A01|20261102080000+0100\rPID|1||P1^^^CHU-IBN-ROCHD^MR||Alami^Sara\rPV1|1|I\(fields)\r"
    let answers = try await fixture.codes(message)
    XCTAssertEqual(answers, ["AA"])
    let people = try await fixture.rows(
      """
      select a.family, r.family, c.family, d.family from clinic.encounter e
      join clinic.practitioner a on a.id = e.practitioner_id join clinic.practitioner r on r.id = e.referrer_id
      join clinic.practitioner c on c.id = e.consultant_id join clinic.practitioner d on d.id = e.admitter_id
      """)
    XCTAssertEqual(people, [["Attends", "Refers", "Consults", "Admits"]])
    try await fixture.stop()
  }

  func testMergeKeepsTheOldIdentifierAnswering() async throws {
    let fixture = try await MLLPFixture()
    let old = MLLPFixture.update("M-1", patient: "IR-199002", family: "Berada", at: "20261101080000+0100")
    let merge = try MLLPFixture.sample("adt_a40_merge")
    let answers = try await fixture.send([Array(old.utf8), merge])
    XCTAssertEqual(answers.map(\.code), ["AA", "AA"])
    let merged = try await fixture.rows(
      """
      select m.active::text, s.family, s.active::text from clinic.identifier i
      join clinic.patient m on m.id = i.owner_id join clinic.patient s on s.id = m.replaced_by
      where i.owner_type = 'patient' and i.value = 'IR-199002'
      """)
    XCTAssertEqual(merged, [["false", "Berrada", "true"]])
    let moved = try await fixture.value(
      "select p.family from clinic.encounter e join clinic.patient p on p.id = e.patient_id")
    XCTAssertEqual(moved, "Berrada", "the visits go over to the survivor")
    // The old number now means the survivor.
    let later = MLLPFixture.update("M-3", patient: "IR-199002", family: "Berrada-Alami", at: "20261104080000+0100")
    let answer = try await fixture.send(later)
    XCTAssertEqual(answer.code, "AA")
    let families = try await fixture.rows("select family from clinic.patient order by family")
    XCTAssertEqual(families, [["Berada"], ["Berrada-Alami"]])
    let effects = try await fixture.rows(
      "select operation from gateway.message_effect where relation = 'patient' and operation = 'merge'")
    XCTAssertEqual(effects.count, 1)
    try await fixture.stop()
  }

  func testAMergeTheOtherWayRoundIsRefused() async throws {
    let fixture = try await MLLPFixture()
    func merge(_ id: String, into survivor: String, _ merged: String, event: String, at time: String) -> [UInt8] {
      var lines = MLLPFixture.update(id, patient: survivor, at: time, event: event).split(separator: "\r")
      lines[3] = "MRG|\(merged)^^^CHU-IBN-ROCHD^MR"
      return Array(lines.joined(separator: "\r").utf8)
    }
    let answers = try await fixture.send([
      Array(MLLPFixture.update("Y-1", patient: "A", at: "20261101080000+0100").utf8),
      Array(MLLPFixture.update("Y-2", patient: "B", at: "20261101080000+0100").utf8),
      merge("Y-3", into: "B", "A", event: "A34", at: "20261101090000+0100"),
      merge("Y-4", into: "B", "A", event: "A18", at: "20261101091000+0100"),
      merge("Y-5", into: "A", "B", event: "A40", at: "20261101100000+0100"),
    ])
    XCTAssertEqual(answers.map(\.code), ["AA", "AA", "AA", "AA", "AE"])
    let place = try await fixture.value("select error_location from gateway.hl7_message where control_id = 'Y-5'")
    XCTAssertEqual(place, "PID-3")
    let merged = try await fixture.value("select count(*) from clinic.patient where replaced_by is not null")
    XCTAssertEqual(merged, "1")
    try await fixture.stop()
  }

  func testATransferMovesTheVisitAndACancelledOneMovesItBack() async throws {
    let fixture = try await MLLPFixture()
    let room = "select l.name from clinic.encounter e join clinic.location l on l.id = e.location_id"
    let steps = [("A01", "SALLE2"), ("A02", "SALLE7"), ("A12", "SALLE2")]
    for (hour, (event, place)) in steps.enumerated() {
      let message = MLLPFixture.update("T-\(event)", at: "2026110208\(10 + hour)00+0100", event: event)
        .replacing("SALLE2", with: place)
      let answer = try await fixture.send(message)
      XCTAssertEqual(answer.code, "AA", event)
      let stands = try await fixture.value(room)
      XCTAssertEqual(stands, place, event)
    }
    // A transfer that reaches us late changes nothing, and a visit that nobody knows cannot be called off.
    let late = MLLPFixture.update("T-late", at: "20261102080000+0100", event: "A02").replacing("SALLE2", with: "SALLE9")
    _ = try await fixture.send(late)
    let state = try await fixture.value("select state from gateway.hl7_message where control_id = 'T-late'")
    XCTAssertEqual(state, "superseded")
    let stands = try await fixture.value(room)
    XCTAssertEqual(stands, "SALLE2")
    let unknown = try await fixture.send(MLLPFixture.update("T-38", patient: "P9", event: "A38"))
    XCTAssertEqual(unknown.code, "AE")
    let gone = try await fixture.send(MLLPFixture.update("T-29", at: "20261103080000+0100", event: "A29"))
    XCTAssertEqual(gone.code, "AA")
    let active = try await fixture.value("select active::text from clinic.patient")
    XCTAssertEqual(active, "false")
    try await fixture.stop()
  }

  func testTheSameWordsAgainChangeNothing() async throws {
    let fixture = try await MLLPFixture()
    let first = try await fixture.send(MLLPFixture.update("N-1"))
    XCTAssertEqual(first.code, "AA", String(decoding: first.message, as: UTF8.self))
    let before = try await fixture.rows("select version, updated_at::text from clinic.patient")
    for number in 2...4 {
      let answer = try await fixture.send(MLLPFixture.update("N-\(number)", at: "2026110210150\(number)+0100"))
      XCTAssertEqual(answer.code, "AA")
    }
    let after = try await fixture.rows("select version, updated_at::text from clinic.patient")
    XCTAssertEqual(before, after)
    let changed = try await fixture.send(MLLPFixture.update("N-5", family: "Alami", at: "20261102101505+0100"))
    XCTAssertEqual(changed.code, "AA")
    let end = try await fixture.rows("select version, family from clinic.patient")
    XCTAssertEqual(end.first?[1], "Alami")
    XCTAssertNotEqual(end.first?[0], before.first?[0])
    try await fixture.stop()
  }

  func testALateEventNeverOverwritesANewerOne() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("L-1", family: "New", at: "20261105100000+0100"))
    let late = try await fixture.send(MLLPFixture.update("L-2", family: "Old", at: "20261104100000+0100"))
    XCTAssertEqual(late.code, "AA")
    let family = try await fixture.value("select family from clinic.patient")
    XCTAssertEqual(family, "New")
    let state = try await fixture.value("select state from gateway.hl7_message where control_id = 'L-2'")
    XCTAssertEqual(state, "superseded")
    try await fixture.stop()
  }

  func testWhatTheTablesRefuseIsKeptWithItsReason() async throws {
    let fixture = try await MLLPFixture()
    // A discharge before the admission: only the table's own check knows.
    let message = MLLPFixture.update("E-1", event: "A03").replacing(
      "20261102101500+0100\r", with: "20261102101500+0100|20261101000000+0100\r", maxReplacements: 3)
    let answer = try await fixture.send(message)
    XCTAssertEqual(answer.code, "AE", String(decoding: answer.message, as: UTF8.self))
    let rows = try await fixture.rows("select state, error is not null from gateway.hl7_message")
    XCTAssertEqual(rows, [["failed", "t"]])
    let patients = try await fixture.rows("select 1 from clinic.patient")
    XCTAssertEqual(patients.count, 0, "all or nothing")
    try await fixture.stop()
  }

  func testAMessageThatIsRefusedSpoilsNoneThatShareItsTransaction() async throws {
    let fixture = try await MLLPFixture()
    let poison = MLLPFixture.update("X-0", patient: "P0", event: "A03").replacing(
      "20261102101500+0100\r", with: "20261102101500+0100|20261101000000+0100\r", maxReplacements: 3)
    let codes = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
      for sender in 0..<8 {
        group.addTask {
          let messages = (0..<6).map { round in
            sender == 0
              ? Array(poison.replacing("X-0", with: "X-\(round)").utf8)
              : Array(
                MLLPFixture.update(
                  "G-\(sender)-\(round)", patient: "P\(sender)", family: "Name \(round)",
                  at: "2026110210150\(round)+0100"
                ).utf8)
          }
          return (sender, try await fixture.send(messages).map(\.code))
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (sender, codes) in codes { XCTAssertEqual(Set(codes), [sender == 0 ? "AE" : "AA"], "sender \(sender)") }
    let patients = try await fixture.rows("select family, version from clinic.patient order by id")
    XCTAssertEqual(patients, Array(repeating: ["Name 5", "6"], count: 7))
    let history = try await fixture.rows(
      """
      select (select count(*) from gateway.record_version where relation = 'patient' and operation = 'update'),
        (select count(*) from gateway.change_log where relation = 'patient' and operation = 'update'),
        (select count(*) from gateway.message_effect where relation = 'patient' and operation = 'update'),
        (select count(*) from clinic.patient_key where kind = 'family' and key = 'name 5'),
        (select count(*) from clinic.patient_key where kind = 'family')
      """)
    XCTAssertEqual(history, [["35", "35", "35", "7", "7"]])
    try await fixture.stop()
  }

  func testWhatThePlanRefusesIsLeftOutOfItsTransaction() async throws {
    let fixture = try await MLLPFixture()
    // A38 of a visit that nobody knows, whose patient would have been made: refused before anything is written.
    let codes = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
      for sender in 0..<8 {
        group.addTask {
          let messages = (0..<5).map { round in
            MLLPFixture.update(
              "W-\(sender)-\(round)", patient: "P\(sender)", at: "2026110210150\(round)+0100",
              event: sender < 3 ? "A38" : "A08")
          }
          return (sender, try await fixture.send(messages.map { Array($0.utf8) }).map(\.code))
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (sender, codes) in codes { XCTAssertEqual(Set(codes), [sender < 3 ? "AE" : "AA"], "sender \(sender)") }
    let kept = try await fixture.rows(
      """
      select (select count(*) from clinic.patient), (select count(*) from clinic.encounter),
        (select count(*) from gateway.hl7_message where state = 'failed'),
        (select count(*) from gateway.hl7_message where state = 'applied'),
        (select count(distinct message_id) from gateway.message_effect)
      """)
    XCTAssertEqual(kept, [["5", "5", "15", "25", "25"]])
    try await fixture.stop()
  }
}
