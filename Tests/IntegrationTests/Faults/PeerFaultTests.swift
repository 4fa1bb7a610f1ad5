import Foundation
import HL7Parser
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 16, 17, 19 and 21: peers that are slow, gone, late, or send what cannot be applied.
final class PeerFaultTests: XCTestCase {
  /// Writes a byte each 100 ms until the peer ends the connection; how long that took.
  private static func drip(_ stream: ByteStream, _ bytes: [UInt8]) async throws -> Double {
    let began = FaultClock.now
    var answer: [UInt8] = []
    for byte in bytes {
      do { try await stream.write([byte], until: .after(milliseconds: 5_000)) } catch { break }
      do throws(StreamError) {
        if try await stream.read(into: &answer, until: .after(milliseconds: 100)) == 0 { break }
      } catch {
        if error.code != .timedOut { break }
      }
    }
    stream.close()
    return FaultClock.seconds(since: began)
  }

  func testRow16WhoSendsAByteAtATimeIsTimedOutAndOthersAreServed() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[http]\nheader_milliseconds = 2000\n[mllp]\nframe_milliseconds = 2000"
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let callers = server.callers
      let head = Array("GET /fhir/\(FaultServer.clinic)/Patient HTTP/1.1\r\nHost: localhost\r\nX-A: ".utf8)
      let message = Array(MLLPFixture.frame(MLLPFixture.update("SLOW")).dropLast(2))
      let ledger = SenderLedger()
      let (times, reads) = try await FaultLoad.during(callers, senders: 2, readers: 2, into: ledger) {
        try await withThrowingTaskGroup(of: Double.self) { tasks in
          for number in 0..<60 {
            let isHTTP = number % 2 == 0
            tasks.addTask {
              let stream = try await callers.connection(isHTTP ? callers.https : callers.mllp)
              let bytes = (isHTTP ? head : message) + [UInt8](repeating: UInt8(ascii: "a"), count: 200)
              return try await callers.loop.run { try await Self.drip(stream, bytes) }
            }
          }
          return try await tasks.reduce(into: []) { $0.append($1) }
        }
      }
      FaultRun.say(String(format: "row 16: 60 slow peers ended after %.1f s at most", times.max() ?? 0))
      XCTAssertLessThan(times.max() ?? 0, 10)
      XCTAssertGreaterThan(times.min() ?? 0, 1.5)
      XCTAssertEqual(Set(reads.map(\.status)), [200])
      XCTAssertEqual(ledger.calls.filter { !$0.isPositive }.map(\.code), [])
      XCTAssertGreaterThan(ledger.calls.count, 10)
      let isClean = await FaultClock.wait {
        child.connections(on: callers.https).open + child.connections(on: callers.mllp).open == 0
      }
      XCTAssertTrue(isClean, "connections stay open")
      try await ledger.assertAgrees(database)
    }
  }

  func testRow16AMessageThatComesAByteAtATimeInTimeIsAccepted() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      try await server.start()
      let proxy = try FaultProxy(to: .loopback(port: server.callers.mllp))
      defer { proxy.stop() }
      proxy.toClient = .drip(milliseconds: 1)
      let answers = try await server.callers.send([MLLPFixture.update("DRIP")], port: proxy.port) {
        proxy.toServer = .drip(milliseconds: 1)
      }
      XCTAssertEqual(answers.map(\.code), ["AA"])
    }
  }

  /// The peer's machine is gone without a word. The kernel's keep-alive would notice a dead network; a peer that only
  /// falls silent is closed when it has been idle.
  func testRow17HalfOpenPeersAreClosedAndKeptAliveMeanwhile() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[mllp]\nidle_milliseconds = 15000"
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let callers = server.callers
      let proxy = try FaultProxy(to: .loopback(port: callers.mllp))
      defer { proxy.stop() }
      let answered = SharedCount()
      let codes = try await withThrowingTaskGroup(of: String?.self) { tasks in
        for number in 0..<10 {
          tasks.addTask {
            try await callers.mllp(port: proxy.port) { client in
              let message = MLLPFixture.update("H-\(number)", patient: "H\(number)")
              let code = try await client.send(Array(message.utf8)).code
              answered.add()
              // Never closes by itself: the peer is gone.
              _ = await FaultClock.wait(seconds: 40) { child.connections(on: callers.mllp).open == 0 }
              return code
            }
          }
        }
        let isAnswered = await FaultClock.wait { answered.value == 10 }
        XCTAssertTrue(isAnswered)
        let isKeptAlive = await FaultClock.wait(seconds: 5) { child.connections(on: callers.mllp) == (10, 10) }
        XCTAssertTrue(isKeptAlive, "\(child.connections(on: callers.mllp))")
        proxy.darken()
        return try await tasks.reduce(into: []) { $0.append($1) }
      }
      XCTAssertEqual(Set(codes), ["AA"])
      XCTAssertEqual(child.connections(on: callers.mllp).open, 0, "every half-open connection was closed")
      let next = await callers.code(MLLPFixture.update("H-NEXT"))
      XCTAssertEqual(next, "AA")
    }
  }

  /// Connections that end at any byte, of the handshake, the message or the answer, orderly or with a reset: what was
  /// acknowledged is there, and the resend makes it one.
  func testRow2ConnectionsThatEndAtAnyByteLoseNothing() async throws {
    try FaultRun.skipUnlessLong()
    let seed = UInt64.random(in: 0 ... .max)
    FaultRun.say("row 2: seed \(seed)")
    var random = SeedRandom(seed)
    let cuts = (0..<80).map { _ in
      (bytes: random.below(5_000), resets: random.below(2) == 0, isAnswer: random.below(2) == 0)
    }
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      try await server.start()
      let callers = server.callers
      let proxy = try FaultProxy(to: .loopback(port: callers.mllp))
      defer { proxy.stop() }
      let ledger = SenderLedger()
      for (number, cut) in cuts.enumerated() {
        let message = MLLPFixture.update("CUT-\(number)", family: "Name\(number)")
        let fault: FaultProxy.Fault = cut.resets ? .reset(afterBytes: cut.bytes) : .cut(afterBytes: cut.bytes)
        if cut.isAnswer { proxy.toClient = fault } else { proxy.toServer = fault }
        let began = FaultClock.now
        let code = await callers.code(message, port: proxy.port)
        ledger.note("CUT-\(number)", Array(message.utf8), code, began: began)
        (proxy.toClient, proxy.toServer) = (.none, .none)
        let tries = await callers.sendUntilAccepted(message)
        XCTAssertEqual(tries, 1, "cut \(number) of \(cut)")
      }
      FaultRun.say("row 2: \(ledger.positive.count) of \(cuts.count) connections lived long enough for the answer")
      let stored = try await database.stored().filter { $0.key.hasPrefix("CUT-") }
      XCTAssertEqual(stored.count, cuts.count)
      XCTAssertEqual(Set(stored.values), [1])
      try await ledger.assertAgrees(database)
    }
  }

  /// An acknowledgement that comes after its time belongs to nobody: the connection is closed, and the next message has
  /// a connection of its own.
  func testRow19ALateAcknowledgementIsNeverTakenForTheNextMessages() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      try await server.start()
      let callers = server.callers
      let proxy = try FaultProxy(to: .loopback(port: callers.mllp))
      defer { proxy.stop() }
      let (first, second) = (MLLPFixture.update("LATE-1"), MLLPFixture.update("LATE-2", patient: "P2"))
      let outcome = try await callers.mllp(port: proxy.port, answerMilliseconds: 1_000) { client in
        proxy.toClient = .delay(milliseconds: 2_500)
        let one = try? await client.send(Array(first.utf8))
        proxy.toClient = .none
        try await Task.sleep(for: .milliseconds(2_500))
        let two = try? await client.send(Array(second.utf8))
        return [one?.code, two?.code]
      }
      XCTAssertEqual(outcome, [nil, nil], "the connection is closed once an answer is late")
      let answers = try await callers.send([first, second])
      XCTAssertEqual(answers.map(\.code), ["AA", "AA"])
      let stored = try await database.stored()
      XCTAssertEqual(stored, ["LATE-1": 1, "LATE-2": 1])
    }
  }

  /// A peer that answers with the acknowledgement of another message is not believed.
  func testRow19AnAcknowledgementMustNameItsMessage() async throws {
    let error: String? = try await EventLoop.onLoop { loop in
      let listener = try ListeningSocket(address: try FaultCallers.address(0), loop: loop)
      defer { listener.close() }
      let peer = Task(executorPreference: loop) {
        let stream = try await listener.accept(until: .after(milliseconds: 10_000))
        var bytes: [UInt8] = []
        while !bytes.contains(0x1C) { _ = try await stream.read(into: &bytes, until: .after(milliseconds: 10_000)) }
        try await stream.write(MLLPFixture.frame("MSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5.1\rMSA|AA|SOMEBODY-ELSES\r"))
        var rest: [UInt8] = []
        let count = try await stream.read(into: &rest, until: .after(milliseconds: 10_000))
        XCTAssertEqual(count, 0, "the client closes")
      }
      let client = try await MLLPClient.connect(to: listener.address, host: "localhost", loop: loop)
      var said: String?
      do { _ = try await client.send(Array(MLLPFixture.update("MINE").utf8)) } catch { said = "\(error)" }
      try await peer.value
      return said
    }
    XCTAssertTrue(error?.contains("another message") ?? false, error ?? "it was believed")
  }

  func testRow21APoisonMessageIsKeptWithItsReasonAndHoldsUpNobody() async throws {
    let database = try await FaultDatabase.fresh()
    try await database.rows(
      """
      create function clinic.poison() returns trigger language plpgsql as
        $$ begin raise exception 'no such family' using errcode = '22023'; end $$
      """,
      """
      create trigger poison before insert or update on clinic.patient for each row when (new.family = 'Poison')
        execute function clinic.poison()
      """)
    try await FaultServer.run(database) { server in
      try await server.start()
      let callers = server.callers
      let codes = try await withThrowingTaskGroup(of: [String].self) { tasks in
        for sender in 0..<8 {
          tasks.addTask {
            let isPoisonous = sender == 3
            let messages = (0..<6).map { number in
              MLLPFixture.update(
                "P-\(sender)-\(number)", patient: "Q\(sender)-\(number)",
                family: isPoisonous && number % 2 == 0 ? "Poison" : "Good")
            }
            return try await callers.send(messages).map { "\(sender):\($0.code)" }
          }
        }
        return try await tasks.reduce(into: []) { $0 += $1 }
      }
      XCTAssertEqual(codes.filter { $0.hasSuffix("AE") }, ["3:AE", "3:AE", "3:AE"])
      XCTAssertEqual(codes.count { $0.hasSuffix("AA") }, 8 * 6 - 3)
      let kept = try await database.rows(
        "select state, error is not null, octet_length(raw) > 100 from gateway.hl7_message where control_id like 'P-3-%' "
          + "and ack_code = 'AE'")
      XCTAssertEqual(
        kept, Array(repeating: ["failed", "t", "t"], count: 3), "dead letters with a reason and their bytes")
      // Once the cause is mended they are applied from what was kept.
      try await database.rows("drop trigger poison on clinic.patient")
      let ids = try await database.rows("select id from gateway.hl7_message where state = 'failed'").compactMap(\.[0])
      for id in ids {
        let command = try server.command(["messages", "reprocess", id])
        let end = await command.waitForEnd(seconds: 30)
        XCTAssertEqual(end, .exited(0), server.output)
      }
      let failed = try await database.value("select count(*) from gateway.hl7_message where state <> 'applied'")
      XCTAssertEqual(failed, "0")
    }
  }
}
