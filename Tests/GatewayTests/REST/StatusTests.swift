import JSON
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

final class StatusTests: XCTestCase {
  /// Every way to be refused, with its status, the issue's code and where the fault lies.
  private static let refusals: [(method: String, target: String, status: Int, code: String, expression: String?)] = [
    ("GET", "", 404, "not-supported", nil),
    ("GET", "Nothing/1", 404, "not-supported", nil),
    ("GET", "Immunization", 404, "not-supported", nil),
    ("GET", "Patient/none", 404, "not-found", nil),
    ("GET", "Patient/no%20id", 404, "not-found", nil),
    ("GET", "Patient/x-gone", 410, "deleted", nil),
    ("GET", "Patient/x-month/_history", 404, "not-supported", nil),
    ("GET", "Patient/_search", 405, "not-supported", nil),
    ("DELETE", "Patient/x-month", 405, "not-supported", nil),
    ("PUT", "Patient/x-month", 405, "not-supported", nil),
    ("POST", "Patient", 405, "not-supported", nil),
    ("POST", "metadata", 405, "not-supported", nil),
    ("GET", "Patient/x-month?_format=xml", 406, "not-supported", "http._format"),
    ("GET", "Patient?_format=application/fhir+xml", 406, "not-supported", "http._format"),
    ("GET", "Patient/x-month?name=a", 400, "not-supported", "http.name"),
    ("GET", "Patient?nmae=a", 400, "not-supported", "http.nmae"),
    ("GET", "Patient?family:text=a", 400, "not-supported", "http.family:text"),
    ("GET", "Patient?birthdate=1984-02-30", 400, "value", "http.birthdate"),
    ("GET", "Patient?birthdate=zz1984", 400, "value", "http.birthdate"),
    ("GET", "Patient?family=", 400, "value", "http.family"),
    ("GET", "Patient?_count=-1", 400, "value", "http._count"),
    ("GET", "Patient?_sort=shoe", 400, "not-supported", "http._sort"),
    ("GET", "Patient?_page=abc", 400, "value", "http._page"),
    ("GET", "Patient?_page=abc&family=x", 400, "invalid", "http.family"),
    ("GET", "Patient?family=%zz", 400, "structure", nil),
    ("GET", "Patient?family=%ff", 400, "structure", nil),
    ("GET", "Patient?family=%00", 400, "structure", nil),
    ("GET", "Appointment?patient=Practitioner/1", 400, "value", "http.patient"),
    ("GET", "Patient?_has:Observation:patient:code=1", 400, "not-supported", "http._has:Observation:patient:code"),
  ]

  func testEveryRefusalSaysWhatAndWhere() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      for refusal in Self.refusals {
        let label = "\(refusal.method) \(refusal.target)"
        let answer = try await client.answer(refusal.method, refusal.target)
        XCTAssertEqual(answer.status, refusal.status, label)
        let outcome = try JSONValue.parse(answer.body)
        XCTAssertEqual(outcome["resourceType"]?.string, "OperationOutcome", label)
        XCTAssertEqual(outcome["id"]?.string, "req-1", label)
        let issue = try XCTUnwrap(outcome["issue"]?[0], label)
        XCTAssertEqual(issue["code"]?.string, refusal.code, label)
        XCTAssertEqual(issue["expression"]?[0]?.string, refusal.expression, label)
        XCTAssertGreaterThan(issue["diagnostics"]?.string?.count ?? 0, 15, label)
        if answer.status == 405 { XCTAssertNotNil(answer.field("Allow"), label) }
        XCTAssertEqual(answer.audit.returned, 0, label)
      }
    }
  }

  func testConditionsAndPresentation() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      let first = try await client.answer("GET", "Patient/x-month")
      let etag = try XCTUnwrap(first.field("ETag"))
      let date = try XCTUnwrap(first.field("Last-Modified"))
      XCTAssertEqual(first.audit.patientIDs, ["x-month"])
      for tag in [etag, "*", "W/\"99\", \(etag)", String(etag.dropFirst(2))] {
        let again = try await client.answer("GET", "Patient/x-month") { $0.ifNoneMatch = tag }
        XCTAssertEqual(again.status, 304, tag)
        XCTAssertEqual(again.body, [])
        XCTAssertEqual(again.field("ETag"), etag)
      }
      let other = try await client.answer("GET", "Patient/x-month") {
        $0.ifNoneMatch = "W/\"99\""
        $0.ifModifiedSince = date
      }
      XCTAssertEqual(other.status, 200)
      let since = try await client.answer("GET", "Patient/x-month") { $0.ifModifiedSince = date }
      XCTAssertEqual(since.status, 304)
      let pretty = try await client.answer("GET", "Patient/x-month?_pretty=true&_format=json")
      XCTAssertTrue(pretty.body.contains(UInt8(ascii: "\n")))
      XCTAssertEqual(try JSONValue.parse(pretty.body), try JSONValue.parse(first.body))
      for (accept, status) in [
        ("application/fhir+json", 200), ("*/*", 200), ("text/html, application/*;q=0.8", 200), ("application/xml", 406),
        ("application/json;q=0", 406), ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json; fhirVersion=5.0", 406),
      ] {
        let answer = try await client.answer("GET", "Patient/x-month") { $0.accept = accept }
        XCTAssertEqual(answer.status, status, accept)
      }
      let head = try await client.answer("HEAD", "Patient/x-month")
      XCTAssertEqual(head.body, first.body)
    }
  }

  func testScopesHoldForEveryType() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      for type in SearchParameterRegistry.types {
        for (scopes, read, search) in [
          ("system/\(type).r", true, false), ("system/\(type).s", false, true), ("system/\(type).cud", false, false),
          ("system/Claim.cruds", false, false), ("system/*.rs", true, true),
        ] {
          var client = client
          client.scopes = scopes
          let reading = try await client.answer("GET", "\(type)/none").status
          XCTAssertEqual(reading, read ? 404 : 403, "\(scopes) \(type)")
          let searching = try await client.answer("GET", "\(type)?_count=1").status
          XCTAssertEqual(searching, search ? 200 : 403, "\(scopes) \(type)")
          let posted = try await client.answer("POST", "\(type)/_search", body: "") { _ in }
          XCTAssertEqual(posted.status, search ? 200 : 403, "\(scopes) \(type)")
        }
      }
    }
  }

  func testFormLenienceAndCounts() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      let form = try await client.answer("POST", "Patient/_search?_count=2", body: "family=elan&_total=accurate") {
        $0.contentType = "application/x-www-form-urlencoded; charset=utf-8"
      }
      XCTAssertEqual(form.status, 200)
      let bundle = try JSONValue.parse(form.body)
      XCTAssertEqual(bundle["total"]?.int, 2)
      XCTAssertEqual(bundle["entry"]?.array?.count, 2)
      let wrong = try await client.answer("POST", "Patient/_search", body: "{}") { $0.contentType = "application/json" }
      XCTAssertEqual(wrong.status, 415)
      let lenient = try await client.answer("GET", "Patient?shoe=9&family=elan") { $0.prefer = "handling=lenient" }
      let entries = try XCTUnwrap(try JSONValue.parse(lenient.body)["entry"]?.array)
      XCTAssertEqual(entries.last?["search"]?["mode"]?.string, "outcome")
      XCTAssertEqual(entries.last?["resource"]?["issue"]?[0]?["severity"]?.string, "warning")
      XCTAssertEqual(entries.count, 3)
      for query in ["_summary=count", "_count=0"] {
        let counted = try JSONValue.parse(try await client.answer("GET", "Patient?\(query)").body)
        XCTAssertEqual(counted["total"]?.int, 76, query)
        XCTAssertNil(counted["entry"])
      }
      let estimate = try JSONValue.parse(try await client.answer("GET", "Patient?_total=estimate&_count=5").body)
      XCTAssertGreaterThan(estimate["total"]?.int ?? 0, 5)
    }
  }

  func testNothingOfAnotherClinicIsSeen() async throws {
    let dsn = try await FHIRFixture.dsn()
    let paris = try await FHIRFixture.clinicID("paris", dsn)
    let theirs = try await StoreFixture.run(dsn, "select id from clinic.patient where clinic_id = '\(paris)' limit 5")
    try await FHIRFixture.withService(dsn: dsn) { client in
      let absent = try await client.answer("GET", "Patient/none")
      for id in theirs.compactMap({ $0[0] }) {
        let answer = try await client.answer("GET", "Patient/\(id)")
        XCTAssertEqual(answer.status, 404)
        XCTAssertEqual(answer.body, absent.body)
        let found = try await client.resources("Patient?_id=\(id)")
        XCTAssertEqual(found, [])
      }
      let page = try await client.pages("Patient?_count=3", limit: 1)
      let link = try XCTUnwrap(page[0]["link"]?[1]?["url"]?.string?.dropFirst(FHIRFixture.base.utf8.count + 1))
      var stranger = client
      stranger.partnerID = "88888888-8888-4888-8888-888888888888"
      let refused = try await stranger.answer("GET", String(link))
      XCTAssertEqual(refused.status, 400)
      let followed = try await client.answer("GET", String(link))
      XCTAssertEqual(followed.status, 200)
      let moved = try await client.answer("GET", String(link.replacing("Patient?", with: "Coverage?")))
      XCTAssertEqual(moved.status, 400)
    }
  }

  func testMetadataNamesWhatIsServed() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      let answer = try await client.answer("GET", "metadata")
      XCTAssertEqual(answer.status, 200)
      let statement = try JSONValue.parse(answer.body)
      XCTAssertEqual(statement["fhirVersion"]?.string, "4.0.1")
      let types = statement["rest"]?[0]?["resource"]?.array?.compactMap { $0["type"]?.string }
      XCTAssertEqual(types, (SearchParameterRegistry.types + ["Binary"]).sorted())
    }
  }

  func testDatabaseAwayIs503() async throws {
    try await FHIRFixture.withService(dsn: try await FHIRFixture.dsn()) { client in
      await client.service.pool.shutdown(graceMilliseconds: 100)
      let read = try await client.answer("GET", "Patient/x-month")
      XCTAssertTrue([500, 503].contains(read.status))
      XCTAssertNotNil(read.audit.reason)
    }
  }
}
