import FHIRModels
import Foundation
import JSON
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// What the demo makes is made once, and what it tells to paste belongs together.
final class DemoTests: XCTestCase {
  private var folder = ""

  override func setUpWithError() throws {
    folder = NSTemporaryDirectory() + "/psl-demo-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  override func tearDown() { try? FileManager.default.removeItem(atPath: folder) }

  func testCertificatesAreMadeOnceAndMendedWhenTheyAreNot() throws {
    let certificates = DemoCertificates(folder: folder + "/certificates")
    let everybody = ["ca"] + DemoCertificates.Holder.allCases.map(\.name)
    XCTAssertEqual(try certificates.prepare(), everybody)
    XCTAssertEqual(try certificates.prepare(), [])
    for holder in DemoCertificates.Holder.allCases {
      let own = try PeerCertificate.read(path: certificates.certificate(holder))[0]
      XCTAssertEqual(own.isForClients, !holder.isServer)
      XCTAssertEqual(
        own.subjectAlternativeNames,
        holder.isServer ? ["DNS:localhost", "IP:127.0.0.1", "IP:::1"] : ["DNS:\(holder.name).demo.example"])
      var facts = stat()
      XCTAssertEqual(stat(certificates.key(holder), &facts), 0)
      XCTAssertEqual(facts.st_mode & 0o777, 0o600, holder.name)
    }
    // A key that is not its certificate's, and a file cut short.
    try FileManager.default.removeItem(atPath: certificates.key(.emr))
    try FileManager.default.copyItem(atPath: certificates.key(.auditor), toPath: certificates.key(.emr))
    try Data("-----BEGIN".utf8).write(to: URL(fileURLWithPath: certificates.certificate(.server)))
    XCTAssertEqual(try certificates.prepare(), ["server", "emr"])
    // Without its authority nothing is trusted any more.
    try FileManager.default.removeItem(atPath: certificates.authority)
    XCTAssertEqual(try certificates.prepare(), everybody)
  }

  /// It would stop the first one's Postgres when it ends.
  func testASecondRunUponTheSameDataEndsBeforeItTouchesAnything() throws {
    let lock = open(folder + "/run.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    defer { close(lock) }
    XCTAssertEqual(flock(lock, LOCK_EX | LOCK_NB), 0)
    let run = Process()
    run.executableURL = URL(fileURLWithPath: "/bin/bash")
    run.arguments = [PostgresTestCluster.root + "/Scripts/run.sh"]
    run.environment = ProcessInfo.processInfo.environment.merging(
      ["PASSERELLE_DATA": folder, "PASSERELLE_PROGRAM": "/bin/false"]) { $1 }
    let errors = Pipe()
    run.standardError = errors
    try run.run()
    let message = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    run.waitUntilExit()
    XCTAssertEqual(run.terminationStatus, 1)
    XCTAssertTrue(message.contains("is served already by another make run"), message)
    XCTAssertFalse(FileManager.default.fileExists(atPath: folder + "/postgres"))
  }

  func testPortsThatAreTakenAreNamed() async throws {
    let chosen = try DemoPorts.choose(ephemeral: true)
    let all = [chosen.https, chosen.mllpPlain, chosen.mllpTLS, chosen.operations, chosen.receiver, chosen.feed]
    XCTAssertEqual(Set(all).count, 6)
    XCTAssertFalse(all.contains(0))
  }

  func testPartnersKeepTheirKeysAndAnInvoiceOwesBoth() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("demo")
    let certificates = DemoCertificates(folder: folder + "/certificates")
    _ = try certificates.prepare()
    try FileManager.default.createDirectory(atPath: folder + "/keys", withIntermediateDirectories: true)
    let key = [UInt8](repeating: 7, count: 32)
    let partners = DemoPartners(
      certificates: certificates, keyFolder: folder + "/keys", receiverURL: "https://localhost:9",
      feedURL: "mllps://localhost:9", environment: "demo",
      sealingKey: key)
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      _ = try await Migrator().migrate(pool)
      _ = try await Seeder().loadSamples(pool)
      try await partners.prepare(pool)
    }
    let before = try DemoPartners.slugs.map { try String(contentsOfFile: partners.keyPath($0), encoding: .utf8) }
    for (slug, text) in zip(DemoPartners.slugs, before) {
      XCTAssertTrue(text.hasPrefix("psl_demo_"), slug)
    }
    // What is changed by hand stays; a key that was lost is made anew.
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      var changes = PartnerChanges()
      changes.scopes = ["system/Patient.r"]
      try await PartnerAdministration.update("emr", changes, pool)
    }
    try FileManager.default.removeItem(atPath: partners.keyPath("auditor"))
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      try await partners.prepare(pool)
      let emr = try await PartnerAdministration.list("emr", pool)[0].json
      XCTAssertEqual(emr["scopes"], ["system/Patient.r"])
      XCTAssertEqual(emr["keys"]?.array?.count, 1)
      XCTAssertEqual(emr["delivery_url"], ["mllps://localhost:9"])
      XCTAssertEqual(emr["delivery_formats"], ["hl7-adt", "hl7-siu"])
    }
    let after = try DemoPartners.slugs.map { try String(contentsOfFile: partners.keyPath($0), encoding: .utf8) }
    XCTAssertEqual(before.dropLast(), after.dropLast())
    XCTAssertNotEqual(before.last, after.last)

    try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      for clinic in DemoPartners.clinics {
        let invoice = try await DemoInvoice.issue(in: clinic, pool)
        XCTAssertEqual(invoice.owed.map(\.partner), ["accounting", "insurer"], clinic)
        XCTAssertEqual(invoice.owed.map(\.format), ["ubl-2.1", "fhir-claim"])
      }
      do {
        _ = try await DemoAnswer.paying(in: "paris", pool)
        XCTFail("the claim has not been sent")
      } catch let error as AdministrationError {
        XCTAssertEqual(error.code, .notFound)
      }
      _ = try await pool.run([
        CommandDatabase.actAsOwner, PostgresQuery("update clinic.claim set status = 'sent' where status = 'owed'"),
      ])
      let answer = try await DemoAnswer.paying(in: "paris", pool)
      let claims = try await pool.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          "select 'Claim/' || id, total::text from clinic.claim where status = 'sent' and currency = 'EUR'"),
      ])[1]
      let claim = try claims.first { try $0.string(0) == answer.request?.reference }
      XCTAssertEqual(try claim?.string(1), answer.payment?.amount?.value?.text)
      XCTAssertNoThrow(try ClaimResponse.decode(json: answer.json()))
      let sealed = try await pool.run(
        PostgresQuery("select delivery_secret_sealed from gateway.partner where slug = 'insurer'"))[0].bytes(0)
      XCTAssertNoThrow(try WebhookSecrets(sealed: sealed, partner: "insurer", key: key))
      do {
        _ = try await DemoInvoice.issue(in: "rabat", pool)
        XCTFail("there is no such clinic")
      } catch let error as AdministrationError {
        XCTAssertEqual(error.code, .notFound)
      }
    }
  }
}
