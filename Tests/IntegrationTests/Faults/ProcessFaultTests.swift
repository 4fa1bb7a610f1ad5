import Foundation
import Glibc
import HTTP
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// Rows 13, 14, 24 and 27: what happens to the process itself.
final class ProcessFaultTests: XCTestCase {
  func testRow13AFullDiskOfTheGatewayIsNotReadyAndLosesNothing() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    let disk = try SmallDisk(megabytes: 1)
    defer { disk.unmount() }
    var options = FaultServer.Options()
    options.dataFolder = disk.folder + "/data"
    options.log = disk.folder + "/log"
    options.diskFreeBytes = 65_536
    options.configuration = "[logging]\nlevel = \"debug\""
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      try disk.fill()
      let report = try await server.callers.waitReadiness(503)
      XCTAssertTrue(report.contains("left for data_folder"), report)
      let ledger = SenderLedger()
      for number in 0..<20 {
        let (id, began) = ("F-\(number)", FaultClock.now)
        let message = MLLPFixture.update(id)
        let code = await server.callers.code(message)
        ledger.note(id, Array(message.utf8), code, began: began)
      }
      XCTAssertEqual(ledger.positive.count, 20, "what it does does not need the disk")
      try await ledger.assertAgrees(database)
      let read = await server.callers.status()
      XCTAssertEqual(read, 200)
      XCTAssertNil(child.end)
      child.kill()
      // Without the keys of its folder it cannot start, and says why.
      for key in ["link.key", "sealing.key"] { unlink(disk.folder + "/data/" + key) }
      try disk.fill()
      let full = try server.command(["serve"])
      let end = await full.waitForEnd(seconds: 20)
      XCTAssertEqual(end, .exited(4))
      disk.empty()
      try await server.start()
      try await server.callers.waitReadiness(200)
    }
  }

  func testRow14WithoutFileDescriptorsTheAcceptLoopSurvives() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.limits = ["--nofile=96"]
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let callers = server.callers
      for _ in 0..<4 {
        let status = await callers.status()
        XCTAssertEqual(status, 200)
      }
      let crowd = try await callers.loop.run {
        var crowd: [ByteStream] = []
        for number in 0..<200 {
          let address = try FaultCallers.address(number % 2 == 0 ? callers.https : callers.mllp)
          crowd.append(
            try await ByteStream.connect(to: address, loop: callers.loop, until: .after(milliseconds: 10_000)))
        }
        return crowd
      }
      let isFull = await FaultClock.wait { child.sockets > 70 }
      XCTAssertTrue(isFull, "\(child.sockets) sockets")
      let before = child.processorTicks
      try await Task.sleep(for: .seconds(2))
      let used = child.processorTicks - before
      FaultRun.say("row 14: \(used * 10) ms of processor in 2 s without descriptors")
      XCTAssertLessThan(used, 100, "it does not spin")
      try await callers.loop.run { for stream in crowd { stream.close() } }
      let isBack = await FaultClock.wait { await callers.status() == 200 }
      XCTAssertTrue(isBack)
      let tries = await callers.sendUntilAccepted(MLLPFixture.update("FD"))
      XCTAssertLessThan(tries, 10)
      try await callers.waitReadiness(200)
      XCTAssertNil(child.end)
    }
  }

  func testRow24ATerminatedProcessAnswersWhatIsUnderWay() async throws {
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[gateway]\ndrain_seconds = 20"
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let callers = server.callers
      let shaken = SharedCount()
      let (reads, codes) = try await database.holding("lock table clinic.patient in access exclusive mode") {
        let reads = (0..<6).map { _ in Task { await callers.status() } }
        let sends = (0..<6).map { number in
          Task {
            try? await callers.send([MLLPFixture.update("T-\(number)", patient: "T\(number)")]) { shaken.add() }
              .first?.code
          }
        }
        let isUnderWay = await FaultClock.wait { shaken.value == 6 }
        XCTAssertTrue(isUnderWay)
        try await database.waitForWaiters(2)
        try await Task.sleep(for: .milliseconds(1_500))
        child.signal(SIGTERM)
        let report = try await callers.waitReadiness(503)
        XCTAssertTrue(report.contains("draining"), report)
        let isClosed = await FaultClock.wait { (try? await callers.connection(callers.https)) == nil }
        XCTAssertTrue(isClosed, "nobody new is let in")
        return (reads, sends)
      }
      for read in reads {
        let status = await read.value
        XCTAssertEqual(status, 200)
      }
      for code in codes {
        let answer = await code.value
        XCTAssertEqual(answer, "AA")
      }
      let answered = FaultClock.now
      let end = await child.waitForEnd(seconds: 30)
      XCTAssertEqual(end, .exited(0))
      XCTAssertLessThan(FaultClock.seconds(since: answered), 10)
      let stored = try await database.stored()
      XCTAssertEqual(stored.count, 6)
    }
  }

  func testRow24UnderLoadAndStuckItEndsInTime() async throws {
    try FaultRun.skipUnlessLong()
    let database = try await FaultDatabase.fresh()
    var options = FaultServer.Options()
    options.configuration = "[gateway]\ndrain_seconds = 2"
    try await FaultServer.run(database, options) { server in
      let callers = server.callers
      let ledger = SenderLedger()
      // Three times under load, then with everything stuck behind a lock.
      for round in 0..<4 {
        let child = try await server.start()
        let ((end, seconds), _) = try await FaultLoad.during(
          callers, senders: 8, readers: 8, prefix: "T\(round)", into: ledger
        ) {
          let warm = await FaultClock.wait { ledger.positive.count { $0.controlID.hasPrefix("T\(round)") } > 20 }
          XCTAssertTrue(warm)
          let began =
            try await round < 3
            ? Self.terminate(child)
            : database.holding("lock table clinic.patient in access exclusive mode") {
              try await database.waitForWaiters(2)
              let began = Self.terminate(child)
              let end = await child.waitForEnd(seconds: 30)
              XCTAssertEqual(end, .exited(0))
              return began
            }
          let end = await child.waitForEnd(seconds: 30)
          return (end, FaultClock.seconds(since: began))
        }
        XCTAssertEqual(end, .exited(0))
        FaultRun.say(String(format: "row 24: ended %.1f s after SIGTERM (%@)", seconds, round < 3 ? "load" : "stuck"))
        XCTAssertLessThan(seconds, 12)
      }
      try await ledger.assertAgrees(database)
    }
  }

  private static func terminate(_ child: ChildProcess) -> UInt64 {
    child.signal(SIGTERM)
    return FaultClock.now
  }

  func testRow27CertificatesAreReloadedUnderLoadAndABadFileKeepsTheOldOnes() async throws {
    let database = try await FaultDatabase.fresh()
    let files = try TestCertificates.shared.get()
    let list = NSTemporaryDirectory() + "/psl-crl-\(UUID().uuidString)"
    defer { unlink(list) }
    try Data(contentsOf: URL(fileURLWithPath: files.emptyRevocationList)).write(to: URL(fileURLWithPath: list))
    var options = FaultServer.Options()
    options.configuration = "[http]\nclient_crl = \"\(list)\""
    try await FaultServer.run(database, options) { server in
      let child = try await server.start()
      let callers = server.callers
      let ledger = SenderLedger()
      let (_, reads) = try await FaultLoad.during(callers, senders: 2, readers: 2, into: ledger) {
        let old = try await callers.served()
        let keptOpen = try await callers.mllp { client in
          let before = try await client.send(Array(MLLPFixture.update("R-1").utf8)).code
          try server.use(certificate: "server-renewed")
          child.signal(SIGHUP)
          let isNew = try await FaultClock.wait { try await callers.served() != old }
          XCTAssertTrue(isNew, "the new certificate is served")
          return [before, try await client.send(Array(MLLPFixture.update("R-2").utf8)).code]
        }
        XCTAssertEqual(keptOpen, ["AA", "AA"], "a connection that is open lives on")
        // A revoked client got in; with the next list it does not. FHIR and MLLP listeners read the same one.
        let letIn = try await callers.fhir(certificate: "revoked")
        XCTAssertEqual(letIn.status.code, 200)
        try Data(contentsOf: URL(fileURLWithPath: files.revocationList)).write(to: URL(fileURLWithPath: list))
        child.signal(SIGHUP)
        let isOut = await FaultClock.wait { (try? await callers.fhir(certificate: "revoked"))?.status.code != 200 }
        XCTAssertTrue(isOut, "a revoked certificate is refused after the reload")
        // Bad files: what there was stays.
        let renewed = try await callers.served()
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: server.folder + "/server.pem"))
        child.signal(SIGHUP)
        let isSaid = await FaultClock.wait { server.output.contains("reload-failed") }
        XCTAssertTrue(isSaid, server.output)
        let still = try await callers.served()
        XCTAssertEqual(still, renewed)
      }
      XCTAssertEqual(Set(reads.map(\.status)), [200], "nobody is dropped")
      XCTAssertEqual(ledger.calls.filter { !$0.isPositive }.map(\.code), [])
      try await ledger.assertAgrees(database)
    }
  }
}

extension FaultCallers {
  /// The fingerprint of the certificate that the HTTPS listener serves.
  func served() async throws -> String? {
    let stream = try await connection(https)
    return try await loop.run {
      defer { stream.close() }
      return stream.tls?.peerCertificate?.certificateSHA256
    }
  }
}
