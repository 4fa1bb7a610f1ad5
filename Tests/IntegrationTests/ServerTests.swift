import FHIRModels
import Foundation
import HTTP
import JSON
import PostgresClient
import Reactor
import TestSupport
import XCTest

@testable import Gateway

/// The whole server over real TLS and a real Postgres: a partner with key and certificate, and everybody else.
final class ServerTests: XCTestCase {
  /// A server over the sample clinics, a partner that needs both credentials, and a loop to call from.
  private struct House {
    let dsn: String
    let server: PasserelleServer
    let loop: EventLoop
    let key: String
    let folder: String

    /// Calls the server; `certificate` nil is a caller without one.
    func call(
      _ method: HTTPMethod, _ target: String, key: String? = nil, certificate: String? = "client",
      body: [UInt8] = [], type: String? = nil
    ) async throws -> HTTPClient.Answer {
      let certificates = try TestCertificates.shared.get()
      let tls = try TLSContext.client(
        trust: .authorities(path: certificates.certificate("ca")),
        identity: certificate.map { certificates.identity($0) })
      let address = server.addresses[0]
      let (loop, given) = (loop, key ?? self.key)
      return try await loop.run {
        var fields = HTTPFields()
        if !given.isEmpty { fields.append(.authorization, "Bearer \(given)") }
        if let type { fields.append(.contentType, type) }
        return try await HTTPClient(loop: loop).send(
          .init(method, target: target, fields: fields, body: body), to: address, host: "localhost", tls: tls)
      }
    }

    func rows(_ sql: String) async throws -> [[String?]] {
      try await PostgresTestCluster.withPool(dsn: dsn) { pool in
        let result = try await pool.run(PostgresQuery(dynamic: sql))
        return try result.map { row in try (0..<result.columnCount).map { try row.optionalString($0) } }
      }
    }
  }

  private static func database() async throws -> (dsn: String, key: String) {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("server")
    let key = try await PostgresTestCluster.withPool(dsn: dsn) { pool in
      _ = try await Migrator().migrate(pool)
      _ = try await Seeder().loadSamples(pool)
      var changes = PartnerChanges()
      changes.name = "An EMR"
      changes.kind = .emr
      changes.scopes = ["system/Patient.rs", "system/Invoice.rs", "passerelle/hl7v2.c"]
      changes.clinics = [SampleClinic.all[0].slug]
      changes.requirement = .both
      changes.addedCertificates = [CertificateName(alternativeName: "DNS:partner.example")].compactMap { $0 }
      try await PartnerAdministration.add("emr", changes, pool)
      return try await KeyAdministration.create(for: "emr", environment: "test", pool).reveal()
    }
    return (dsn, key)
  }

  private func withHouse(_ body: (House) async throws -> Void) async throws {
    let (dsn, key) = try await Self.database()
    let certificates = try TestCertificates.shared.get()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("psl-\(UUID().uuidString)").path
    var configuration = Configuration()
    configuration.gateway.dataFolder = folder
    configuration.gateway.loops = 2
    configuration.gateway.drainSeconds = 3
    for role in ["app", "dispatcher", "auditor"] {
      let secret = Secret(dsn.replacingOccurrences(of: "user=postgres", with: "user=passerelle_\(role)"))
      switch role {
      case "app": configuration.database.app = secret
      case "dispatcher": configuration.database.dispatcher = secret
      default: configuration.database.auditor = secret
      }
    }
    configuration.http.listen = ["127.0.0.1:0"]
    configuration.http.certificate = certificates.certificate("server")
    configuration.http.key = certificates.key("server")
    configuration.http.clientCA = certificates.certificate("ca")
    configuration.operations.listen = "127.0.0.1:0"
    configuration.logging.level = .error
    let server = try await PasserelleServer.start(configuration)
    let loop = try EventLoop()
    try loop.start()
    let house = House(dsn: dsn, server: server, loop: loop, key: key, folder: folder)
    let outcome: Result<Void, any Error>
    do { outcome = .success(try await body(house)) } catch { outcome = .failure(error) }
    await server.drain()
    loop.stop()
    try? FileManager.default.removeItem(atPath: folder)
    try outcome.get()
  }

  private var own: String { SampleClinic.all[0].slug }
  private var other: String { SampleClinic.all[1].slug }

  func testAPartnerReadsSearchesAndPagesAndEveryAccessIsAudited() async throws {
    try await withHouse { house in
      let first = try await house.call(.get, "/fhir/\(own)/Patient?_count=5&_total=accurate")
      XCTAssertEqual(first.status.code, 200, String(decoding: first.body, as: UTF8.self))
      var bundle = try FHIRModels.Bundle(json: first.body)
      let total = try XCTUnwrap(bundle.total)
      XCTAssertGreaterThanOrEqual(total, 60)
      var seen: [String] = bundle.entry.compactMap { $0.resource?.id }
      while let next = bundle.link.first(where: { $0.relation == "next" })?.url {
        let target = "/fhir" + (next.components(separatedBy: "/fhir").last ?? "")
        let page = try await house.call(.get, target)
        XCTAssertEqual(page.status.code, 200)
        bundle = try FHIRModels.Bundle(json: page.body)
        seen += bundle.entry.compactMap { $0.resource?.id }
        guard seen.count <= total else { break }
      }
      XCTAssertEqual(seen.count, total)
      XCTAssertEqual(Set(seen).count, total)
      let one = try await house.call(.get, "/fhir/\(own)/Patient/\(seen[0])")
      XCTAssertEqual(try Patient(json: one.body).id, seen[0])
      XCTAssertNotNil(one.fields[.eTag])
      let audited = try await house.rows(
        "select count(*), count(*) filter (where interaction = 'read' and resource_id = '\(seen[0])' and outcome = 0)"
          + " from gateway.audit_event")
      XCTAssertEqual(audited, [[String((total + 4) / 5 + 1), "1"]])
    }
  }

  func testNobodyElseGetsInAndInvisibleClinicsAreAbsentOnes() async throws {
    try await withHouse { house in
      let table: [(String, String?, String?, Int)] = [
        ("/fhir/\(own)/Patient", nil, nil, 401),
        ("/fhir/\(own)/Patient", "", "client", 401),
        ("/fhir/\(own)/Patient", "psl_test_nobody", "client", 401),
        ("/fhir/\(own)/Encounter", nil, "client", 403),
        ("/fhir/\(other)/Patient", nil, "client", 404),
        ("/fhir/no-such-clinic/Patient", nil, "client", 404),
        ("/elsewhere", nil, "client", 404),
      ]
      for (target, key, certificate, status) in table {
        let answer = try await house.call(.get, target, key: key, certificate: certificate)
        XCTAssertEqual(answer.status.code, status, "\(target) \(key ?? "own key") \(certificate ?? "no certificate")")
        let outcome = try OperationOutcome(json: answer.body)
        XCTAssertFalse(outcome.issue.compactMap(\.diagnostics).joined().isEmpty)
      }
      let invisible = try await house.call(.get, "/fhir/\(other)/Patient")
      let absent = try await house.call(.get, "/fhir/no-such-clinic/Patient")
      func withoutID(_ bytes: [UInt8]) throws -> OperationOutcome {
        var outcome = try OperationOutcome(json: bytes)
        outcome.id = nil
        return outcome
      }
      XCTAssertEqual(try withoutID(invisible.body), try withoutID(absent.body))
      do {
        let answer = try await house.call(.get, "/fhir/\(own)/Patient", certificate: "stranger")
        XCTFail("a certificate of another authority was let in with \(answer.status.code)")
      } catch is HTTPClientError {}
      let refused = try await house.rows(
        "select reason, count(*) from gateway.audit_event where outcome <> 0 group by reason order by reason")
      XCTAssertEqual(
        refused,
        [["certificate-missing", "1"], ["clinic-not-visible", "4"], ["key-missing", "1"], ["scope-missing", "1"]])
    }
  }

  /// One connection that is kept alive, without a client that would hide it.
  private final class KeptConnection: @unchecked Sendable {
    private let stream: ByteStream

    init(_ house: House) async throws {
      let certificates = try TestCertificates.shared.get()
      let tls = try TLSContext.client(
        trust: .authorities(path: certificates.certificate("ca")), identity: certificates.identity("client"))
      let (loop, address) = (house.loop, house.server.addresses[0])
      stream = try await loop.run {
        let stream = try await ByteStream.connect(to: address, loop: loop, until: .after(milliseconds: 10_000))
        try await stream.startTLS(client: tls, host: "localhost", until: .after(milliseconds: 10_000))
        return stream
      }
    }

    /// The status of an answer, which is read to its end.
    func status(_ target: String, fields: String) async throws -> Int {
      let stream = stream
      return try await stream.loop.run {
        try await stream.write(Array("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n".utf8))
        var bytes: [UInt8] = []
        while true {
          let text = String(decoding: bytes, as: UTF8.self)
          if let head = text.components(separatedBy: "\r\n\r\n").first, head.utf8.count < bytes.count,
            let length = head.components(separatedBy: "Content-Length: ").last?.prefix(while: \.isNumber),
            let count = Int(length), bytes.count >= head.utf8.count + 4 + count
          {
            return Int(head.split(separator: " ")[1]) ?? 0
          }
          guard try await stream.read(into: &bytes, until: .after(milliseconds: 10_000)) > 0 else { return 0 }
        }
      }
    }

    func close() async throws {
      let stream = stream
      try await stream.loop.run { stream.close() }
    }
  }

  func testAConnectionThatIsKnownIsStillChecked() async throws {
    try await withHouse { house in
      let connection = try await KeptConnection(house)
      let target = "/fhir/\(own)/Patient?_count=1"
      // Keys end in any letter: the forged one ends in another.
      let last = house.key.hasSuffix("x") ? "y" : "x"
      let (own, forged) = (
        "Authorization: Bearer \(house.key)\r\n", "Authorization: Bearer \(house.key.dropLast())\(last)\r\n"
      )
      let table = [
        (own, 200), (own, 200), (forged, 401), ("", 401), (own, 200), ("X-API-Key: \(house.key)\r\n", 200),
        (own + "X-API-Key: \(house.key)\r\n", 400), (own, 200),
      ]
      for (number, (fields, status)) in table.enumerated() {
        let answered = try await connection.status(target, fields: fields)
        XCTAssertEqual(answered, status, "request \(number)")
      }
      let refused = try await connection.status("/fhir/\(other)/Patient", fields: own)
      XCTAssertEqual(refused, 404, "another clinic")
      _ = try await house.rows("update gateway.api_key set revoked_at = now() returning id")
      let revoked = Date()
      var status = 200
      while status == 200, Date().timeIntervalSince(revoked) < 10 {
        status = try await connection.status(target, fields: own)
        try await Task.sleep(for: .milliseconds(20))
      }
      XCTAssertEqual(status, 401)
      XCTAssertLessThan(Date().timeIntervalSince(revoked), 6, "a revoked key works two seconds at most")
      try await connection.close()
    }
  }

  func testAnAuditorReadsWhatPartnersDid() async throws {
    try await withHouse { house in
      let (own, other) = (own, other)
      let auditor = try await PostgresTestCluster.withPool(dsn: house.dsn) { pool in
        var changes = PartnerChanges()
        changes.name = "An auditor"
        changes.kind = .emr
        changes.scopes = ["system/AuditEvent.rs"]
        changes.clinics = [own, other]
        changes.requirement = .key
        try await PartnerAdministration.add("auditor", changes, pool)
        return try await KeyAdministration.create(for: "auditor", environment: "test", pool).reveal()
      }
      func audit(_ clinic: String, _ query: String) async throws -> [AuditEvent] {
        let answer = try await house.call(.get, "/fhir/\(clinic)/AuditEvent?\(query)", key: auditor, certificate: nil)
        XCTAssertEqual(answer.status.code, 200, String(decoding: answer.body, as: UTF8.self))
        return try FHIRModels.Bundle(json: answer.body).entry.compactMap { $0.resource?.as(AuditEvent.self) }
      }
      let list = try await house.call(.get, "/fhir/\(own)/Patient?_count=1")
      let patient = try XCTUnwrap(try FHIRModels.Bundle(json: list.body).entry.first?.resource?.id)
      let read = try await house.call(.get, "/fhir/\(own)/Patient/\(patient)")
      let refused = try await house.call(.get, "/fhir/\(own)/Encounter?status=finished")
      XCTAssertEqual(refused.status.code, 403)

      let events = try await audit(own, "_count=50")
      XCTAssertEqual(events.map { $0.subtype.first?.code }, ["search-type", "read", "search-type"], "newest first")
      let one = try XCTUnwrap(events.dropFirst().first)
      XCTAssertEqual(one.action?.rawValue, "R")
      XCTAssertEqual(one.outcome?.rawValue, "0")
      XCTAssertEqual(one.entity.first?.what?.reference, "Patient/\(patient)")
      XCTAssertEqual(one.entity.last?.what?.identifier?.value, read.fields["X-Request-Id"])
      XCTAssertEqual(one.agent.first?.network?.address, "127.0.0.1")
      XCTAssertEqual(events[0].outcome?.rawValue, "4")
      XCTAssertEqual(events[0].outcomeDesc, "HTTP 403, scope-missing")
      XCTAssertEqual(events[0].entity.last?.what?.identifier?.value, refused.fields["X-Request-Id"])

      let id = try XCTUnwrap(one.id)
      let byID = try await house.call(.get, "/fhir/\(own)/AuditEvent/\(id)", key: auditor, certificate: nil)
      XCTAssertEqual(try AuditEvent(json: byID.body), one)
      let elsewhere = try await house.call(.get, "/fhir/\(other)/AuditEvent/\(id)", key: auditor, certificate: nil)
      XCTAssertEqual(elsewhere.status.code, 404, "another clinic's audit")
      let ofPatient = try await audit(own, "patient=\(patient)&action=R")
      XCTAssertEqual(
        ofPatient.map { $0.entity.first?.what?.reference }, ["AuditEvent/\(id)", "Patient/\(patient)"],
        "the auditor has read of the patient, too")
      let others = try await audit(other, "subtype=read")
      XCTAssertEqual(others.compactMap { $0.entity.first?.what?.reference }, ["AuditEvent/\(id)"], "the auditor's own")
      // Whoever reads records reads no audit, and the other way round.
      let curious = try await house.call(.get, "/fhir/\(own)/AuditEvent")
      XCTAssertEqual(curious.status.code, 403)
      let patients = try await house.call(.get, "/fhir/\(own)/Patient", key: auditor, certificate: nil)
      XCTAssertEqual(patients.status.code, 403)
    }
  }

  func testOperationsAnswerOnTheirOwnListenerAndASecondProcessIsKeptOut() async throws {
    try await withHouse { house in
      let address = house.server.operationsAddress
      let loop = house.loop
      func ask(_ path: String) async throws -> HTTPClient.Answer {
        try await loop.run {
          try await HTTPClient(loop: loop).send(.init(.get, target: path), to: address, host: "127.0.0.1", tls: nil)
        }
      }
      let live = try await ask("/livez")
      XCTAssertEqual(live.status.code, 200)
      var ready = try await ask("/readyz")
      for _ in 0..<50 where ready.status.code != 200 {
        try await Task.sleep(nanoseconds: 100_000_000)
        ready = try await ask("/readyz")
      }
      XCTAssertEqual(ready.status.code, 200, String(decoding: ready.body, as: UTF8.self))
      _ = try await house.call(.get, "/fhir/\(own)/metadata")
      let metrics = String(decoding: try await ask("/metrics").body, as: UTF8.self)
      XCTAssertTrue(
        metrics.contains(#"passerelle_http_requests_total{interaction="capabilities",status="2xx"} 1"#), metrics)
      do {
        _ = try await PasserelleServer.start(house.server.configuration)
        XCTFail("a second process must not take the data folder")
      } catch let failure as DataFolder.Failure {
        XCTAssertTrue(failure.description.contains("in use"))
      }
    }
  }

  func testAnUnmigratedDatabaseStopsTheStart() async throws {
    let dsn = try await PostgresTestCluster.shared().makeDatabase("bare")
    var configuration = Configuration()
    configuration.gateway.dataFolder =
      FileManager.default.temporaryDirectory.appendingPathComponent("psl-\(UUID().uuidString)").path
    configuration.http.tls = false
    configuration.http.listen = ["127.0.0.1:0"]
    configuration.operations.listen = "127.0.0.1:0"
    configuration.database.app = Secret(dsn)
    do {
      _ = try await PasserelleServer.start(configuration)
      XCTFail("an old schema must stop the start")
    } catch let error as MigrationError {
      XCTAssertEqual(error.code, .databaseIsOlder)
    }
  }
}
