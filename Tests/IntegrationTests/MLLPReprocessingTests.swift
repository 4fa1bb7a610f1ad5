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
    XCTAssertEqual(twice, .alreadyApplied)
    let elsewhere = try await fixture.loop.run { await service.reprocess(clinicID: MLLPFixture.other, id: id) }
    XCTAssertEqual(elsewhere, .unknown, "another clinic's message is none")
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
