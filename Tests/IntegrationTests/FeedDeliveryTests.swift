import HL7Parser
import Mappers
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// From a change of the clinic's data to what stands in the EMR, over real Postgres, sockets and TLS.
final class FeedDeliveryTests: XCTestCase {
  func testChangesReachTheEMRInTheirOrder() async throws {
    try await FeedHarness.run("arrives") { harness in
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.sql(
        """
        insert into clinic.encounter (clinic_id, id, patient_id, class, status, started_at, practitioner_id, location_id)
          values ('\(DeliveryHarness.clinic)', 'e', 'a', 'AMB', 'in-progress', now(), 'doctor', 'room')
        """)
      try await harness.sql("update clinic.encounter set status = 'finished', ended_at = now() where id = 'e'")
      try await harness.sql(
        """
        insert into clinic.appointment (clinic_id, id, status, patient_id, start_at, end_at)
          values ('\(DeliveryHarness.clinic)', 'n', 'booked', 'a', now() + interval '1 day', now() + interval '25 hours')
        """)
      try await harness.settle(count: 4)
      XCTAssertEqual(harness.emr.receipts.map(\.event), ["ADT^A28", "ADT^A01", "ADT^A03", "SIU^S12"])
      XCTAssertEqual(harness.emr.connections, 1, "one handshake for messages that follow each other")
      let admitted = try HL7Message(parsing: harness.emr.receipts[1].bytes)
      XCTAssertEqual(admitted["PID-3[1].1"].string, "a")
      XCTAssertEqual(admitted["PID-5.1"].string, "Family a")
      XCTAssertEqual(admitted["PV1-19.1"].string, "e")
      XCTAssertEqual(admitted["PV1-7.2"].string, "Tahiri")
      XCTAssertEqual(admitted["PV1-3.2"].string, "Salle 1")
      XCTAssertEqual(admitted["MSH-4"].string, "casablanca")
      XCTAssertTrue(admitted["MSH-7"].string?.hasSuffix("+0100") ?? false, "the clinic's wall")
      // Kept bytes are sent bytes; the number is that of the key.
      let kept = try await harness.sql(
        """
        select upper(substr(idempotency_key, 5, 20)), encode(body_sha256, 'hex') = encode(sha256(body), 'hex'), content_type
        from gateway.delivery order by sequence
        """)
      XCTAssertEqual(kept.map { $0[0] }, harness.emr.receipts.map(\.controlID))
      XCTAssertEqual(Set(kept.map { $0[1] }), ["t"])
      XCTAssertEqual(Set(kept.map { $0[2] }), ["application/hl7-v2"])
      let audit = try await harness.sql(
        "select interaction, resource_type, resource_id, patient_id from gateway.audit_event order by at, sequence")
      XCTAssertEqual(
        audit,
        [
          ["deliver", "Patient", "a", "a"], ["deliver", "Encounter", "e", "a"], ["deliver", "Encounter", "e", "a"],
          ["deliver", "Appointment", "n", "a"],
        ])
      let listed = try await DeliveryLedger(pool: harness.deliveries.admin).list()
      XCTAssertEqual(listed.map(\.event), ["SIU^S12", "ADT^A03", "ADT^A01", "ADT^A28"])
      let tries = try await harness.sql("select outcome, status, response_excerpt from gateway.delivery_attempt")
      XCTAssertTrue(tries.allSatisfy { $0[0] == "delivered" && $0[1] == nil && $0[2]?.contains("MSA|AA|") ?? false })
    }
  }

  /// Everything that can go wrong with an answer is tried again with the same bytes, and nothing overtakes it.
  func testOrderIsKeptUnderFailuresAndEveryTryIsTheSame() async throws {
    try await FeedHarness.run("failures") { harness in
      harness.deliveries.configure {
        $0.retryScheduleSeconds = Array(repeating: 0, count: 12)
        $0.responseMilliseconds = 400
      }
      harness.emr.behaviours = [
        .answerAnother, .garbage, .hang, .half, .close, .answer(.AR, .applicationInternalError), .answer(.AE), .accept,
        .accept,
      ]
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.sql("update clinic.patient set phone = '1' where id = 'a'")
      try await harness.deliveries.wait(seconds: 60, "the first is delivered or dead") {
        try await harness.states()[0].contains(": de")
      }
      let tries = try await harness.sql(
        """
        select a.outcome, a.reason from gateway.delivery_attempt a join gateway.delivery d on d.id = a.delivery_id
        where d.event = 'ADT^A28' order by a.fencing
        """)
      let first = harness.emr.receipts.filter { $0.event == "ADT^A28" }
      XCTAssertEqual(Set(first.map(\.controlID)).count, 1)
      XCTAssertEqual(Set(first.map(\.bytes)).count, 1)
      let reasons = tries.compactMap { $0[1] }
      for (reason, words) in zip(
        reasons,
        ["another message", "no MLLP frame", "in time", "no MLLP frame", "without an answer", "AR with condition 207"])
      {
        XCTAssertTrue(reason.contains(words), "\(reason), not \(words)")
      }
      XCTAssertTrue(reasons.last?.contains("given up") ?? false, "AE at the seventh try is the end: \(reasons)")
      try await harness.settle(count: 2)
      XCTAssertEqual(harness.emr.receipts.last?.event, "ADT^A31", "and the next one goes")
      let order = harness.emr.receipts.map(\.event)
      XCTAssertEqual(order, order.sorted(), "nothing overtook: A28 before A31")
    }
  }

  func testAnAnswerAfterTheTimeOutIsNotBelieved() async throws {
    try await FeedHarness.run("late") { harness in
      harness.deliveries.configure {
        $0.retryScheduleSeconds = [0, 0, 0]
        $0.responseMilliseconds = 300
      }
      harness.emr.behaviours = [.late(milliseconds: 400), .answer(.AE, .requiredFieldMissing)]
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.settle(count: 1)
      await harness.loop.sleep(milliseconds: 300)
      let states = try await harness.states()
      XCTAssertEqual(states, ["ADT^A28: dead"], "the late AA of the first try counts for nothing")
      XCTAssertEqual(harness.emr.receipts.map(\.connection), [1, 2])
    }
  }

  func testSilenceClosesTheConnectionAndALateAnswerIsNotBelieved() async throws {
    try await FeedHarness.run("silence") { harness in
      harness.deliveries.configure {
        $0.retryScheduleSeconds = [0, 0]
        $0.responseMilliseconds = 300
      }
      harness.emr.behaviours = [.hang]
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.settle(count: 1)
      XCTAssertEqual(harness.emr.receipts.map(\.connection), [1, 2])
      XCTAssertEqual(harness.emr.receipts.map(\.isRepeat), [false, true])
    }
  }

  func testRefusalsByTheTable() async throws {
    let cases: [(ReceivingEMR.Behaviour, tries: Int)] = [
      (.answer(.AE, .requiredFieldMissing), 1), (.answer(.AR, .unsupportedEventCode), 1), (.answer(.AE), 3),
      (.answer(.AE, .applicationRecordLocked), 3), (.answer(.AR), 5),
    ]
    try await FeedHarness.run("refusals") { harness in
      harness.deliveries.configure { $0.retryScheduleSeconds = [0, 0, 0, 0, 0] }
      try harness.deliveries.startWorkers()
      for (number, entry) in cases.enumerated() {
        harness.emr.usually = entry.0
        try await harness.makePatient("r\(number)")
        try await harness.settle(count: number + 1)
        let attempts = try await harness.sql(
          "select attempts, state from gateway.delivery order by sequence desc limit 1")
        XCTAssertEqual(attempts, [["\(entry.tries)", "dead"]], "\(entry.0)")
      }
      // A dead letter can be tried again, with the same number and bytes.
      harness.emr.usually = .accept
      let ledger = DeliveryLedger(pool: harness.deliveries.admin)
      var filter = DeliveryLedger.Filter()
      filter.states = ["dead"]
      let dead = try await ledger.list(filter)
      let outcome = try await ledger.retry(try XCTUnwrap(dead.last).id)
      XCTAssertEqual(outcome, .owed)
      try await harness.settle(count: cases.count)
      XCTAssertEqual(harness.emr.receipts.first?.bytes, harness.emr.receipts.last?.bytes)
    }
  }

  func testEnhancedModeByTheProfile() async throws {
    try await FeedHarness.run("enhanced") { harness in
      let profile = """
        {"feed": {"acknowledgements": "application", "version": "2.3.1", "charset": "8859/1",
        "receiving_application": "EMR", "sending_facilities": {"casablanca": "ANFA"}}}
        """
      try await harness.sql("update gateway.partner set hl7_profile = '\(profile)' where slug = 'emr'")
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.settle(count: 1)
      let message = try HL7Message(parsing: harness.emr.receipts[0].bytes)
      XCTAssertEqual(
        ["MSH-4", "MSH-5", "MSH-12", "MSH-15", "MSH-16", "MSH-18"].map { message[$0].string },
        ["ANFA", "EMR", "2.3.1", "AL", "AL", "8859/1"])
      let answer = try await harness.sql("select response_excerpt from gateway.delivery_attempt")
      XCTAssertTrue(answer[0][0]?.contains("MSA|AA|") ?? false, "the application's word settles it: \(answer)")
    }
  }

  /// What the character set cannot say is visible and holds up nobody.
  func testWhatCannotBeWrittenIsADeadLetter() async throws {
    try await FeedHarness.run("unwritable") { harness in
      try await harness.sql(
        "update gateway.partner set hl7_profile = '{\"feed\": {\"charset\": \"8859/1\"}}' where slug = 'emr'")
      try await harness.makePatient("a")
      try await harness.sql("update clinic.patient set family = 'بناني' where id = 'a'")
      try await harness.makePatient("b")
      try harness.deliveries.startWorkers()
      try await harness.settle(count: 3)
      let states = try await harness.states()
      XCTAssertEqual(states, ["ADT^A28: dead", "ADT^A31: dead", "ADT^A28: delivered"])
      let reason = try await harness.sql("select reason from gateway.delivery order by sequence limit 1")
      XCTAssertTrue(reason[0][0]?.contains("8859/1") ?? false)
      // Mended and tried again, it is rendered anew.
      try await harness.sql("update gateway.partner set hl7_profile = '{}' where slug = 'emr'")
      let ledger = DeliveryLedger(pool: harness.deliveries.admin)
      for entry in try await ledger.list() where entry.state == "dead" { _ = try await ledger.retry(entry.id) }
      try await harness.deliveries.wait("all delivered") {
        try await harness.states().allSatisfy { $0.hasSuffix("delivered") }
      }
    }
  }

  func testTwoProcessesKeepTheOrderAndDoubleNothing() async throws {
    try await FeedHarness.run("shared") { harness in
      try harness.deliveries.startWorkers("one")
      try harness.deliveries.startWorkers("two")
      for number in 1...20 { try await harness.makePatient("p\(number)") }
      try await harness.settle(count: 20)
      let families = try harness.emr.receipts.map { try HL7Message(parsing: $0.bytes)["PID-5.1"].string }
      XCTAssertEqual(families, (1...20).map { "Family p\($0)" })
      XCTAssertFalse(harness.emr.receipts.contains(where: \.isRepeat))
    }
  }

  /// A process that dies after the EMR's yes and before it could note it.
  func testALostOutcomeIsSentAgainWithTheSameNumberAndBytes() async throws {
    try await FeedHarness.run("lost") { harness in
      harness.deliveries.configure { $0.leaseSeconds = 1 }
      try await harness.sql(
        """
        create function gateway.lose() returns trigger language plpgsql as
          $$ begin raise exception 'the process has died'; end $$
        """,
        """
        create trigger lose before update on gateway.delivery for each row
          when (new.state = 'delivered' and old.fencing = 1) execute function gateway.lose()
        """)
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.settle(count: 1)
      XCTAssertEqual(harness.emr.receipts.map(\.isRepeat), [false, true])
      XCTAssertEqual(Set(harness.emr.receipts.map(\.controlID)).count, 1)
      XCTAssertEqual(Set(harness.emr.receipts.map(\.bytes)).count, 1)
    }
  }

  func testADeadEMRDelaysNobody() async throws {
    try await FeedHarness.run("dead") { harness in
      try await harness.subscribe("gone", to: "{hl7-adt}", port: 9)
      try harness.deliveries.startWorkers()
      for number in 1...5 { try await harness.makePatient("p\(number)") }
      try await harness.settle(count: 5)
      XCTAssertEqual(harness.emr.receipts.count, 5)
      let gone = try await harness.states(of: "gone")
      XCTAssertFalse(gone.contains { $0.hasSuffix("delivered") })
    }
  }

  func testAConnectionThatRestedAndWasClosedIsMadeAnew() async throws {
    try await FeedHarness.run("rested") { harness in
      harness.emr.behaviours = [.accept, .close]
      try harness.deliveries.startWorkers()
      try await harness.makePatient("a")
      try await harness.settle(count: 1)
      try await harness.makePatient("b")
      try await harness.settle(count: 2)
      XCTAssertEqual(harness.emr.receipts.map(\.connection), [1, 1, 2])
      let tries = try await harness.sql("select count(*) from gateway.delivery_attempt where outcome = 'delivered'")
      XCTAssertEqual(tries, [["2"]])
      let failed = try await harness.sql("select count(*) from gateway.delivery_attempt where outcome <> 'delivered'")
      XCTAssertEqual(failed, [["0"]])
    }
  }

  /// A process that is told to stop lets what it sends be answered, and gives back what it only holds.
  func testStoppingDrains() async throws {
    try await FeedHarness.run("drain") { harness in
      let workers = try harness.deliveries.startWorkers()
      for number in 1...10 { try await harness.makePatient("p\(number)") }
      try await harness.deliveries.wait("some have left") { harness.emr.receipts.count >= 2 }
      await workers.stop(until: .after(milliseconds: 5_000))
      let sent = harness.emr.receipts.count
      let delivered = try await harness.states().filter { $0.hasSuffix("delivered") }.count
      XCTAssertEqual(delivered, sent, "what was sent is noted")
      let held = try await harness.states().filter { $0.hasSuffix("sending") || $0.hasSuffix("rendering") }
      XCTAssertEqual(held, [])
      try harness.deliveries.startWorkers("next")
      try await harness.settle(count: 10)
      XCTAssertEqual(harness.emr.receipts.count, 10)
      XCTAssertFalse(harness.emr.receipts.contains(where: \.isRepeat))
    }
  }

  func testSettingsThatCannotBeUsedAreSaid() async throws {
    try await FeedHarness.run("settings") { harness in
      harness.deliveries.configure { $0.retryScheduleSeconds = [0] }
      try harness.deliveries.startWorkers()
      let mistakes: [(set: String, says: String)] = [
        ("hl7_profile = '{\"feed\": {\"verson\": \"2.5\"}}'", "verson"),
        ("hl7_profile = '{}', delivery_url = 'https://localhost:\(harness.port)'", "mllps://"),
        ("delivery_url = 'mllps://localhost:\(harness.port)', delivery_allows_private_networks = false", "private"),
        ("delivery_allows_private_networks = true, delivery_certificate_path = null, delivery_key_path = null", ""),
      ]
      for (number, mistake) in mistakes.enumerated() {
        try await harness.sql("update gateway.partner set \(mistake.set) where slug = 'emr'")
        try await harness.makePatient("p\(number)")
        try await harness.settle(count: number + 1)
        let reason = try await harness.deliveries.reason(of: "emr")
        XCTAssertTrue(reason.contains("given up") && reason.contains(mistake.says) || mistake.says.isEmpty, reason)
      }
      XCTAssertEqual(harness.emr.receipts.count, 0, "without our certificate nothing is taken")
    }
  }
}
