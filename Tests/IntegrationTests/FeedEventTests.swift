import HL7Parser
import Mappers
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Which change of the clinic's data is which event, once a transaction.
final class FeedEventTests: XCTestCase {
  private static let clinic = DeliveryHarness.clinic

  private func insert(_ relation: String, _ columns: String, _ values: String) -> String {
    "insert into clinic.\(relation) (clinic_id, \(columns)) values ('\(Self.clinic)', \(values))"
  }

  func testPatients() async throws {
    try await FeedHarness.run("patients") { harness in
      try await harness.makePatient("a")
      try await harness.makePatient("b")
      try await harness.sql("update clinic.patient set phone = '1' where id = 'a'")
      try await harness.sql("update clinic.patient set phone = '1' where id = 'a'")
      try await harness.sql("update clinic.patient set active = false where id = 'a'")
      try await harness.sql("update clinic.patient set phone = '2' where id = 'a'")
      try await harness.sql("update clinic.patient set active = true where id = 'a'")
      try await harness.sql("update clinic.patient set replaced_by = 'b', active = false where id = 'a'")
      try await harness.sql("update clinic.patient set phone = '3' where id = 'a'")
      try await harness.sql("update clinic.patient set deleted_at = now() where id = 'b'")
      let events = try await harness.events()
      XCTAssertEqual(
        events,
        ["ADT^A28", "ADT^A28", "ADT^A31", "ADT^A29", "ADT^A31", "ADT^A28", "ADT^A40", "ADT^A29"])
    }
  }

  func testWhatBelongsToAPatientIsToldWithIt() async throws {
    let family = insert(
      "patient_contact", "id, patient_id, family", "'k', 'p', 'Bennani'")
    let number = insert(
      "identifier", "id, owner_type, owner_id, system, value", "'i', 'patient', 'p', 'urn:id:X', '1'")
    let coverage = insert("coverage", "id, patient_id, payer_id", "'w', 'p', 'other'")
    try await FeedHarness.run("children") { harness in
      // One transaction: contact, number, coverage and a column are one message.
      try await harness.sql(family, number, coverage, "update clinic.patient set phone = '9' where id = 'p'")
      var events = try await harness.events()
      XCTAssertEqual(events, ["ADT^A31"])
      try await harness.sql("update clinic.coverage set plan = 'B' where id = 'w'")
      // A patient that comes with everything is one message.
      try await harness.sql(
        "insert into clinic.patient (clinic_id, id, family) values ('\(Self.clinic)', 'q', 'Q')",
        "insert into clinic.patient_telecom (clinic_id, id, patient_id, system, value) values ('\(Self.clinic)', 't', 'q', 'phone', '1')",
        "insert into clinic.coverage (clinic_id, id, patient_id, payer_id) values ('\(Self.clinic)', 'x', 'q', 'amo')")
      events = try await harness.events()
      XCTAssertEqual(events, ["ADT^A31", "ADT^A31", "ADT^A28"])
    }
  }

  func testVisits() async throws {
    let visit = insert("encounter", "id, patient_id, class, status", "'e', 'p', 'IMP', 'planned'")
    let walkIn = insert("encounter", "id, patient_id, class, status", "'f', 'p', 'AMB', 'finished'")
    let wrong = insert("encounter", "id, patient_id, class, status", "'g', 'p', 'AMB', 'cancelled'")
    let expected = """
      in-progress ADT^A01, finished ADT^A03, in-progress ADT^A13, onleave ADT^A21, in-progress ADT^A22,
      cancelled ADT^A11, planned ADT^A04, in-progress ADT^A01, planned ADT^A08, entered-in-error ADT^A23
      """.split(separator: ",").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
    try await FeedHarness.run("visits") { harness in
      try await harness.sql(visit)
      for step in expected { try await harness.sql("update clinic.encounter set status = '\(step[0])' where id = 'e'") }
      var events = try await harness.events()
      XCTAssertEqual(events, ["ADT^A04"] + expected.map { $0[1] })
      try await harness.sql("update clinic.encounter set reason_display = 'x' where id = 'e'")
      try await harness.sql(walkIn)
      try await harness.sql(wrong)
      try await harness.sql("update clinic.encounter set location_id = 'room' where id = 'f'")
      try await harness.sql("update clinic.encounter set status = 'in-progress' where id = 'f'")
      try await harness.sql("update clinic.encounter set location_id = null where id = 'f'")
      try await harness.sql("update clinic.encounter set location_id = 'room' where id = 'f'")
      try await harness.makePatient("b")
      // What a merge moves is told by the merge alone.
      try await harness.sql(
        "update clinic.patient set replaced_by = 'b', active = false where id = 'p'",
        "update clinic.encounter set patient_id = 'b' where patient_id = 'p'",
        "update clinic.coverage set patient_id = 'b' where patient_id = 'p'")
      events = Array(try await harness.events().dropFirst(1 + expected.count))
      XCTAssertEqual(
        events, ["ADT^A03", "ADT^A08", "ADT^A13", "ADT^A08", "ADT^A02", "ADT^A28", "ADT^A40"])
    }
  }

  func testAppointments() async throws {
    let columns = "id, status, patient_id, start_at, end_at"
    let steps = [
      ("start_at = start_at + interval '1 hour', end_at = end_at + interval '1 hour'", "SIU^S13"),
      ("description = 'x'", "SIU^S14"), ("status = 'arrived'", "SIU^S14"), ("status = 'cancelled'", "SIU^S15"),
      ("status = 'booked'", "SIU^S12"), ("status = 'noshow'", "SIU^S26"), ("deleted_at = now()", "SIU^S17"),
      ("deleted_at = null, status = 'booked'", "SIU^S12"), ("status = 'entered-in-error'", "SIU^S17"),
    ]
    let booked = insert("appointment", columns, "'a', 'booked', 'p', now(), now() + interval '1 hour'")
    let wish = insert("appointment", columns, "'w', 'waitlist', 'p', null, null")
    let nobody = insert("appointment", columns, "'n', 'booked', null, now(), null")
    try await FeedHarness.run("appointments") { harness in
      try await harness.sql(booked)
      for step in steps { try await harness.sql("update clinic.appointment set \(step.0) where id = 'a'") }
      var events = try await harness.events()
      XCTAssertEqual(events, ["SIU^S12"] + steps.map(\.1))
      // What has no start or no patient yet is told once it has.
      try await harness.sql(wish, nobody)
      try await harness.sql("update clinic.appointment set description = 'y' where id in ('w', 'n')")
      try await harness.sql("update clinic.appointment set start_at = now() where id = 'w'")
      try await harness.sql("update clinic.appointment set patient_id = 'p' where id = 'n'")
      events = Array(try await harness.events().dropFirst(1 + steps.count))
      XCTAssertEqual(events, ["SIU^S12", "SIU^S12"])
    }
  }

  /// What a platform deletes for good is told with what it was last.
  func testHardDeletesAreTold() async throws {
    let appointment = insert(
      "appointment", "id, status, patient_id, start_at, end_at, practitioner_id",
      "'n', 'booked', 'a', '2026-11-09 09:00+01', '2026-11-09 10:00+01', 'doctor'")
    let visit = insert("encounter", "id, patient_id, class, status, started_at", "'e', 'a', 'AMB', 'planned', now()")
    let number = insert(
      "identifier", "id, owner_type, owner_id, system, value", "'i', 'patient', 'a', 'urn:id:HIS', '7'")
    let coverage = insert("coverage", "id, patient_id, payer_id", "'w', 'a', 'other'")
    try await FeedHarness.run("deletes") { harness in
      try await harness.makePatient("a")
      try await harness.sql(number, coverage, appointment, visit)
      try await harness.sql("delete from clinic.appointment where id = 'n'")
      try await harness.sql("delete from clinic.coverage where id = 'w'")
      // A patient with all that is left of it, in one transaction: the end alone is told.
      try await harness.sql(
        "delete from clinic.identifier where owner_id = 'a'", "delete from clinic.encounter where patient_id = 'a'",
        "delete from clinic.patient where id = 'a'")
      var events = try await harness.events()
      XCTAssertEqual(
        events,
        ["ADT^A28", "ADT^A31", "SIU^S12", "ADT^A04", "SIU^S17", "ADT^A31", "ADT^A23", "ADT^A29"])
      // What was deleted or in error before is not told again.
      try await harness.makePatient("b")
      try await harness.sql("update clinic.patient set deleted_at = now() where id = 'b'")
      try await harness.sql("delete from clinic.patient where id = 'b'")
      events = try await harness.events()
      XCTAssertEqual(Array(events.dropFirst(8)), ["ADT^A28", "ADT^A29"])
      // Nobody had told the first ones when everything was gone: they are made of what the records were last.
      try harness.deliveries.startWorkers()
      try await harness.settle(count: 10)
      let states = try await harness.states()
      XCTAssertTrue(states.allSatisfy { $0.hasSuffix("delivered") }, "\(states)")
      let messages = try harness.emr.receipts.map { try HL7Message(parsing: $0.bytes) }
      XCTAssertEqual(
        ["SCH-2.1", "SCH-25", "PID-3[1].1", "PID-5.1", "AIP-3.2"].map { messages[4][$0].string },
        ["n", "Deleted", "a", "Family a", "Tahiri"])
      XCTAssertEqual(["PV1-19.1", "PID-3[1].1"].map { messages[6][$0].string }, ["e", "a"])
      XCTAssertEqual(["PID-3[1].1", "PID-5.1"].map { messages[7][$0].string }, ["a", "Family a"])
    }
  }

  func testInvoicesAreChargesWhenIssuedAndCreditsWhenCancelled() async throws {
    try await FeedHarness.run("invoices") { harness in
      try await harness.deliveries.issue("f1")
      try await harness.sql("update clinic.invoice set status = 'cancelled' where id = 'f1'")
      let events = try await harness.events()
      XCTAssertEqual(events, ["DFT^P03", "DFT^P03-CD"])
      try harness.deliveries.startWorkers()
      try await harness.settle(count: 2)
      XCTAssertEqual(harness.emr.receipts.map(\.event), ["DFT^P03", "DFT^P03"])
      let kinds = harness.emr.receipts.compactMap { try? HL7Message(parsing: $0.bytes)["FT1-6"].string }
      XCTAssertEqual(kinds, ["CG", "CD"])
    }
  }

  func testAPartnerIsOwedWhatItFollows() async throws {
    let booked = insert(
      "appointment", "id, status, patient_id, start_at", "'a', 'booked', 'p', now()")
    try await FeedHarness.run("formats") { harness in
      try await harness.subscribe("plans", to: "{hl7-siu}")
      try await harness.subscribe("additions", to: "{hl7-adt,hl7-siu}")
      try await harness.sql(
        "update gateway.partner set hl7_profile = '{\"feed\": {\"events\": [\"ADT^A28\"]}}' where slug = 'additions'")
      try await harness.makePatient("a")
      try await harness.sql("update clinic.patient set phone = '1' where id = 'a'")
      try await harness.sql(booked)
      let plans = try await harness.events(of: "plans")
      XCTAssertEqual(plans, ["SIU^S12"])
      let additions = try await harness.events(of: "additions")
      XCTAssertEqual(additions, ["ADT^A28"])
      // History that the owner loads is told to nobody.
      try await harness.sql(
        "set local role passerelle_owner", "set local passerelle.loading = 'on'",
        "update clinic.patient set phone = '2' where id = 'a'")
      let all = try await harness.events()
      XCTAssertEqual(all, ["ADT^A28", "ADT^A31", "SIU^S12"])
    }
  }

  func testNothingIsOwedOfAChangeThatIsRolledBack() async throws {
    try await FeedHarness.run("rollback") { harness in
      do {
        try await harness.sql("update clinic.patient set phone = '1' where id = 'p'", "select 1 / 0")
        XCTFail("it is committed")
      } catch {}
      let events = try await harness.events()
      XCTAssertEqual(events, [])
    }
  }
}
