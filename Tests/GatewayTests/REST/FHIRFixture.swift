import ClinicModel
import JSON
import PostgresClient
import TestSupport
import XCTest

@testable import Gateway

/// The sample clinics with the corners that samples do not have, and a service over them.
enum FHIRFixture {
  static let partnerID = "99999999-9999-4999-8999-999999999999"
  static let base = "https://localhost/fhir/casablanca"
  static let pageKey = [UInt8](repeating: 7, count: 32)

  private static let database = Task {
    let dsn = try await StoreFixture.migratedDatabase("fhir")
    try await PostgresTestCluster.withPool(dsn: dsn) { pool in _ = try await Seeder().loadSamples(pool) }
    let clinic = try await clinicID("casablanca", dsn)
    try await StoreFixture.run(dsn, as: "passerelle_app", clinic: clinic, corners(clinic))
    for statement in clinical(clinic) {
      try await StoreFixture.run(dsn, as: "passerelle_app", clinic: clinic, statement)
    }
    return dsn
  }

  static func dsn() async throws -> String { try await database.value }

  static func clinicID(_ slug: String, _ dsn: String) async throws -> String {
    let rows = try await StoreFixture.run(dsn, "select clinic_id::text from clinic.clinic where slug = '\(slug)'")
    return rows[0][0] ?? ""
  }

  /// One statement that adds rows which the samples lack.
  private static func corners(_ clinic: String) -> String {
    """
    with c as (select '\(clinic)'::uuid as id),
    patients as (insert into clinic.patient (clinic_id, id, family, given, birth_date, birth_precision, gender, deleted_at,
        phone, email, general_practitioner_id) values
      ('\(clinic)', 'x-month', 'Élan d''Été', '{Noé,Jean Pierre}', '1984-02-01', 'month', 'other', null, null, null, null),
      ('\(clinic)', 'x-year', 'elan', '{}', '1984-01-01', 'year', 'unknown', null, '+212 5 22', 'A@B.example', null),
      ('\(clinic)', 'x-bare', null, '{}', null, 'day', 'unknown', null, null, null, null),
      ('\(clinic)', 'x-gone', 'Elan', '{Gone}', '1984-02-03', 'day', 'male', now(), '+212 5 22', null, null),
      ('\(clinic)', 'x.Dots-1', 'van der Élan', '{Æsa}', '1984-02-29', 'day', 'female', null, null, null, null)
      returning id),
    names as (insert into clinic.patient_name (clinic_id, id, patient_id, use, family, given)
      select '\(clinic)', v.* from (values ('n1', 'x-month', 'maiden', 'Elandis', '{Noé}'::text[]),
        ('n2', 'x-month', 'nickname', 'Elan-Moretti', '{Nono}'), ('n3', 'x-bare', 'old', null, '{Ana}')) v
      where (select count(*) from patients) > 0),
    telecoms as (insert into clinic.patient_telecom (clinic_id, id, patient_id, system, value, use)
      select '\(clinic)', v.* from (values ('t1', 'x-month', 'phone', '05-22', 'home'), ('t2', 'x-month', 'email', 'N@x.example', 'work')) v
      where (select count(*) from patients) > 0),
    addresses as (insert into clinic.patient_address (clinic_id, id, patient_id, use, city)
      select '\(clinic)', 'a1', 'x-month', 'work', 'Fès' where (select count(*) from patients) > 0),
    contacts as (insert into clinic.patient_contact (clinic_id, id, patient_id, family, given)
      select '\(clinic)', 'k1', 'x-month', 'Autre', '{Une}' where (select count(*) from patients) > 0),
    appointments as (insert into clinic.appointment (clinic_id, id, status, start_at, end_at, patient_id)
      select '\(clinic)', v.* from (values ('ap-open', 'waitlist', null::timestamptz, null::timestamptz, 'x-month'),
        ('ap-group', 'booked', '2026-11-02 09:00+01'::timestamptz, '2026-11-02 10:00+01'::timestamptz, null),
        ('ap-same', 'booked', '2026-11-02 09:00+01', '2026-11-02 10:00+01', 'x-month')) v
      where (select count(*) from patients) > 0 returning id),
    participants as (insert into clinic.appointment_participant (clinic_id, id, appointment_id, actor_type, actor_id)
      select '\(clinic)', v.* from (values ('q1', 'ap-group', 'patient', 'x-month'), ('q2', 'ap-group', 'patient', 'x-year'),
        ('q3', 'ap-same', 'patient', 'x-month')) v where (select count(*) from appointments) > 0),
    encounters as (insert into clinic.encounter (clinic_id, id, patient_id, class, status, started_at, ended_at)
      select '\(clinic)', v.* from (values ('e-open', 'x-month', 'AMB', 'in-progress', '2026-10-05 08:00+01'::timestamptz, null::timestamptz),
        ('e-none', 'x-month', 'AMB', 'planned', null, null),
        ('e-end', 'x-year', 'AMB', 'finished', null, '2026-10-06 08:00+01'),
        ('e-long', 'x-year', 'IMP', 'finished', '2026-09-20 08:00+01', '2026-10-09 11:00+01'),
        ('e-day', 'x-year', 'IMP', 'finished', '2026-10-08 08:00+01', '2026-10-09 08:00+01'),
        ('e-old', 'x-month', 'IMP', 'in-progress', '2019-01-05 08:00+01', null)) v where (select count(*) from patients) > 0)
    insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value)
      select '\(clinic)', v.* from (values ('i1', 'patient', 'x-month', 'urn:a', 'one|two,three'), ('i2', 'patient', 'x-year', 'urn:b', 'one|two,three'),
        ('i3', 'appointment', 'ap-group', 'urn:placer', 'P-1')) v
      where (select count(*) from patients) > 0 and (select count(*) from appointments) > 0
    """
  }

  /// What was found and done, for two patients of `corners`.
  private static func clinical(_ clinic: String) -> [String] {
    [
      """
      insert into clinic.account (clinic_id, id, patient_id, name, status, period_from) values
        ('\(clinic)', 'ac-1', 'x-month', 'Rachis', 'active', '2026-10-01'), ('\(clinic)', 'ac-2', 'x-year', null, 'inactive', null)
      """,
      """
      insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value)
        values ('\(clinic)', 'i-ac', 'account', 'ac-1', 'urn:accounts', 'A-1')
      """,
      "update clinic.invoice set account_id = 'ac-1' where id = (select min(id) from clinic.invoice)",
      """
      insert into clinic.observation (clinic_id, id, kind, report_id, patient_id, encounter_id, code_system, code_code,
        code_display, status, effective_at, issued_at, section, number_system, number, value_kind, value_comparator,
        value_quantity, value_quantity_2, value_unit, value_unit_system, value_unit_code, value_text, value_code,
        interpretation, range_text, range_low, comment) values
        ('\(clinic)', 'o-rep', 'report', null, 'x-month', 'e-open', 'http://loinc.org', '24323-8', 'Panel', 'final',
          '2026-10-05 08:10+01', '2026-10-05 10:00+01', 'LAB', 'urn:lab', 'LB-1', null, null, null, null, null, null,
          null, null, null, '{}', null, null, 'All well'),
        ('\(clinic)', 'o-quantity', 'result', 'o-rep', 'x-month', 'e-open', 'http://loinc.org', '2345-7', 'Glucose',
          'final', '2026-10-05 08:10+01', null, null, null, null, 'quantity', '<', 5.10, null, 'mmol/L',
          'http://unitsofmeasure.org', 'mmol/L', null, null, '{H,A}', '3.9-5.5', 3.9, 'Fasting'),
        ('\(clinic)', 'o-range', 'result', 'o-rep', 'x-month', null, null, 'R', 'Range', 'preliminary', null, null, null,
          null, null, 'range', null, 1, 3, 'g', null, null, null, null, '{}', null, null, null),
        ('\(clinic)', 'o-ratio', 'result', 'o-rep', 'x-year', null, 'urn:l', 'T', null, 'corrected', '2026-10-06 08:10+01',
          null, null, null, null, 'ratio', null, 1, 128, null, null, null, null, null, '{}', null, null, null),
        ('\(clinic)', 'o-text', 'result', null, 'x-year', null, null, null, 'Words', 'amended', '2026-10-07 08:10+01', null,
          null, null, null, null, null, null, null, null, null, null, 'clear', null, '{}', null, null, null),
        ('\(clinic)', 'o-time', 'result', null, 'x-year', null, 'urn:l', 'D', null, 'final', '2026-10-07 08:10+01', null,
          null, null, null, 'time', null, null, null, null, null, null, '08:05:00', null, '{}', null, null, null),
        ('\(clinic)', 'o-code', 'result', null, 'x-year', null, 'urn:l', 'G', null, 'final', '2026-10-08 08:10+01', null,
          null, null, null, 'code', null, null, null, null, null, null, null, 'A', '{}', null, null, null),
        ('\(clinic)', 'o-none', 'result', null, 'x-year', null, 'urn:l', 'N', null, 'cancelled', null, null, null, null,
          null, null, null, null, null, null, null, null, null, null, '{}', null, null, null)
      """,
      """
      insert into gateway.document_content (clinic_id, sha256, content) values ('\(clinic)', sha256('held'), 'held')
      """,
      """
      insert into clinic.document (clinic_id, id, patient_id, encounter_id, report_id, type_system, type_code,
        type_display, title, content_type, bytes, sha256, content_location, created_at, status, stage, number, replaces_id)
      values
        ('\(clinic)', 'd-held', 'x-month', 'e-open', 'o-rep', 'http://loinc.org', '11502-2', 'Report', 'Report',
          'text/plain', 4, sha256('held'), 'gateway:content/' || encode(sha256('held'), 'hex'), '2026-10-05 10:00+01',
          'current', 'final', 'LB-1', null),
        ('\(clinic)', 'd-away', 'x-year', null, null, null, null, null, null, 'application/pdf', null, null,
          'https://files.example/1', null, 'superseded', null, null, null),
        ('\(clinic)', 'd-next', 'x-year', null, null, null, 'N', null, null, null, null, null, null,
          '2026-10-06 10:00+01', 'current', 'amended', null, 'd-away')
      """,
      """
      insert into clinic.condition (clinic_id, id, patient_id, encounter_id, code_system, code_code, code_display, status,
        verification, onset_on, recorded_at) values
        ('\(clinic)', 'c-1', 'x-month', 'e-open', 'http://hl7.org/fhir/sid/icd-10', 'M54.5', 'Lombalgie', 'active',
          'confirmed', '2026-09-01', '2026-10-05 08:00+01'),
        ('\(clinic)', 'c-2', 'x-year', null, null, null, 'Entorse', 'entered-in-error', null, null, null)
      """,
      """
      insert into clinic.procedure (clinic_id, id, patient_id, encounter_id, code_system, code_code, status, performed_at)
      values ('\(clinic)', 'p-1', 'x-month', 'e-open', 'urn:ccam', 'AHQP001', 'completed', '2026-10-05 08:20+01'),
        ('\(clinic)', 'p-2', 'x-year', null, null, 'AHQP001', 'not-done', null)
      """,
      """
      insert into clinic.allergy (clinic_id, id, patient_id, code_system, code_code, code_display, status, category,
        severity, reaction, recorded_on) values
        ('\(clinic)', 'a-1', 'x-month', 'http://www.nlm.nih.gov/research/umls/rxnorm', '7980', 'Pénicilline', 'active',
          'medication', 'severe', 'Urticaire', '2024-03-10'),
        ('\(clinic)', 'a-2', 'x-year', null, null, 'Latex', 'entered-in-error', null, null, null, null)
      """,
    ]
  }

  /// Calls `body` with a service on a loop of its own.
  static func withService<Value: Sendable>(
    dsn: String, cacheBytes: Int = 1 << 20, now: (@Sendable () -> Int64)? = nil,
    _ body: @escaping @Sendable (FHIRClient) async throws -> Value
  ) async throws -> Value {
    let clinicID = try await clinicID("casablanca", dsn)
    return try await PostgresTestCluster.withPool(
      dsn: dsn, configure: { $0.overrides["user"] = "passerelle_app" },
      { pool in
        var configuration = PostgresConfiguration(dsn: dsn)
        configuration.overrides["user"] = "passerelle_auditor"
        configuration.connections = 1
        let auditor = PostgresPool(configuration, loop: pool.loop)
        var settings = FHIRService.Settings(pageKey: pageKey)
        settings.cacheBytes = cacheBytes
        if let now { settings.now = now }
        let service = FHIRService(pool: pool, auditPool: auditor, settings: settings)
        let clinic = ClinicIdentity(
          id: clinicID, slug: "casablanca", name: "Cabinet", timeZone: "Africa/Casablanca",
          zone: ZoneFiles.offsets(named: "Africa/Casablanca") ?? .utc, currency: "MAD", taxRegime: "ma-tva")
        let outcome: Result<Value, any Error>
        do { outcome = .success(try await body(FHIRClient(service: service, clinic: clinic))) } catch {
          outcome = .failure(error)
        }
        await auditor.shutdown(graceMilliseconds: 1_000)
        return try outcome.get()
      })
  }
}

/// Asks a service as one partner.
struct FHIRClient: @unchecked Sendable {
  let service: FHIRService
  var clinic: ClinicIdentity
  var scopes = "system/*.cruds"
  var partnerID = FHIRFixture.partnerID

  func request(
    _ method: String = "GET", _ target: String, _ fields: FHIRRequest.Fields = .init(), body: String = ""
  ) throws -> FHIRRequest {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let scopes = try ScopeSet(parsing: scopes)
    let partner = Partner(id: partnerID, slug: "emr", requirement: .both, scopes: scopes, clinics: [clinic.id])
    return FHIRRequest(
      caller: Caller(partner: partner, scopes: scopes, keyID: nil), clinic: clinic, method: method,
      path: parts[0].split(separator: "/").map(String.init), query: parts.count == 2 ? Array(parts[1].utf8) : [],
      fields: fields, body: Array(body.utf8), baseURL: FHIRFixture.base, requestID: "req-1")
  }

  func answer(
    _ method: String = "GET", _ target: String, body: String = "", _ set: (inout FHIRRequest.Fields) -> Void = { _ in }
  ) async throws -> FHIRAnswer {
    var fields = FHIRRequest.Fields()
    set(&fields)
    return await service.answer(try request(method, target, fields, body: body))
  }

  /// Every page of a search, following the links.
  func pages(_ target: String, limit: Int = 1_000) async throws -> [JSONValue] {
    var pages: [JSONValue] = []
    var next: String? = target
    while let target = next, pages.count < limit {
      let answer = try await answer("GET", target)
      guard answer.status == 200 else {
        throw Failure(text: "\(target): \(answer.audit.reason ?? "") \(String(decoding: answer.body, as: UTF8.self))")
      }
      let bundle = try JSONValue.parse(answer.body)
      pages.append(bundle)
      next = bundle["link"]?.array?.first { $0["relation"]?.string == "next" }?["url"]?.string
        .map { String($0.dropFirst(FHIRFixture.base.utf8.count + 1)) }
    }
    return pages
  }

  func resources(_ target: String) async throws -> [JSONValue] {
    try await pages(target).flatMap { $0["entry"]?.array ?? [] }.compactMap { $0["resource"] }
  }

  struct Failure: Error, CustomStringConvertible {
    let text: String
    var description: String { text }
  }
}
