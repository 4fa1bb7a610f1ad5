import HL7Parser
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// What is answered to whom, over real sockets.
final class MLLPAnsweringTests: XCTestCase {
  func testAcknowledgementModes() async throws {
    let fixture = try await MLLPFixture()
    // MSH-15 and MSH-16, then what follows for a good message, an event that is not applied, and broken content.
    let table: [(header: String, good: [String], unsupported: [String], broken: [String])] = [
      ("|||", ["AA"], ["AR"], ["AE"]),
      ("||AL|NE", ["CA"], ["CR"], ["CA"]),
      ("||AL|AL", ["CA", "AA"], ["CR"], ["CA", "AE"]),
      ("||NE|AL", ["AA"], ["AR"], ["AE"]),
      ("||NE|NE", [], [], []),
      ("||ER|ER", [], ["CR"], ["AE"]),
      ("||SU|SU", ["CA", "AA"], [], ["CA"]),
    ]
    for (row, line) in table.enumerated() {
      let good = MLLPFixture.update("G\(row)", patient: "G\(row)", header: line.header)
      let unsupported = MLLPFixture.update("U\(row)", header: line.header, event: "A99")
      let broken = MLLPFixture.update("B\(row)", patient: "B\(row)", header: line.header)
        .replacing("19840312", with: "19840231")
      for (message, expected) in [(good, line.good), (unsupported, line.unsupported), (broken, line.broken)] {
        let answer = try await fixture.exchange([MLLPFixture.frame(message)], answers: expected.count)
        let codes = MLLPFixture.acknowledgements(answer).map { String($0.prefix(2)) }
        XCTAssertEqual(codes, expected, "\(line.header) \(message.split(separator: "|")[8])")
      }
    }
    let states = try await fixture.rows(
      "select left(control_id, 1), array_agg(distinct state)::text from gateway.hl7_message group by 1 order by 1")
    XCTAssertEqual(states, [["B", "{failed}"], ["G", "{applied}"], ["U", "{failed}"]])
    try await fixture.stop()
  }

  func testARepeatIsAnsweredAlikeAndChangesNothing() async throws {
    let fixture = try await MLLPFixture()
    let message = MLLPFixture.update("D-1")
    let first = try await fixture.send(message)
    _ = try await fixture.send(MLLPFixture.update("D-2", family: "Later", at: "20261103101500+0100"))
    let second = try await fixture.send(message)
    XCTAssertEqual(first.message, second.message)
    let family = try await fixture.value("select family from clinic.patient")
    XCTAssertEqual(family, "Later")
    let repeats = try await fixture.rows("select control_id, repeats from gateway.message_ledger order by 1")
    XCTAssertEqual(repeats, [["D-1", "1"], ["D-2", "0"]])
    // The same number with other bytes is another message, and flagged.
    let reused = try await fixture.send(MLLPFixture.update("D-1", family: "Other", at: "20261104101500+0100"))
    XCTAssertEqual(reused.code, "AA")
    let flags = try await fixture.rows(
      "select reused_control_id::text from gateway.hl7_message where control_id = 'D-1' order by id")
    XCTAssertEqual(flags, [["false"], ["true"]])
    // What failed is not tried again by a repeat either.
    let broken = MLLPFixture.update("D-3").replacing("19840312", with: "19840231")
    let negative = [try await fixture.send(broken).code, try await fixture.send(broken).code]
    XCTAssertEqual(negative, ["AE", "AE"])
    let count = try await fixture.value("select count(*) from gateway.hl7_message where control_id = 'D-3'")
    XCTAssertEqual(count, "1")
    try await fixture.stop()
  }

  func testTheSameMessageOnManyConnectionsIsAppliedOnce() async throws {
    let fixture = try await MLLPFixture()
    let message = Array(MLLPFixture.update("C-1").utf8)
    let codes = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<12 { group.addTask { try await fixture.send([message])[0].code } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    XCTAssertEqual(codes, Array(repeating: "AA", count: 12))
    let rows = try await fixture.rows(
      """
      select (select count(*) from gateway.hl7_message), (select repeats from gateway.message_ledger),
        (select count(*) from clinic.patient), (select count(*) from clinic.encounter)
      """)
    XCTAssertEqual(rows, [["1", "11", "1", "1"]])
    try await fixture.stop()
  }

  func testManyPatientsFromManyConnections() async throws {
    let fixture = try await MLLPFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for sender in 0..<8 {
        group.addTask {
          let messages = (0..<10).map {
            Array(MLLPFixture.update("S\(sender)-\($0)", patient: "P\($0 % 4)", at: "202611021015\($0 + 10)+0100").utf8)
          }
          let answers = try await fixture.send(messages)
          XCTAssertEqual(Set(answers.map(\.code)), ["AA"])
        }
      }
      try await group.waitForAll()
    }
    let rows = try await fixture.rows(
      """
      select (select count(*) from gateway.hl7_message where state <> 'failed'), (select count(*) from clinic.patient),
        (select count(*) from clinic.practitioner), (select count(*) from clinic.location),
        (select count(*) from clinic.encounter)
      """)
    XCTAssertEqual(rows.first?.prefix(3), ["80", "4", "1"])
    XCTAssertEqual(rows.first?.last, "4")
    try await fixture.stop()
  }

  func testStrangersLearnNothingAndLeaveNothing() async throws {
    let fixture = try await MLLPFixture()
    let stranger = MLLPFixture.update("X-1", facility: "ELSEWHERE")
    let answer = try await fixture.exchange([MLLPFixture.frame(stranger) + MLLPFixture.frame(stranger)], answers: 1)
    XCTAssertEqual(MLLPFixture.acknowledgements(answer), ["AR X-1"], "one answer, then the connection ends")
    let junk = try await fixture.exchange([Array("GET / HTTP/1.1\r\n\r\n".utf8)], answers: 0)
    XCTAssertEqual(junk, [])
    let count = try await fixture.value("select count(*) from gateway.hl7_message")
    XCTAssertEqual(count, "0")
    XCTAssertEqual(fixture.strangers.value, 2)
    try await fixture.stop()
  }

  func testFramesSplitJoinedAndBroken() async throws {
    let fixture = try await MLLPFixture(limits: { $0.messageBytes = 8_192 })
    let one = MLLPFixture.frame(MLLPFixture.update("F-1"))
    let bytewise = try await fixture.exchange(one.map { [$0] }, answers: 1)
    XCTAssertEqual(MLLPFixture.acknowledgements(bytewise), ["AA F-1"])
    let joined = (2...6).flatMap { MLLPFixture.frame(MLLPFixture.update("F-\($0)")) }
    let several = try await fixture.exchange([joined], answers: 5)
    XCTAssertEqual(MLLPFixture.acknowledgements(several), (2...6).map { "AA F-\($0)" })
    let noReturn = try await fixture.exchange(
      [Array(MLLPFixture.frame(MLLPFixture.update("F-7")).dropLast())], answers: 1)
    XCTAssertEqual(MLLPFixture.acknowledgements(noReturn), ["AA F-7"])
    // Another frame begins within one: both are answered, the broken one is there to see.
    let half = Array(MLLPFixture.frame(MLLPFixture.update("F-8")).dropLast(40))
    let restarted = try await fixture.exchange([half + MLLPFixture.frame(MLLPFixture.update("F-9"))], answers: 2)
    XCTAssertEqual(MLLPFixture.acknowledgements(restarted), ["AE F-8", "AA F-9"])
    let long = MLLPFixture.update("F-10") + "NTE|1||" + String(repeating: "x", count: 10_000) + "\r"
    let oversized = try await fixture.exchange(
      [MLLPFixture.frame(long) + MLLPFixture.frame(MLLPFixture.update("F-11"))], answers: 1)
    XCTAssertEqual(MLLPFixture.acknowledgements(oversized), ["AR F-10"], "then the connection ends")
    let kept = try await fixture.rows(
      "select state, raw = substring(raw for 8192) from gateway.hl7_message where control_id is null order by id")
    XCTAssertEqual(kept, [["failed", "t"], ["failed", "t"]])
    try await fixture.stop()
  }

  func testPipelinedMessagesAreAnsweredInOrder() async throws {
    let fixture = try await MLLPFixture(listener: { $0.pipelining = true })
    let families = (0..<40).map { "Family\($0)" }
    let burst = families.enumerated().flatMap { index, family in
      MLLPFixture.frame(MLLPFixture.update("O-\(index)", patient: "P\(index % 3)", family: family))
    }
    let answer = try await fixture.exchange([burst], answers: families.count)
    XCTAssertEqual(MLLPFixture.acknowledgements(answer), families.indices.map { "AA O-\($0)" })
    let last = try await fixture.rows(
      """
      select i.value, p.family from clinic.patient p join clinic.identifier i on i.owner_id = p.id order by i.value
      """)
    XCTAssertEqual(last, [["P0", "Family39"], ["P1", "Family37"], ["P2", "Family38"]], "applied in their order")
    try await fixture.stop()
  }

  func testASlowSenderIsEndedAndHoldsUpNobody() async throws {
    let fixture = try await MLLPFixture(limits: { $0.frameMilliseconds = 1_000 })
    async let slow = fixture.exchange(
      MLLPFixture.frame(MLLPFixture.update("Z-1")).prefix(40).map { [$0] }, answers: 0, pauseMilliseconds: 50)
    let quick = try await fixture.send(MLLPFixture.update("Z-2"))
    XCTAssertEqual(quick.code, "AA")
    let ended = try? await slow
    XCTAssertEqual(ended.map(MLLPFixture.acknowledgements) ?? [], [])
    let whole = try await fixture.value("select count(*) from gateway.hl7_message where state = 'applied'")
    XCTAssertEqual(whole, "1")
    try await fixture.stop()
  }

  func testCertificatesAndWhatTheReceiverFieldsMaySelect() async throws {
    let certificates = try TestCertificates.shared.get()
    let box = try TLSContextBox { () throws(TLSError) in
      try TLSContext.server(
        identity: certificates.identity("server"), clientCertificates: .required,
        clientAuthorities: certificates.certificate("ca"))
    }
    let fixture = try await MLLPFixture(tls: box)
    func client(_ name: String) throws -> TLSContext {
      try TLSContext.client(
        trust: .authorities(path: certificates.certificate("ca")), identity: certificates.identity(name))
    }
    let good = try client("client")
    let messages = [
      MLLPFixture.update("T-1", facility: "ANY", receiver: "KINE-ANFA"),
      MLLPFixture.update("T-2", facility: "ANY", receiver: "LILAS"),
    ]
    let answers = try await fixture.send(messages.map { Array($0.utf8) }, tls: good)
    XCTAssertEqual(answers.map(\.code), ["AA", "AA"])
    let clinics = try await fixture.rows("select clinic_id from clinic.patient order by clinic_id")
    XCTAssertEqual(clinics, [[MLLPFixture.clinicID], [MLLPFixture.other]])
    // A receiver that the partner's configuration does not name selects nothing.
    let nowhere = try await fixture.send([Array(MLLPFixture.update("T-3", receiver: "ELSEWHERE").utf8)], tls: good)
    XCTAssertEqual(nowhere.map(\.code), ["AR"])
    for name in ["expired", "stranger", "wrong-purpose"] {
      let bad = try client(name)
      do {
        _ = try await fixture.send([Array(MLLPFixture.update("T-4").utf8)], tls: bad)
        XCTFail("\(name) was let in")
      } catch {}
    }
    try await fixture.stop()
  }

  func testDrainAnswersWhatIsUnderWay() async throws {
    let fixture = try await MLLPFixture()
    async let answers = fixture.send((0..<200).map { Array(MLLPFixture.update("W-\($0)").utf8) })
    try await Task.sleep(nanoseconds: 150_000_000)
    let server = fixture.server
    try await fixture.loop.run { await server.drain(until: .after(milliseconds: 3_000)) }
    _ = try? await answers
    let open = try await fixture.loop.run { server.connectionCount }
    XCTAssertEqual(open, 0)
    let unanswered = try await fixture.value("select count(*) from gateway.hl7_message where ack is null")
    XCTAssertEqual(unanswered, "0")
    try await fixture.stop()
  }
}
