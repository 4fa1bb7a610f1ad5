import Foundation
import Glibc
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// Starts that must be refused with a reason, and programs of two versions on one database (row 26).
final class StartFaultTests: XCTestCase {
  func testASecondProcessIsKeptOutOfTheFolderAndOfThePorts() async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      try await server.start()
      let folder = try await server.startRefused()
      XCTAssertEqual(folder.end, .exited(4))
      XCTAssertTrue(folder.said.contains("is in use by another Passerelle process"), folder.said)
      let text = try String(contentsOfFile: server.configurationPath, encoding: .utf8)
      let other = server.folder + "/other.conf"
      try text.replacingOccurrences(of: "\(server.folder)/data", with: "\(server.folder)/other").write(
        toFile: other, atomically: true, encoding: .utf8)
      let ports = try await server.startRefused(configuration: other)
      XCTAssertEqual(ports.end, .exited(4))
      XCTAssertTrue(ports.said.contains("is taken by another process"), ports.said)
      let status = await server.callers.status()
      XCTAssertEqual(status, 200, "the first is not disturbed")
    }
  }

  func testAnotherSchemaThanTheProgramsRefusesTheStartAndDisturbsNobodyWhoRuns() async throws {
    let database = try await FaultDatabase.fresh()
    try await FaultServer.run(database) { server in
      let child = try await server.start()
      let callers = server.callers
      let before = await callers.code(MLLPFixture.update("V-1"))
      XCTAssertEqual(before, "AA")
      // A newer program migrates while this one runs: steps add, so the older program goes on.
      try await database.rows(
        "alter table clinic.patient add column later_step text",
        "alter table gateway.hl7_message add column later_step text",
        "insert into gateway.migration (number, name, sha256) values (9999, 'later', repeat('0', 64))")
      let during = await callers.code(MLLPFixture.update("V-2", family: "Newer"))
      XCTAssertEqual(during, "AA")
      let read = await callers.status()
      XCTAssertEqual(read, 200)
      child.kill()
      let newer = try await server.startRefused()
      XCTAssertEqual(newer.end, .exited(1))
      XCTAssertTrue(newer.said.contains("a newer passerelle has migrated it"), newer.said)
      try await database.rows("delete from gateway.migration where number >= \(Migration.all.count)")
      let older = try await server.startRefused()
      XCTAssertEqual(older.end, .exited(1))
      XCTAssertTrue(older.said.contains("run `passerelle migrate`"), older.said)
    }
  }

  func testWithoutPostgresTheStartIsRefusedInTime() async throws {
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.dsn = database.dsn.replacingOccurrences(of: database.sockets, with: "/nowhere")
    try await FaultServer.run(database, options) { server in
      let began = FaultClock.now
      let refused = try await server.startRefused()
      XCTAssertEqual(refused.end, .exited(4))
      XCTAssertTrue(refused.said.contains("Postgres"), refused.said)
      XCTAssertLessThan(FaultClock.seconds(since: began), 20)
    }
  }

  /// A migration that is killed at any moment leaves whole steps, and the next run finishes them.
  func testRow26AMigrationThatIsKilledIsFinishedByTheNext() async throws {
    try FaultRun.skipUnlessLong()
    let seed = UInt64.random(in: 0 ... .max)
    FaultRun.say("row 26: seed \(seed)")
    var random = SeedRandom(seed)
    let cluster = try PostgresTestCluster.shared()
    for _ in 0..<5 {
      let waits = (0..<4).map { _ in 20 + random.below(400) }
      let database = FaultDatabase(cluster: cluster, dsn: try await cluster.makeDatabase("migrate"), key: "")
      try await FaultServer.run(database) { server in
        var kills = 0
        for wait in waits {
          let child = try server.command(["migrate"])
          try await Task.sleep(for: .milliseconds(wait))
          if child.end == nil { kills += 1 }
          child.kill()
        }
        let last = try server.command(["migrate"])
        let end = await last.waitForEnd(seconds: 60)
        XCTAssertEqual(end, .exited(0), server.output)
        let steps = try await database.value("select count(*) from gateway.migration")
        XCTAssertEqual(steps, "\(Migration.all.count)")
        try await server.start()
        FaultRun.say("row 26: finished after \(kills) kills")
      }
    }
  }
}
