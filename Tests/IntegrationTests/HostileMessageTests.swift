import Crypto
import Foundation
import HL7Parser
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// What nobody should send, to the program itself: never a false answer, every byte kept, and shown to the operator.
final class HostileMessageTests: XCTestCase {
  private struct Case {
    let name: String
    let payload: [UInt8]
    /// MSA-1 of the answers.
    let codes: [String]
    /// What the message is kept as.
    let state: String
  }

  private static func update(_ id: String, _ change: (inout String) -> Void = { _ in }) -> [UInt8] {
    var text = MLLPFixture.update(id, patient: "H-\(id)")
    change(&text)
    return Array(text.utf8)
  }

  private static func with(_ id: String, tail: [UInt8]) -> [UInt8] { update(id) + tail }

  private static let cases: [Case] = {
    let million = 1_000_000
    let latin = update("CS") { $0 = $0.replacing("Berrada", with: "@") }.flatMap { $0 == 0x40 ? [0x42, 0xE9] : [$0] }
    return [
      Case(
        name: "delimiters equal to each other", payload: update("DE") { $0 = $0.replacing("^~\\&", with: "^^\\&") },
        codes: ["AE"], state: "failed"),
      Case(name: "a charset that does not match", payload: latin, codes: ["AE"], state: "failed"),
      Case(
        name: "a charset that nobody knows",
        payload: update("CN") { $0 = $0.replacing("UNICODE UTF-8", with: "EBCDIC") },
        codes: ["AE"], state: "failed"),
      Case(
        name: "a million segments", payload: with("MS", tail: Array(String(repeating: "ZZZ\r", count: million).utf8)),
        codes: ["AE"], state: "failed"),
      Case(
        name: "a million repetitions",
        payload: with("MR", tail: Array("ZZZ|".utf8) + [UInt8](repeating: 0x7E, count: million)), codes: ["AE"],
        state: "failed"),
      Case(
        name: "a million fields",
        payload: with("MF", tail: Array("ZZZ".utf8) + [UInt8](repeating: 0x7C, count: million)), codes: ["AA"],
        state: "applied"),
      Case(
        name: "a batch within a batch",
        payload: Array("BHS|^~\\&|HIS\rBHS|^~\\&|HIS\r".utf8) + update("RB") + Array("BTS|1\rBTS|1\r".utf8),
        codes: ["AE"], state: "failed"),
      Case(
        name: "a batch that miscounts",
        payload: Array("FHS|^~\\&|HIS\rBHS|^~\\&|HIS\r".utf8) + update("WC") + Array("BTS|7\rFTS|9\r".utf8),
        codes: ["AE"], state: "failed"),
      Case(
        name: "two messages in one frame", payload: update("T1") + update("T2"), codes: ["AE"], state: "failed"),
      Case(
        name: "a control character in a name",
        payload: update("CC") { $0 = $0.replacing("Berrada", with: "Ber\u{1}rada") },
        codes: ["AA"], state: "applied"),
      Case(
        name: "NUL in a name", payload: update("NU") { $0 = $0.replacing("Berrada", with: "Ber\u{0}rada") },
        codes: ["AA"], state: "applied"),
      Case(
        name: "an acknowledgement", payload: Array("MSH|^~\\&|HIS|X|P|Y|2026||ACK^A08^ACK|AK|P|2.5.1\rMSA|AA|1\r".utf8),
        codes: [], state: "failed"),
      Case(name: "nothing at all", payload: [], codes: ["AE"], state: "failed"),
      Case(name: "prose", payload: Array("Dear hospital,\rplease call back.\r".utf8), codes: ["AE"], state: "failed"),
    ]
  }()

  func testWhatIsRefusedIsAnsweredKeptAndShown() async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      for hostile in Self.cases {
        let answer = try await Self.exchange(callers, [Self.frame(hostile.payload)], due: hostile.codes.count)
        let codes = MLLPFixture.acknowledgements(answer).map { String($0.prefix(2)) }
        XCTAssertEqual(codes, hostile.codes, hostile.name)
        let hash = Self.hash(hostile.payload)
        let kept = try await database.rows(
          "select state from gateway.hl7_message where sha256(raw) = '\\x\(hash)'::bytea")
        XCTAssertEqual(kept.map { $0[0] }, [hostile.state], "\(hostile.name) is kept, its bytes as they came")
      }
      let listed = try await Self.messages(server, state: "failed")
      let failed = Self.cases.filter { $0.state == "failed" }
      XCTAssertEqual(listed.count, failed.count)
      for hostile in failed {
        XCTAssertTrue(listed.contains { $0.contains("\"bytes\":\(hostile.payload.count)") }, hostile.name)
      }
      XCTAssertFalse(listed.contains { $0.contains("\"error\":null") }, "each with its reason")
      let ignored = try await Self.messages(server, state: "ignored")
      XCTAssertFalse(
        ignored.contains { $0.contains("\"id\"") }, "nothing is ignored that no rule of the partner's names")
      let next = await callers.code(MLLPFixture.update("NEXT"))
      XCTAssertEqual(next, "AA", "who comes after is served")
      XCTAssertNil(child.end)
    }
  }

  /// Every oddity of framing: what is a message is answered, the rest is kept and shown.
  func testBytesThatAreNoFrameAreKeptAndDisturbNobody() async throws {
    let database = try await FaultDatabase.fresh()
    let (vt, fs, cr, lf): (UInt8, UInt8, UInt8, UInt8) = (0x0B, 0x1C, 0x0D, 0x0A)
    func good(_ id: String, _ ending: [UInt8] = [0x1C, 0x0D]) -> [UInt8] { [vt] + Self.update(id) + ending }
    let streams: [(name: String, bytes: [UInt8], answers: [String], kept: [String])] = [
      ("noise before VT", Array("noise".utf8) + good("N1"), ["AA N1"], ["noise"]),
      ("line ends between frames", good("L1") + [cr, lf] + good("L2"), ["AA L1", "AA L2"], ["\r\n"]),
      ("LF for CR", good("F1", [fs, lf]) + good("F2"), ["AA F1", "AA F2"], []),
      ("no CR, the next at once", good("C1", [fs]) + good("C2"), ["AA C1", "AA C2"], []),
      ("no CR at the end", good("C3", [fs]), ["AA C3"], []),
      ("VT twice", [vt] + good("V1"), ["AE ", "AA V1"], [""]),
      ("FS in the data", good("S1", [fs]) + Array("rest".utf8) + [fs, cr] + good("S2"), ["AE S1", "AA S2"], ["rest"]),
      ("a message without VT", Self.update("M1") + [fs, cr] + good("M2"), ["AE M1", "AA M2"], []),
      ("an empty frame", [vt, fs, cr] + good("E1"), ["AE ", "AA E1"], []),
      ("cut off in the middle", Array(good("X1").prefix(120)), [], []),
    ]
    try await FaultServer.run(database) { server in
      try await server.start()
      for stream in streams {
        let answer = try await Self.exchange(server.callers, [stream.bytes], due: stream.answers.count)
        XCTAssertEqual(MLLPFixture.acknowledgements(answer), stream.answers, stream.name)
        for kept in stream.kept {
          let rows = try await database.rows(
            "select state from gateway.hl7_message where position('\\x\(Hex.encode(Array(kept.utf8)))'::bytea in raw) = 1 "
              + "and octet_length(raw) between \(kept.utf8.count) and \(kept.utf8.count + 2)")
          XCTAssertTrue(rows.contains { $0[0] == "failed" }, "\(stream.name): the rest is kept")
        }
      }
      let applied = try await database.value("select count(*) from gateway.hl7_message where state = 'applied'")
      XCTAssertEqual(applied, "12")
    }
  }

  /// MSH cut at any byte, and the message behind it at any line.
  func testAMessageCutAtAnyByteIsNeverAccepted() async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      try await server.start()
      let whole = Self.update("CUT")
      let header = (whole.firstIndex(of: 0x0D) ?? 0) + 1
      let answer = try await Self.exchange(server.callers, (0...header).map { Self.frame(Array(whole[..<$0])) })
      let codes = MLLPFixture.acknowledgements(answer).map { String($0.prefix(2)) }
      XCTAssertEqual(codes.count, header + 1, "each is answered")
      XCTAssertEqual(Set(codes).subtracting(["AE", "AR"]), [])
      let rows = try await database.rows(
        "select count(*), count(*) filter (where state = 'applied') from gateway.hl7_message",
        "select count(distinct raw)::text, count(*) filter (where state = 'applied')::text from gateway.hl7_message")
      XCTAssertEqual(rows, [[String(header + 1), "0"]], "each is kept")
    }
  }

  /// The clinic is the listener's; what the message claims beside it selects nothing.
  func testAMessageThatNamesAnotherClinicReachesNoOther() async throws {
    let database = try await FaultDatabase.fresh()
    let other = SampleClinic.all[1].slug
    let counts =
      "select (select count(*) from clinic.patient p join clinic.clinic c using (clinic_id) where c.slug = '\(other)')"
    let before = try await database.value(counts)
    try await FaultServer.run(database) { server in
      try await server.start()
      for receiver in [other, other.uppercased(), "*", "%"] {
        _ = await server.callers.code(MLLPFixture.update("OC-\(receiver)", patient: "OC", receiver: receiver))
      }
      let after = try await database.value(counts)
      XCTAssertEqual(after, before)
      let elsewhere = try await database.value(
        "select count(*) from gateway.hl7_message m join clinic.clinic c on c.clinic_id = m.clinic_id "
          + "where c.slug <> '\(FaultServer.clinic)'")
      XCTAssertEqual(elsewhere, "0")
    }
  }

  /// A frame that never ends: the sender is told, cut off, and has cost no more than the largest message.
  func testAGigabyteWithoutAnEndIsRefusedAtTheLimit() async throws {
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[mllp]\nmessage_bytes = 16777216"
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let before = child.residentKiB
      let start = [0x0B] + Self.update("GB") + Array("NTE|1||".utf8)
      // One that is only too long is sent whole, and then its sender reads.
      let long = try await Self.pour(server.callers, start, bytes: 20 << 20)
      XCTAssertEqual(MLLPFixture.acknowledgements(long.answer), ["AR GB"])
      let flood = try await Self.pour(server.callers, start, bytes: 1 << 30)
      XCTAssertLessThan(flood.sent, 128 << 20, "it was let go on for \(flood.sent) bytes")
      XCTAssertLessThan(child.residentKiB - before, 192 << 10)
      let kept = try await database.rows("select state, octet_length(raw)::text from gateway.hl7_message")
      XCTAssertEqual(kept, [["failed", "16777216"], ["failed", "16777216"]], "the beginnings are kept")
      let next = await server.callers.code(MLLPFixture.update("NEXT"))
      XCTAssertEqual(next, "AA")
    }
  }

  // MARK: Parts

  private static func frame(_ payload: [UInt8]) -> [UInt8] { [0x0B] + payload + [0x1C, 0x0D] }

  private static func hash(_ bytes: [UInt8]) -> String { Hex.encode(SHA256.hash(bytes)) }

  /// Writes frames on one connection and reads until the server is silent or ends it.
  /// - Parameter due: answers to each write, 0 where none is due but one may come.
  private static func exchange(_ callers: FaultCallers, _ frames: [[UInt8]], due: Int = 1) async throws -> [UInt8] {
    let stream = try await callers.connection(callers.mllp)
    return try await callers.loop.run {
      defer { stream.close() }
      var answer: [UInt8] = []
      for frame in frames {
        try await stream.write(frame, until: .after(milliseconds: 20_000))
        let wanted = answer.count { $0 == 0x1C } + max(due, 1)
        let quiet = due == 0 ? 1_500 : 20_000
        while answer.count(where: { $0 == 0x1C }) < wanted,
          let count = try? await stream.read(into: &answer, until: .after(milliseconds: quiet)), count > 0
        {}
      }
      return answer
    }
  }

  /// Writes for as long as it is taken; how much that was and what was answered.
  private static func pour(
    _ callers: FaultCallers, _ start: [UInt8], bytes: Int
  ) async throws -> (sent: Int, answer: [UInt8]) {
    let stream = try await callers.connection(callers.mllp)
    return try await callers.loop.run {
      defer { stream.close() }
      let chunk = [UInt8](repeating: 0x61, count: 1 << 20)
      var sent = 0
      var answer: [UInt8] = []
      do throws(StreamError) {
        try await stream.write(start, until: .after(milliseconds: 20_000))
        while sent < bytes {
          try await stream.write(chunk, until: .after(milliseconds: 5_000))
          sent += chunk.count
        }
      } catch {}  // cut off, as it must be
      while let count = try? await stream.read(into: &answer, until: .after(milliseconds: 5_000)), count > 0 {}
      return (sent, answer)
    }
  }

  /// Each message of a state as `passerelle messages list --json` has it.
  private static func messages(_ server: FaultServer, state: String) async throws -> [String] {
    let before = server.output.utf8.count
    let command = try server.command(["messages", "list", "--state", state, "--limit", "500", "--json"])
    let end = await command.waitForEnd(seconds: 30)
    XCTAssertEqual(end, .exited(0))
    let said = String(decoding: server.output.utf8.dropFirst(before), as: UTF8.self)
    let line = said.split(separator: "\n").first { $0.hasPrefix("[") } ?? ""
    return line.replacing("}, {", with: "},{").components(separatedBy: "},{")
  }
}
