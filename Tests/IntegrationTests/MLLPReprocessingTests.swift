import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The store of messages as an operator sees it, and HL7 over HTTP.
final class MLLPReprocessingTests: XCTestCase {
  func testListShowAndReprocess() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send(MLLPFixture.update("Q-1"))
    // A discharge of a visit that the clinic does not know yet.
    let merge = String(decoding: try MLLPFixture.sample("adt_a40_merge"), as: UTF8.self)
    let failed = try await fixture.send(merge)
    XCTAssertEqual(failed.code, "AE")
    let (pool, service, clinic) = (fixture.pool, fixture.service, MLLPFixture.clinicID)
    let open = try await fixture.loop.run {
      var filter = MessageFilter()
      filter.state = .failed
      return try await MessageArchive.list(pool, clinicID: clinic, filter)
    }
    XCTAssertEqual(open.map(\.controlID), ["IR-A40-0001"])
    XCTAssertEqual(open[0].errorLocation, "MRG-1")
    XCTAssertEqual(open[0].partner, "hospital")
    let id = open[0].id
    // Still wrong: one more attempt, the same state.
    let again = try await fixture.loop.run { await service.reprocess(clinicID: clinic, id: id) }
    XCTAssertEqual(again, .done(.failed, code: "AE"))
    // The patient who was meant arrives; now it can be applied.
    _ = try await fixture.send(MLLPFixture.update("Q-2", patient: "IR-199002", at: "20261101080000+0100"))
    try await assertRehearsalShowsTheMerge(fixture, id)
    let mended = try await fixture.loop.run { await service.reprocess(clinicID: clinic, id: id) }
    XCTAssertEqual(mended, .done(.applied, code: "AA"))
    let detail = try await fixture.loop.run { try await MessageArchive.show(pool, clinicID: clinic, id: id) }
    XCTAssertEqual(detail?.raw, try MLLPFixture.sample("adt_a40_merge"))
    XCTAssertEqual(detail?.summary.attempts, 3)
    XCTAssertEqual(detail?.effects.contains { $0.operation == "merge" }, true)
    XCTAssertEqual(MessageDetail.readable(detail?.raw ?? []).split(separator: "\n").count, 4)
    // A sender that tries once more hears how it stands now.
    let resent = try await fixture.send(merge)
    XCTAssertEqual(resent.code, "AA")
    let twice = try await fixture.loop.run { await service.reprocess(clinicID: clinic, id: id) }
    XCTAssertEqual(twice, .done(.applied, code: "AA"), "once more changes nothing")
    let merges = try await fixture.value("select count(*) from gateway.message_effect where operation = 'merge'")
    XCTAssertEqual(merges, "1")
    let elsewhere = try await fixture.loop.run { await service.reprocess(clinicID: MLLPFixture.other, id: id) }
    XCTAssertEqual(elsewhere, .unknown, "another clinic's message is none")
    try await fixture.stop()
  }

  /// Every record that goes over to the survivor is shown with what it says now and what it would say.
  private func assertRehearsalShowsTheMerge(_ fixture: MLLPFixture, _ id: Int) async throws {
    let rows = try await fixture.rows(
      """
      select i.owner_id, e.id from clinic.identifier i join clinic.encounter e on e.patient_id = i.owner_id
      where i.owner_type = 'patient' and i.value in ('IR-199002', 'IR-204417') order by i.value
      """)
    guard case .rehearsed(.applied, nil, let changes) = try await reprocess(fixture, id, rehearsing: true),
      let merged = rows.first?[0], let encounter = rows.first?[1]
    else { return XCTFail("the merge could be applied") }
    let merge = try XCTUnwrap(changes.first { $0.operation == .merge })
    let survivor = try XCTUnwrap(merge.survivor)
    XCTAssertEqual(merge.id, merged)
    XCTAssertEqual(
      merge.columns.sorted { $0.name < $1.name },
      [.init(name: "active", before: "true", after: "false"), .init(name: "replaced_by", before: nil, after: survivor)])
    let moved = try XCTUnwrap(changes.first { $0.relation == "encounter" && $0.id == encounter })
    XCTAssertEqual(moved.columns, [.init(name: "patient_id", before: merged, after: survivor)])
    let stands = try await fixture.value("select count(*) from clinic.patient where replaced_by is not null")
    XCTAssertEqual(stands, "0", "a rehearsal keeps nothing")
  }

  /// A service that has cached nothing of how partners were set up before.
  private func reprocess(
    _ fixture: MLLPFixture, _ id: Int, rehearsing: Bool = false
  ) async throws -> HL7Service.Reprocessing {
    let (pool, clinic) = (fixture.pool, MLLPFixture.clinicID)
    return try await fixture.loop.run {
      let service = HL7Service(pool: pool, directory: PartnerDirectory(pool: pool), audit: AuditChains(process: "test"))
      return rehearsing
        ? await service.rehearse(clinicID: clinic, id: id) : await service.reprocess(clinicID: clinic, id: id)
    }
  }

  private func setProfile(_ fixture: MLLPFixture, _ profile: String) async throws {
    _ = try await fixture.rows("update gateway.partner set hl7_profile = '\(profile)' where slug = 'hospital'")
  }

  func testARehearsalShowsEveryColumnThatAMendedMappingWouldChange() async throws {
    let fixture = try await MLLPFixture()
    let answers = try await fixture.send([
      Array(MLLPFixture.update("V-1", at: "20261101080000+0100").utf8),
      Array(
        MLLPFixture.update("V-2", patient: "P2", at: "20261101080000+0100").replacing("|F|", with: "|W|").utf8),
    ])
    XCTAssertEqual(answers.map(\.code), ["AA", "AE"])
    let ids = try await fixture.rows("select id from gateway.hl7_message order by id").compactMap { Int($0[0] ?? "") }
    let patient = try await fixture.value("select id from clinic.patient") ?? ""
    guard case .rehearsed(.applied, nil, []) = try await reprocess(fixture, ids[0], rehearsing: true) else {
      return XCTFail("the same mapping changes nothing")
    }
    try await setProfile(fixture, #"{"code_maps": {"gender": {"F": "other", "W": "female"}}}"#)
    let would = try await reprocess(fixture, ids[0], rehearsing: true)
    XCTAssertEqual(
      would,
      .rehearsed(
        .applied, error: nil,
        [
          RecordDifference(
            operation: .update, relation: "patient", id: patient,
            columns: [.init(name: "gender", before: "female", after: "other")])
        ]))
    guard case .rehearsed(.applied, nil, let made) = try await reprocess(fixture, ids[1], rehearsing: true) else {
      return XCTFail("the code is known now")
    }
    XCTAssertTrue(made.contains { $0.relation == "patient" && $0.operation == .create })
    XCTAssertTrue(made.contains { $0.relation == "identifier" && $0.columns.contains { $0.after == "P2" } })
    let untouched = try await fixture.rows(
      """
      select (select string_agg(gender, ',') from clinic.patient), (select string_agg(state, ',' order by id)
        from gateway.hl7_message), (select sum(attempts) from gateway.hl7_message)
      """)
    XCTAssertEqual(untouched, [["female", "applied,failed", "2"]], "a rehearsal keeps nothing")
    let (first, second) = (try await reprocess(fixture, ids[0]), try await reprocess(fixture, ids[1]))
    XCTAssertEqual([first, second], Array(repeating: .done(.applied, code: "AA"), count: 2))
    let genders = try await fixture.rows("select gender, version from clinic.patient order by gender")
    XCTAssertEqual(genders, [["female", "1"], ["other", "2"]])
    let effects = try await fixture.rows(
      "select relation, operation from gateway.message_effect where message_id = \(ids[0]) order by 1")
    XCTAssertEqual(effects, [["encounter", "create"], ["patient", "update"]], "what it made stays known")
    try await fixture.stop()
  }

  func testWhatANewerEventHasWrittenStaysWhenAnOlderOneIsTakenAgain() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send([
      Array(MLLPFixture.update("O-1", at: "20261101080000+0100").utf8),
      Array(MLLPFixture.update("O-2", family: "Alami", at: "20261102080000+0100").utf8),
    ])
    let id = Int(try await fixture.value("select min(id) from gateway.hl7_message") ?? "") ?? 0
    try await setProfile(fixture, #"{"code_maps": {"gender": {"F": "other"}}}"#)
    let outcome = try await reprocess(fixture, id)
    XCTAssertEqual(outcome, .done(.superseded, code: "AA"))
    let stands = try await fixture.rows(
      """
      select (select family || gender from clinic.patient), (select state from gateway.hl7_message where id = \(id)),
        (select attempts from gateway.hl7_message where id = \(id))
      """)
    XCTAssertEqual(stands, [["Alamifemale", "applied", "1"]], "a message that was applied stays so")
    try await fixture.stop()
  }

  func testMessagesAreChosenByTypePartnerAndTime() async throws {
    let fixture = try await MLLPFixture()
    _ = try await fixture.send([
      Array(MLLPFixture.update("C-1").utf8),
      Array(MLLPFixture.update("C-2", at: "20261103080000+0100", event: "A04").utf8),
      try MLLPFixture.sample("siu_s12_book"),
    ])
    let ids = try await fixture.rows("select id from gateway.hl7_message order by id").compactMap { Int($0[0] ?? "") }
    let (pool, clinic) = (fixture.pool, MLLPFixture.clinicID)
    @Sendable func numbers(_ change: (inout MessageFilter) -> Void) async throws -> [Int] {
      var filter = MessageFilter()
      change(&filter)
      let chosen = filter
      return try await fixture.loop.run { try await MessageArchive.numbers(pool, clinicID: clinic, chosen) }
    }
    let all = try await numbers { $0.partner = "hospital" }
    XCTAssertEqual(all, ids, "in the order in which they came")
    let updates = try await numbers { $0.event = "ADT" }
    XCTAssertEqual(updates, Array(ids.prefix(2)))
    let one = try await numbers { ($0.event, $0.limit) = ("SIU^S12", 1) }
    XCTAssertEqual(one, [ids[2]])
    let none = try await numbers { ($0.partner, $0.state) = ("both", .applied) }
    XCTAssertEqual(none, [])
    let later = try await numbers { $0.since = "2100-01-01T00:00:00Z" }
    XCTAssertEqual(later, [])
    let before = try await numbers { $0.until = "2100-01-01T00:00:00Z" }
    XCTAssertEqual(before, ids)
    try await fixture.stop()
  }

  func testWhatAProfileIgnoresIsKeptWithItsReasonAndAnsweredWell() async throws {
    let fixture = try await MLLPFixture()
    try await setProfile(
      fixture, #"{"ignore": [{"where": "PV1-2", "values": ["O"], "reason": "outpatients come by SIU"}]}"#)
    let answer = try await fixture.send(MLLPFixture.update("I-1"))
    XCTAssertEqual(answer.code, "AA")
    XCTAssertFalse(String(decoding: answer.message, as: UTF8.self).contains("ERR|"))
    let kept = try await fixture.rows("select state, error, ack_code, octet_length(raw) > 0 from gateway.hl7_message")
    XCTAssertEqual(kept, [["ignored", "0 outpatients come by SIU", "AA", "t"]])
    let patients = try await fixture.value("select count(*) from clinic.patient")
    XCTAssertEqual(patients, "0")
    let outcome = try await fixture.value("select outcome from gateway.audit_event")
    XCTAssertEqual(outcome, "0")
    try await fixture.stop()
  }

  /// Kept unread and answered well, also where other events are refused; taken once the profile says so no more.
  func testWhatAProfileStoresWaits() async throws {
    let fixture = try await MLLPFixture()
    try await setProfile(fixture, #"{"events": ["ADT^A01"], "store": ["ADT^A08"]}"#)
    let first = try await fixture.send(MLLPFixture.update("ST-1"))
    XCTAssertEqual(first.code, "AA")
    let kept = try await fixture.rows("select state, error, ack_code from gateway.hl7_message")
    XCTAssertEqual(kept, [["stored", nil, "AA"]])
    let none = try await fixture.value("select count(*) from clinic.patient")
    XCTAssertEqual(none, "0")
    try await setProfile(fixture, "{}")
    let id = try await fixture.value("select id from gateway.hl7_message").flatMap { Int($0) } ?? 0
    let service = fixture.service
    let outcome = try await fixture.loop.run {
      await service.reprocess(clinicID: MLLPFixture.clinicID, id: id)
    }
    XCTAssertEqual(outcome, .done(.applied, code: "AA"))
    let patients = try await fixture.value("select count(*) from clinic.patient")
    XCTAssertEqual(patients, "1")
    try await fixture.stop()
  }

  func testHL7OverHTTP() async throws {
    let fixture = try await MLLPFixture()
    let partner = try await fixture.value("select id from gateway.partner where slug = 'hospital'") ?? ""
    let (service, peer) = (fixture.service, fixture.server.address)
    @Sendable func post(_ message: String, clinic: String = "anfa") async throws -> HL7OverHTTP.Answer {
      try await fixture.loop.run {
        var sender = HL7Sender(
          transport: .http, peer: peer, partnerID: partner, clinic: clinic, lane: service.newLane())
        sender.keyID = "K1"
        sender.requestID = "request-1"
        return await HL7OverHTTP.answer(Array(message.utf8), from: sender, service: service)
      }
    }
    let good = try await post(MLLPFixture.update("H-1"))
    XCTAssertEqual(good.status, 200)
    XCTAssertEqual(MLLPFixture.acknowledgements(good.body), ["AA H-1"])
    let broken = try await post(MLLPFixture.update("H-2").replacing("19840312", with: "19840231"))
    XCTAssertEqual(broken.status, 200)
    XCTAssertEqual(MLLPFixture.acknowledgements(broken.body), ["AE H-2"])
    let silent = try await post(MLLPFixture.update("H-3", header: "||NE|NE"))
    XCTAssertEqual(silent.status, 202)
    let elsewhere = try await post(MLLPFixture.update("H-4"), clinic: "lilas")
    XCTAssertEqual(elsewhere.status, 400)
    let audited = try await fixture.rows(
      "select status::text, key_id, request_id, outcome::text from gateway.audit_event order by at, sequence")
    XCTAssertEqual(
      audited, [["200", "K1", "request-1", "0"], ["200", "K1", "request-1", "4"], ["202", "K1", "request-1", "0"]])
    XCTAssertTrue(elsewhere.isAudited, "what has no route is audited by the service's hook")
    XCTAssertTrue(HL7OverHTTP.accepts(contentType: "Application/HL7-v2; charset=utf-8"))
    XCTAssertFalse(HL7OverHTTP.accepts(contentType: "application/json"))
    XCTAssertFalse(HL7OverHTTP.accepts(contentType: nil))
    try await fixture.stop()
  }
}
