import Foundation
import Glibc
import HTTP
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 6, 7 and 12: Postgres ends at once, stands still, or has no room left.
final class DatabaseStopFaultTests: XCTestCase {
  /// Runs `body` with a server over a cluster of its own, which it may stop.
  private func withCluster(
    in folder: String = "/tmp",
    _ body: @Sendable (PostgresTestCluster, FaultDatabase, FaultServer, ChildProcess) async throws -> Void
  ) async throws {
    let cluster = try PostgresTestCluster(in: folder)
    defer { cluster.drop() }
    let database = try await FaultDatabase.make(cluster)
    try await FaultServer.run(database) { server in try await body(cluster, database, server, try await server.start())
    }
  }

  func testRow6PostgresEndsAtOnceAndComesBackNothingIsLostAndNobodyHelps() async throws {
    try FaultRun.skipUnlessLong()
    try await withCluster { cluster, database, server, child in
      let callers = server.callers
      let ledger = SenderLedger()
      let (slowest, reads) = try await FaultLoad.during(callers, senders: 6, readers: 4, into: ledger) {
        var slowest = 0.0
        for cycle in 1...3 {
          let before = ledger.positive.count
          let isServing = await FaultClock.wait { ledger.positive.count > before + 20 }
          XCTAssertTrue(isServing, "cycle \(cycle)")
          try cluster.stopImmediately()
          let stopped = FaultClock.now
          try await callers.waitReadiness(503)
          let wrong = ledger.positive.filter { $0.began > stopped }
          XCTAssertEqual(wrong.map(\.controlID), [], "accepted without a database")
          try cluster.start()
          let started = FaultClock.now
          let isBack = await FaultClock.wait(seconds: 30) { ledger.positive.contains { $0.began > started } }
          XCTAssertTrue(isBack, "cycle \(cycle)")
          slowest = max(slowest, FaultClock.seconds(since: started))
          try await callers.waitReadiness(200)
        }
        return slowest
      }
      FaultRun.say(
        String(
          format: "row 6: %d accepted, served again %.1f s after the start at most", ledger.positive.count, slowest))
      XCTAssertEqual(FaultLoad.faulty(reads), [])
      XCTAssertTrue(reads.contains { $0.status == 503 })
      XCTAssertNil(child.end, "the same process all the time")
      try await ledger.assertAgrees(database)
    }
  }

  func testRow7PostgresStandsStillWaitsAreBoundedAndNothingPilesUp() async throws {
    try FaultRun.skipUnlessLong()
    try await withCluster { cluster, database, server, child in
      let callers = server.callers
      let ledger = SenderLedger()
      let (memory, threads) = (child.residentKiB, child.threads)
      let (pause, reads) = try await FaultLoad.during(callers, senders: 12, readers: 12, into: ledger) {
        let warm = await FaultClock.wait { ledger.positive.count > 50 }
        XCTAssertTrue(warm)
        return try await Self.standStill(cluster, child, callers, ledger)
      }
      let during = ledger.calls.filter { $0.began > pause.began + 1_000_000_000 && $0.ended < pause.ended }
      XCTAssertEqual(during.filter(\.isPositive).map(\.controlID), [], "accepted while nothing could be stored")
      XCTAssertGreaterThan(during.count, 12 * 3, "every sender was answered again and again")
      let slowest = max(ledger.calls.map(\.seconds).max() ?? 0, reads.map(\.seconds).max() ?? 0)
      FaultRun.say(
        String(
          format: "row 7: slowest answer %.1f s; memory %d to %d MiB, threads %d to %d; served again after %.1f s",
          slowest, memory >> 10, pause.memory >> 10, threads, pause.threads, pause.recovery))
      XCTAssertLessThan(slowest, 20)
      XCTAssertLessThan(pause.memory, memory + (48 << 10))
      XCTAssertLessThan(pause.threads, threads + 64)
      XCTAssertEqual(FaultLoad.faulty(reads), [])
      try await ledger.assertAgrees(database)
    }
  }

  /// When Postgres stood still and went on, the most memory (KiB) and threads of the gateway meanwhile, and how many
  /// seconds later senders were served again.
  private typealias Pause = (began: UInt64, ended: UInt64, memory: Int, threads: Int, recovery: Double)

  /// Stops every process of Postgres for a minute.
  private static func standStill(
    _ cluster: PostgresTestCluster, _ child: ChildProcess, _ callers: FaultCallers, _ ledger: SenderLedger
  ) async throws -> Pause {
    let frozen = try cluster.processes()
    for process in frozen { kill(process, SIGSTOP) }
    let began = FaultClock.now
    defer { for process in frozen { kill(process, SIGCONT) } }
    var most = (memory: 0, threads: 0)
    try await callers.waitReadiness(503)
    while FaultClock.seconds(since: began) < 60 {
      most = (max(most.memory, child.residentKiB), max(most.threads, child.threads))
      let alive = try await callers.operation("/livez")
      XCTAssertEqual(alive.status, 200)
      try await Task.sleep(for: .milliseconds(500))
    }
    let ended = FaultClock.now
    for process in frozen { kill(process, SIGCONT) }
    let isBack = await FaultClock.wait(seconds: 30) { ledger.positive.count { $0.began > ended } > 20 }
    XCTAssertTrue(isBack)
    return (began, ended, most.memory, most.threads, FaultClock.seconds(since: ended))
  }

  /// No room for Postgres's log either: it ends at once, and cannot always come back before there is room.
  func testRow12ADatabaseWithoutRoomForItsLogAcceptsNothingAndResumes() async throws {
    try FaultRun.skipUnlessLong()
    let disk = try SmallDisk(megabytes: 320)
    defer { disk.unmount() }
    try await withCluster(in: disk.folder) { cluster, database, server, child in
      let callers = server.callers
      let ledger = SenderLedger()
      let (_, reads) = try await FaultLoad.during(callers, senders: 4, readers: 2, into: ledger) {
        let warm = await FaultClock.wait { ledger.positive.count > 20 }
        XCTAssertTrue(warm)
        try disk.fill()
        let full = FaultClock.now
        // What is full is the log: a new segment is asked for until there is none.
        let isDown = await FaultClock.wait {
          _ = try? await database.rows("select pg_switch_wal()")
          return ledger.calls.contains { $0.began > full && !$0.isPositive }
        }
        XCTAssertTrue(isDown, "no room was noticed")
        try await callers.waitReadiness(503)
        disk.empty()
        try cluster.startAgain()
        let room = FaultClock.now
        let isBack = await FaultClock.wait(seconds: 60) { ledger.positive.count { $0.began > room } > 20 }
        XCTAssertTrue(isBack)
      }
      XCTAssertEqual(FaultLoad.faulty(reads), [])
      XCTAssertNil(child.end)
      try await ledger.assertAgrees(database)
    }
  }

  func testRow12ADatabaseWithoutRoomAcceptsNothingAndResumes() async throws {
    try FaultRun.skipUnlessLong()
    let cluster = try PostgresTestCluster.shared()
    let disk = try SmallDisk(megabytes: 128)
    defer { disk.unmount() }
    try disk.give(toOwnerOf: TestDSN.value(of: "host", in: cluster.dsn()))
    let dsn = try await cluster.makeDatabase("room", on: disk.folder)
    let database = try await FaultDatabase.make(cluster, dsn: dsn)
    try await FaultServer.run(database) { server in
      try await server.start()
      let callers = server.callers
      let ledger = SenderLedger()
      func send(_ number: Int) async -> String? {
        let (id, began) = ("D-\(number)", FaultClock.now)
        let message = MLLPFixture.update(id, patient: "D\(number)")
        let code = await callers.code(message)
        ledger.note(id, Array(message.utf8), code, began: began)
        return code
      }
      let first = await send(0)
      XCTAssertEqual(first, "AA")
      try disk.fill()
      var codes: [String?] = []
      for number in 1...400 where codes.last != "AR" { codes.append(await send(number)) }
      XCTAssertEqual(codes.last, "AR", "no room was noticed")
      let read = try await callers.fhir()
      XCTAssertTrue(read.status.code == 200 || (read.status.code == 503 && read.fields[.retryAfter] != nil))
      try await ledger.assertAgrees(database)
      disk.empty()
      let tries = await callers.sendUntilAccepted(MLLPFixture.update("D-AFTER"))
      XCTAssertLessThan(tries, 20)
      let after = await callers.status()
      XCTAssertEqual(after, 200)
      try await ledger.assertAgrees(database)
    }
    try await PostgresTestCluster.withPool(dsn: cluster.dsn()) { pool in
      for statement in ["drop database \(database.name) with (force)", "drop tablespace \(database.name)_room"] {
        _ = try await pool.run([.init(dynamic: statement)], timeoutMilliseconds: 180_000)
      }
    }
  }
}

extension PostgresTestCluster {
  /// Starts the server if it is not up, waiting until it answers.
  func startAgain() throws {
    if (try? processes().isEmpty) ?? true { try start() }
  }

  /// The postmaster and every process that it has made.
  func processes() throws -> [Int32] {
    let postmaster = try processID()
    let children = try String(contentsOfFile: "/proc/\(postmaster)/task/\(postmaster)/children", encoding: .utf8)
    return [postmaster] + children.split { !$0.isNumber }.compactMap { Int32($0) }
  }

  /// An empty database whose files lie in a folder of their own.
  func makeDatabase(_ label: String, on folder: String) async throws -> String {
    let name = "\(label)_\(UInt32.random(in: 0 ... .max))"
    try await Self.withPool(dsn: try dsn()) { pool in
      for statement in [
        "create tablespace \(name)_room location '\(folder)'",
        "create database \(name) template template0 tablespace \(name)_room",
      ] {
        var query = PostgresQuery(dynamic: statement)
        query.isPrepared = false
        _ = try await pool.run([query], timeoutMilliseconds: 180_000)
      }
    }
    return try dsn(database: name)
  }
}
