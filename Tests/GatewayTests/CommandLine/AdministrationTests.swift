import ClinicModel
import Crypto
import Foundation
import JSON
import PostgresClient
import Synchronization
import TestSupport
import XCTest

@testable import Gateway

/// The commands that set partners and keys up, and `doctor`, against a real database.
final class AdministrationTests: XCTestCase {
  private struct Outcome {
    let code: ExitCode
    let output: String
    let errors: String
    var json: JSONValue? { try? JSONValue.parse(output) }
  }

  private static let commands: [Command] = [
    Command(.migrate, MigrateCommand.run), Command(.seed, SeedCommand.run), Command(.partnerAdd, PartnerCommands.add),
    Command(.partnerUpdate, PartnerCommands.update), Command(.partnerList, PartnerCommands.list),
    Command(.partnerShow, PartnerCommands.show), Command(.partnerDisable, PartnerCommands.disable),
    Command(.partnerEnable, PartnerCommands.enable), Command(.keyCreate, KeyCommands.create),
    Command(.keyList, KeyCommands.list), Command(.keyRevoke, KeyCommands.revoke),
    Command(.secretCreate, SecretCommands.create), Command(.secretRetire, SecretCommands.retire),
    Command(.doctor, DoctorCommand.run),
  ]

  /// Runs one command line against the database of `dsn`.
  private func run(_ dsn: String, _ words: String..., environment: [String: String] = [:]) async -> Outcome {
    let texts = Mutex((output: "", errors: ""))
    let box = Held(texts)
    let dispatcher = CommandDispatcher(
      version: "9", Self.commands,
      output: { bytes in box.value.withLock { $0.output += String(decoding: bytes, as: UTF8.self) } },
      errors: { text in box.value.withLock { $0.errors += text } })
    var variables = [
      "PASSERELLE_DATABASE_OWNER": dsn, "PASSERELLE_DATABASE_APP": dsn + " user=passerelle_app",
      "PASSERELLE_DATABASE_DISPATCHER": dsn + " user=passerelle_dispatcher",
      "PASSERELLE_DATABASE_AUDITOR": dsn + " user=passerelle_auditor", "PASSERELLE_HTTP_TLS": "false",
    ]
    for (name, value) in environment { variables[name] = value.isEmpty ? nil : value }
    let code = await dispatcher.run(words, environment: variables)
    return box.value.withLock { Outcome(code: code, output: $0.output, errors: $0.errors) }
  }

  private static func database(_ label: String) async throws -> String {
    let dsn = try await StoreFixture.migratedDatabase(label)
    try await StoreFixture.addClinics(dsn)
    return dsn
  }

  private func resolves(_ dsn: String, key: String) async throws -> Bool {
    let id = try APIKey(parsing: key).id
    return try await !StoreFixture.run(
      dsn, as: "passerelle_app", "select slug from gateway.resolve_key('\(id)')"
    ).isEmpty
  }

  func testAPartnerFromItsRegistrationToItsEnd() async throws {
    let dsn = try await Self.database("admin_partner")
    let added = await run(
      dsn, "partner", "add", "emr", "--name", "City EMR", "--kind", "emr", "--clinic", "casablanca", "--clinic",
      "paris", "--scope", "system/Patient.rs system/Encounter.r", "--from", "10.0.0.0/8", "--rate", "600", "--san",
      "DNS:EMR.example", "--requires", "both", "--sender", "HIS/NORTH@casablanca", "--payer", "casablanca=AMO", "--json"
    )
    XCTAssertEqual(added.code, .success, added.errors)
    XCTAssertEqual(added.json?["scopes"], ["system/Encounter.r", "system/Patient.rs"])
    XCTAssertEqual(added.json?["clinics"], ["casablanca (payer AMO)", "paris"])
    XCTAssertEqual(added.json?["certificates"], ["DNS:emr.example"])
    XCTAssertEqual(added.json?["senders"], ["HIS/NORTH@casablanca"])
    XCTAssertEqual(added.json?["rate_per_minute"], ["600"])

    let again = await run(dsn, "partner", "add", "emr")
    XCTAssertEqual(again.code, .failure)
    XCTAssertTrue(again.errors.contains("partner update emr"), again.errors)

    let fingerprint = String(repeating: "AB:", count: 31) + "CD"
    let updated = await run(
      dsn, "partner", "update", "emr", "--clinic", "paris", "--rate", "0", "--spki", fingerprint, "--revoke-san",
      "DNS:emr.example", "--json")
    XCTAssertEqual(updated.code, .success, updated.errors)
    XCTAssertEqual(updated.json?["clinics"], ["paris"])
    XCTAssertEqual(updated.json?["rate_per_minute"], [])
    XCTAssertEqual(updated.json?["networks"], ["10.0.0.0/8"])
    XCTAssertEqual(updated.json?["certificates"]?[0]?.string, "SHA256:" + String(repeating: "ab", count: 31) + "cd")

    let other = await run(dsn, "partner", "add", "other", "--spki", fingerprint)
    XCTAssertEqual(other.code, .failure)
    XCTAssertTrue(other.errors.contains("certificate of partner 'emr'"), other.errors)
    let list = await run(dsn, "partner", "list", "--json")
    XCTAssertEqual(list.json?.array?.count, 1, "the refused partner was rolled back")

    let key = await run(dsn, "key", "create", "emr", "--json")
    let text = try XCTUnwrap(key.json?["key"]?.string)
    let whileEnabled = try await resolves(dsn, key: text)
    XCTAssertTrue(whileEnabled)
    let disabled = await run(dsn, "partner", "disable", "emr")
    XCTAssertEqual(disabled.code, .success)
    let whileDisabled = try await resolves(dsn, key: text)
    XCTAssertFalse(whileDisabled)
    let enabled = await run(dsn, "partner", "enable", "emr")
    XCTAssertEqual(enabled.code, .success)
    let nobody = await run(dsn, "partner", "show", "nobody")
    XCTAssertEqual(nobody.code, .notFound)
  }

  func testWhatAPartnerMayNotBe() async throws {
    let dsn = try await Self.database("admin_wrong")
    for (words, code, part) in [
      (["--scope", "system/Patient.read"], ExitCode.usage, "write .rs"),
      (["--from", "10.0.0.1/8"], .usage, "bits after the length"),
      (["--san", "emr.example"], .usage, "DNS:host"),
      (["--spki", "abcd"], .usage, "64 hexadecimal digits"),
      (["--sender", "HIS"], .usage, "APPLICATION/FACILITY"),
      (["--clinic", "rabat"], .notFound, "casablanca, paris"),
      (["--clinic", "casablanca", "--payer", "casablanca=CNSS"], .notFound, "it has 'AMO'"),
      (["--clinic", "paris", "--payer", "casablanca=AMO"], .notFound, "add --clinic casablanca"),
      (["--sender", "HIS/NORTH"], .notFound, "serves no clinic"),
      (["--certificate", "/nowhere"], .failure, "/nowhere"),
      (["--delivery-key", "relative"], .usage, "absolute path"),
    ] {
      let texts = Held(Mutex(""))
      let dispatcher = CommandDispatcher(
        version: "9", Self.commands, output: { _ in }, errors: { text in texts.value.withLock { $0 += text } })
      let got = await dispatcher.run(
        ["partner", "add", "p"] + words, environment: ["PASSERELLE_DATABASE_OWNER": dsn])
      let errors = texts.value.withLock { $0 }
      XCTAssertEqual(got, code, "\(words): \(errors)")
      XCTAssertTrue(errors.contains(part), "\(words): \(errors)")
    }
    let list = await run(dsn, "partner", "list", "--json")
    XCTAssertEqual(list.json?.array?.count, 0)
  }

  func testSecretsAreShownOnceTwoLiveAndTheOlderOneEnds() async throws {
    let dsn = try await Self.database("admin_secrets")
    _ = await run(dsn, "partner", "add", "books", "--clinic", "paris")
    let key = [UInt8](repeating: 9, count: 32)
    let environment = ["PASSERELLE_GATEWAY_SEALING_KEY": Base64.encode(key)]
    func stored() async throws -> WebhookSecrets {
      let rows = try await StoreFixture.run(
        dsn, "select encode(delivery_secret_sealed, 'hex') from gateway.partner where slug = 'books'")
      return try WebhookSecrets(sealed: Hex.decode(rows[0][0] ?? "") ?? [], partner: "books", key: key)
    }
    let alone = await run(dsn, "secret", "retire", "books", environment: environment)
    XCTAssertEqual(alone.code, .failure)
    XCTAssertTrue(alone.errors.contains("secret create books"), alone.errors)
    let first = await run(dsn, "secret", "create", "books", "--json", environment: environment)
    let old = try XCTUnwrap(first.json?["secret"]?.string, first.errors)
    let second = await run(dsn, "secret", "create", "books", "--json", environment: environment)
    let new = try XCTUnwrap(second.json?["secret"]?.string, second.errors)
    let both = try await stored()
    XCTAssertEqual(both.text, "\(new) \(old)")
    let third = await run(dsn, "secret", "create", "books", environment: environment)
    XCTAssertEqual(third.code, .failure)
    XCTAssertTrue(third.errors.contains("two live secrets"), third.errors)
    let foreign = await run(
      dsn, "secret", "retire", "books",
      environment: ["PASSERELLE_GATEWAY_SEALING_KEY": Base64.encode([UInt8](repeating: 1, count: 32))])
    XCTAssertEqual(foreign.code, .failure)
    XCTAssertTrue(foreign.errors.contains("sealing"), foreign.errors)
    let retired = await run(dsn, "secret", "retire", "books", environment: environment)
    XCTAssertEqual(retired.code, .success, retired.errors)
    let left = try await stored()
    XCTAssertEqual(left.text, new)
    let shown = await run(dsn, "partner", "show", "books")
    XCTAssertFalse((shown.output + retired.output).contains("whsec_"), "a secret is seen once")
    let nobody = await run(dsn, "secret", "create", "nobody", environment: environment)
    XCTAssertEqual(nobody.code, .notFound)
  }

  func testAProfileIsReadWholeOrNotAtAll() async throws {
    let dsn = try await Self.database("admin_profile")
    _ = await run(dsn, "partner", "add", "his", "--clinic", "paris")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("psl-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(#"{"unavailabel": "AE", "acknowledgements": "strict", "receivers": {"A": 1}}"#.utf8).write(to: file)
    let wrong = await run(dsn, "partner", "update", "his", "--hl7-profile", file.path)
    XCTAssertEqual(wrong.code, .failure)
    for part in [#"unknown key "unavailabel"; did you mean unavailable?"#, "standard, loose", "receivers must be"] {
      XCTAssertTrue(wrong.errors.contains(part), wrong.errors)
    }
    try Data(#"{"unavailable": "close", "receivers": {"LILAS": "paris"}}"#.utf8).write(to: file)
    let good = await run(dsn, "partner", "update", "his", "--hl7-profile", file.path, "--json")
    XCTAssertEqual(good.code, .success, good.errors)
    XCTAssertEqual(good.json?["hl7_profile"]?[0]?.string?.contains("close"), true)
    let kept = await run(dsn, "partner", "update", "his", "--name", "North", "--json")
    XCTAssertEqual(kept.json?["hl7_profile"]?[0]?.string?.contains("close"), true, "what is not given stays")
    let cleared = await run(dsn, "partner", "update", "his", "--hl7-profile", "none", "--json")
    XCTAssertEqual(cleared.json?["hl7_profile"], [])
  }

  func testKeysAreShownOnceAndTwoLive() async throws {
    let dsn = try await Self.database("admin_keys")
    _ = await run(dsn, "partner", "add", "emr", "--clinic", "paris", "--scope", "system/Patient.rs")
    let wider = await run(dsn, "key", "create", "emr", "--scope", "system/*.rs")
    XCTAssertEqual(wider.code, .failure)
    XCTAssertTrue(wider.errors.contains("never widens"), wider.errors)
    let first = await run(
      dsn, "key", "create", "emr", "--json", environment: ["PASSERELLE_GATEWAY_ENVIRONMENT": "test"])
    let text = try XCTUnwrap(first.json?["key"]?.string, first.errors)
    XCTAssertTrue(text.hasPrefix("psl_test_"))
    let second = await run(dsn, "key", "create", "emr", "--days", "30", "--scope", "system/Patient.r")
    XCTAssertEqual(second.code, .success, second.errors)
    let third = await run(dsn, "key", "create", "emr")
    XCTAssertEqual(third.code, .failure)
    XCTAssertTrue(third.errors.contains("key revoke \(try APIKey(parsing: text).id)"), third.errors)

    let list = await run(dsn, "key", "list", "emr", "--json")
    XCTAssertEqual(list.json?.array?.map { $0["state"]?.string }, ["live", "live"])
    XCTAssertEqual(list.json?[0]?["scopes"]?.string, "system/Patient.r")
    XCTAssertFalse(list.output.contains(text))

    let revoked = await run(dsn, "key", "revoke", text)
    XCTAssertEqual(revoked.code, .success, revoked.errors)
    let isKnown = try await resolves(dsn, key: text)
    XCTAssertFalse(isKnown)
    let unknown = await run(dsn, "key", "revoke", "nothing")
    XCTAssertEqual(unknown.code, .notFound)
    let after = await run(dsn, "key", "create", "emr")
    XCTAssertEqual(after.code, .success, after.errors)
  }

  func testMigrateSaysWhatItDoesAndWhatIsMissing() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("admin_migrate")
    let before = await run(dsn, "migrate", "--status")
    XCTAssertEqual(before.code, .failure)
    XCTAssertTrue(before.output.contains("missing  3 clinic"), before.output)
    let early = await run(dsn, "partner", "list")
    XCTAssertTrue(early.errors.contains("passerelle migrate"), early.errors)
    let done = await run(dsn, "migrate")
    XCTAssertTrue(done.output.contains("applied 3 clinic"), done.output + done.errors)
    let after = await run(dsn, "migrate", "--status", "--json")
    XCTAssertEqual(after.code, .success)
    XCTAssertEqual(after.json?["steps"]?.array?.allSatisfy { $0["applied"] == true }, true)
  }

  func testMissingAndUnreachableDatabasesAreSaid() async throws {
    let missing = await run("", "partner", "list", environment: ["PASSERELLE_DATABASE_OWNER": ""])
    XCTAssertEqual(missing.code, .configuration)
    XCTAssertTrue(missing.errors.contains("[database] owner is not set"), missing.errors)
    let away = await run("host=/nowhere dbname=x", "partner", "list")
    XCTAssertEqual(away.code, .unavailable)
    XCTAssertTrue(away.errors.contains("does not answer"), away.errors)
  }

  // MARK: Doctor

  private func finding(_ outcome: Outcome, _ check: String) -> String? {
    outcome.json?["findings"]?.array?.first { $0["check"]?.string == check }?["state"]?.string
  }

  func testDoctorPassesAGoodHouseAndFindsWhatIsWrong() async throws {
    let dsn = try await Self.database("doctor")
    let folder = NSTemporaryDirectory() + "/psl-doctor-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let environment = ["PASSERELLE_GATEWAY_DATA_FOLDER": folder, "PASSERELLE_OPERATIONS_DISK_FREE_BYTES": "0"]

    let good = await run(dsn, "doctor", "--json", environment: environment)
    XCTAssertEqual(good.code, .success, good.output)
    for check in ["role app", "role dispatcher", "role auditor", "schema", "durability", "row-level security", "audit"]
    {
      XCTAssertEqual(finding(good, check), "pass", "\(check): \(good.output)")
    }

    _ = await run(dsn, "partner", "add", "emr", "--clinic", "paris", "--scope", "system/Patient.rs")
    let warned = await run(dsn, "doctor", "--json", environment: environment)
    XCTAssertEqual(warned.code, .success)
    XCTAssertEqual(finding(warned, "partner emr"), "warn")

    try await StoreFixture.run(dsn, "alter table clinic.patient no force row level security")
    let open = await run(dsn, "doctor", "--json", environment: environment)
    XCTAssertEqual(open.code, .unhealthy)
    XCTAssertEqual(finding(open, "row-level security"), "fail")
    XCTAssertTrue(open.output.contains("clinic.patient"))
    try await StoreFixture.run(dsn, "alter table clinic.patient force row level security")

    let superuser = await run(
      dsn, "doctor", "--json", environment: environment.merging(["PASSERELLE_DATABASE_APP": dsn]) { $1 })
    XCTAssertEqual(finding(superuser, "role app"), "fail")

    let text = await run(dsn, "doctor", environment: environment)
    XCTAssertTrue(text.output.contains("pass  schema:"), text.output)
  }

  func testDoctorFindsAChangedAuditRow() async throws {
    let dsn = try await Self.database("doctor_audit")
    try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" },
      { pool in
        let writer = try AuditWriter(pool: pool, process: "test")
        writer.start()
        for number in 0..<5 {
          var entry = AuditEntry(
            at: .init(microseconds: 1_790_000_000_000_000 + Int64(number)), action: .read, interaction: "read",
            requestID: "r\(number)")
          entry.clinicID = StoreFixture.paris
          entry.remoteAddress = number == 0 ? "127.0.0.1" : "2001:db8::1"
          entry.status = 200
          entry.query = number == 1 ? "name=É" : nil
          try await writer.record(entry)
        }
        await writer.stop()
      })
    let good = await run(dsn, "doctor", "--json")
    XCTAssertEqual(finding(good, "audit"), "pass", good.output)
    XCTAssertTrue(good.output.contains("5 newest rows of 1 chains"), good.output)

    try await StoreFixture.run(
      dsn, "alter table gateway.audit_event disable trigger all",
      "update gateway.audit_event set status = 403 where request_id = 'r2'")
    let changed = await run(dsn, "doctor", "--json")
    XCTAssertEqual(finding(changed, "audit"), "fail")
    XCTAssertTrue(changed.output.contains("broken at row 3"), changed.output)
    try await StoreFixture.run(dsn, "update gateway.audit_event set status = 200 where request_id = 'r2'")

    try await StoreFixture.run(dsn, "delete from gateway.audit_event where request_id = 'r4'")
    let cut = await run(dsn, "doctor", "--json")
    XCTAssertEqual(finding(cut, "audit"), "fail", "the head that was recorded at the end has no row")
  }
}

/// Lets a lock be shared by closures.
private final class Held<Value: Sendable>: Sendable {
  let value: Mutex<Value>
  init(_ value: consuming Mutex<Value>) { self.value = value }
}
