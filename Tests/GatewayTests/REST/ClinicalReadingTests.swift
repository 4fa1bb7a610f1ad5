import JSON
import TestSupport
import XCTest

@testable import Gateway

/// Reads of what was found and done, over the real database.
final class ClinicalReadingTests: XCTestCase {
  func testAReportFollowsWhatIsAddedToIt() async throws {
    let dsn = try await FHIRFixture.dsn()
    let clinic = try await FHIRFixture.clinicID("casablanca", dsn)
    try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      """
      insert into clinic.observation (clinic_id, id, kind, report_id, patient_id, code_code, status)
        values ('\(clinic)', 'g-rep', 'report', null, 'x-bare', 'P', 'preliminary'),
          ('\(clinic)', 'g-1', 'result', 'g-rep', 'x-bare', 'A', 'final')
      """)
    try await FHIRFixture.withService(dsn: dsn) { client in
      let first = try await client.answer("GET", "DiagnosticReport/g-rep")
      let before = try JSONValue.parse(first.body)
      XCTAssertEqual(before["result"]?.array?.count, 1)
      XCTAssertEqual(before["meta"]?["versionId"]?.string, "1")
      try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: clinic,
        """
        insert into clinic.observation (clinic_id, id, kind, report_id, patient_id, code_code, status)
          values ('\(clinic)', 'g-2', 'result', 'g-rep', 'x-bare', 'B', 'final')
        """)
      let second = try await client.answer("GET", "DiagnosticReport/g-rep")
      let after = try JSONValue.parse(second.body)
      XCTAssertEqual(after["result"]?.array?.count, 2, "what memory kept is of another version")
      XCTAssertEqual(after["meta"]?["versionId"]?.string, "2")
      let wrong = try await client.answer("GET", "Observation/g-rep")
      XCTAssertEqual(wrong.status, 404, "a report is no Observation")
    }
  }

  func testTheBytesOfADocumentAreReadByItsAttachment() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      let document = try await client.resources("DocumentReference?patient=x-month&status=current")
      let url = try XCTUnwrap(document.first?["content"]?[0]?["attachment"]?["url"]?.string)
      let answer = try await client.answer("GET", url)
      XCTAssertEqual(answer.status, 200)
      let binary = try JSONValue.parse(answer.body)
      XCTAssertEqual(binary["resourceType"]?.string, "Binary")
      XCTAssertEqual(binary["data"]?.string, "aGVsZA==")
      XCTAssertEqual(answer.audit.patientIDs, ["x-month"])
      let away = try await client.answer("GET", "Binary/d-away")
      XCTAssertEqual(away.status, 404, "bytes that lie elsewhere are not fetched")
      let search = try await client.answer("GET", "Binary?_id=d-held")
      XCTAssertEqual(search.status, 404)
      var narrow = client
      narrow.scopes = "system/DocumentReference.rs"
      let refused = try await narrow.answer("GET", url)
      XCTAssertEqual(refused.status, 403)
    }
  }

  func testCodesAreFoundWithAndWithoutTheirSystem() async throws {
    let dsn = try await FHIRFixture.dsn()
    try await FHIRFixture.withService(dsn: dsn) { client in
      for (query, count) in [
        ("Observation?code=2345-7", 1), ("Observation?code=http://loinc.org|2345-7", 1),
        ("Observation?code=urn:l|2345-7", 0), ("Observation?code=|R", 1), ("Observation?code=urn:l|", 4),
        ("Observation?patient=x-month&code=2345-7,R", 2),
      ] {
        let found = try await client.resources(query.replacing("|", with: "%7C"))
        XCTAssertEqual(found.count, count, query)
      }
    }
  }

  func testAListOfAPatientsResultsUsesItsIndex() async throws {
    let dsn = try await StoreFixture.migratedDatabase("clinical_plans")
    try await StoreFixture.addClinics(dsn)
    let clinic = StoreFixture.casablanca
    try await StoreFixture.run(
      dsn,
      "insert into clinic.patient (clinic_id, id) select '\(clinic)', 'p' || n from generate_series(1, 400) n",
      """
      insert into clinic.observation (clinic_id, id, patient_id, effective_at)
        select '\(clinic)', 'o' || n, 'p' || n % 400 + 1, '2026-01-01'::timestamptz + n * interval '1 hour'
        from generate_series(1, 8000) n
      """,
      """
      insert into clinic.document (clinic_id, id, patient_id, created_at)
        select '\(clinic)', 'd' || n, 'p' || n % 400 + 1, '2026-01-01'::timestamptz + n * interval '1 hour'
        from generate_series(1, 8000) n
      """, "analyze clinic.observation", "analyze clinic.document")
    for (relation, order) in [("observation", "effective_at"), ("document", "created_at")] {
      let plan = try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: clinic,
        """
        explain select id from clinic.\(relation) r where r.clinic_id = '\(clinic)' and r.patient_id = 'p7'
          and r.deleted_at is null order by \(order), id limit 21
        """)
      XCTAssertTrue(plan.compactMap(\.[0]).contains { $0.contains("\(relation)_patient") }, "\(plan)")
    }
  }
}
