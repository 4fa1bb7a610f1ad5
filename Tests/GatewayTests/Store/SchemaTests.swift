import ClinicModel
import TestSupport
import XCTest

@testable import Gateway

/// Tenants, versions, history and search keys, as the database itself keeps them.
final class SchemaTests: XCTestCase {
  private func database(_ label: String) async throws -> String {
    let dsn = try await StoreFixture.migratedDatabase(label)
    try await StoreFixture.addClinics(dsn)
    return dsn
  }

  func testEveryTableWithAClinicForcesRowSecurity() async throws {
    let dsn = try await StoreFixture.migratedDatabase("force")
    let open = try await StoreFixture.run(
      dsn,
      """
      select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('clinic', 'gateway') and c.relkind in ('r', 'p')
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'clinic_id')
        and not (c.relrowsecurity and c.relforcerowsecurity)
      """)
    XCTAssertEqual(open, [])
  }

  func testNobodySeesAnotherClinicsRows() async throws {
    let dsn = try await database("tenants")
    let tables = try await StoreFixture.run(
      dsn, "select quote_ident(tablename) from pg_tables where schemaname = 'clinic' and tablename <> 'clinic'")
    let counts = tables.compactMap(\.[0]).map { "select '\($0)' as t, count(*) as n from clinic.\($0)" }
    XCTAssertGreaterThan(counts.count, 30)
    for clinic in [nil, "", StoreFixture.paris] {
      let seen = try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: clinic,
        "select t from (\(counts.joined(separator: " union all "))) c where n > 0")
      XCTAssertEqual(seen, [], "as \(clinic ?? "nobody")")
    }
    let own = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: StoreFixture.casablanca, "select count(*) from clinic.patient")
    XCTAssertEqual(own, [["1"]])
    do {
      try await StoreFixture.run(
        dsn, as: "passerelle_app", clinic: StoreFixture.paris,
        "insert into clinic.patient (clinic_id, id) values ('\(StoreFixture.casablanca)', 'intruder')")
      XCTFail("a row of another clinic must be refused")
    } catch {}
  }

  func testAppMayNotReadPartnersAuditOrChangeTables() async throws {
    let dsn = try await database("rights")
    for statement in [
      "select delivery_secret_sealed from gateway.partner", "select * from gateway.api_key",
      "select * from gateway.audit_event", "delete from gateway.audit_event", "create table clinic.mine ()",
      "update gateway.delivery set state = 'delivered'", "select gateway.claim_deliveries('w', 1, 1, 1)",
      "insert into clinic.patient_key values ('\(StoreFixture.casablanca)', 'family', 'x', 'p')",
      "delete from gateway.document_content", "update gateway.document_content set content = ''",
      "set role passerelle_owner",
    ] {
      do {
        try await StoreFixture.run(dsn, as: "passerelle_app", clinic: StoreFixture.casablanca, statement)
        XCTFail("must be refused: \(statement)")
      } catch {}
    }
  }

  func testAVersionIsCountedOnceATransactionAndOnlyForAChange() async throws {
    let dsn = try await database("versions")
    let clinic = StoreFixture.casablanca
    let version = "select version from clinic.patient where id = 'p'"
    var rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "update clinic.patient set phone = phone, version = 40", version)
    XCTAssertEqual(rows, [["1"]], "nothing changed")
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "update clinic.patient set family = 'Alaoui'",
      """
      insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value)
        values ('\(clinic)', 'i', 'patient', 'p', 'urn:cin', 'BE1')
      """,
      "insert into clinic.patient_name (clinic_id, id, patient_id, family) values ('\(clinic)', 'n', 'p', 'Idrissi')",
      version)
    XCTAssertEqual(rows, [["2"]], "its children changed in the same transaction")
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "update clinic.identifier set value = 'BE2'", version)
    XCTAssertEqual(rows, [["3"]], "a child changed by itself")
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "delete from clinic.identifier",
      "update clinic.patient set deleted_at = now()",
      "select operation || version from gateway.change_log where relation = 'patient' order by sequence")
    XCTAssertEqual(rows, [["create1"], ["update2"], ["update3"], ["update4"], ["delete5"]])
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      """
      select relation || version, coalesce(body->>'family', body->>'value') from gateway.record_version
      order by replaced_in, relation, version
      """)
    XCTAssertEqual(
      rows,
      [
        ["patient1", "Bénnani"], ["identifier1", "BE1"], ["patient2", "Alaoui"], ["identifier2", "BE2"],
        ["patient3", "Alaoui"], ["patient4", "Alaoui"],
      ])
  }

  func testLinksAndMovementsAreChangesOfTheirRecord() async throws {
    let dsn = try await database("members")
    let clinic = StoreFixture.casablanca
    var rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      "insert into clinic.patient (clinic_id, id) values ('\(clinic)', 'q')",
      """
      insert into clinic.encounter (clinic_id, id, patient_id, class, status)
        values ('\(clinic)', 'e', 'p', 'IMP', 'in-progress')
      """, "select 1")
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      """
      insert into clinic.patient_link (clinic_id, id, patient_id, other_id)
        values ('\(clinic)', 'l1', 'p', 'q'), ('\(clinic)', 'l2', 'q', 'p')
      """,
      """
      insert into clinic.encounter_movement (clinic_id, id, encounter_id, number, event)
        values ('\(clinic)', 'm', 'e', '1', 'A01')
      """,
      """
      select id || version from clinic.patient where id in ('p', 'q')
        union all select id || version from clinic.encounter order by 1
      """)
    XCTAssertEqual(rows, [["e2"], ["p2"], ["q2"]])
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "delete from clinic.patient_link",
      "update clinic.encounter_movement set unit = 'U1'",
      """
      select relation, id, operation, parent_relation, parent_id from gateway.record_version
      where parent_id is not null order by relation, id
      """)
    XCTAssertEqual(
      rows,
      [
        ["encounter_movement", "m", "update", "encounter", "e"], ["patient_link", "l1", "delete", "patient", "p"],
        ["patient_link", "l2", "delete", "patient", "q"],
      ])
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      """
      select id || version from clinic.patient where id in ('p', 'q')
        union all select id || version from clinic.encounter order by 1
      """)
    XCTAssertEqual(rows, [["e3"], ["p3"], ["q3"]])
  }

  func testSearchKeysFollowNamesAndTelecoms() async throws {
    let dsn = try await database("keys")
    let clinic = StoreFixture.casablanca
    let keys = "select kind || ':' || key from clinic.patient_key order by 1"
    var rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      "insert into clinic.patient_name (clinic_id, id, patient_id, family) values ('\(clinic)', 'n', 'p', 'El Fassi')",
      """
      insert into clinic.patient_telecom (clinic_id, id, patient_id, system, value)
        values ('\(clinic)', 't', 'p', 'email', ' Amina@Example.org')
      """, keys)
    XCTAssertEqual(
      rows.compactMap(\.[0]),
      [
        "email:amina@example.org", "family:bennani", "family:el fassi", "given:amina", "given:fatima zahra",
        "phone:2126001",
      ])
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic,
      "update clinic.patient set family = 'Şahin', given = '{}', phone = null",
      "delete from clinic.patient_telecom", keys)
    XCTAssertEqual(rows.compactMap(\.[0]), ["family:el fassi", "family:sahin"])
    rows = try await StoreFixture.run(
      dsn, as: "passerelle_app", clinic: clinic, "update clinic.patient set deleted_at = now()", keys)
    XCTAssertEqual(rows, [])
  }

  /// Whatever is changed, by whom and in whatever order, the keys are those that a rebuild from nothing would give.
  func testSearchKeysAreThoseOfARebuildAfterAnyChanges() async throws {
    let dsn = try await database("keys_any")
    let clinic = StoreFixture.casablanca
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeedRandom(seed)
    func pick(_ values: [String]) -> String { generator.pick(values) }
    let patients = ["p", "q", "r"]
    let words = ["Bénnani", "Alaoui", "Zahra", "zahra", "Nguyễn", ""]
    let numbers = ["+212 600-1", "0600 1", "212600-1", "2", ""]
    var statements = ["q", "r"].map { "insert into clinic.patient (clinic_id, id) values ('\(clinic)', '\($0)')" }
    for step in 0..<160 {
      let patient = pick(patients)
      switch generator.below(9) {
      case 0: statements.append("update clinic.patient set family = '\(pick(words))' where id = '\(patient)'")
      case 1:
        statements.append(
          "update clinic.patient set given = '{\(pick(words)) a,\(pick(words)) b}' where id = '\(patient)'")
      case 2:
        statements.append(
          "update clinic.patient set phone = '\(pick(numbers))', email = '\(pick(words))@x' where id <> 'q'")
      case 3:
        statements.append(
          "update clinic.patient set deleted_at = case when deleted_at is null then now() end where id = '\(patient)'")
      case 4:
        statements.append(
          """
          insert into clinic.patient_name (clinic_id, id, patient_id, family, given)
            values ('\(clinic)', 'n\(step)', '\(patient)', '\(pick(words))', '{\(pick(words)) a}')
          """)
      case 5:
        statements.append(
          """
          insert into clinic.patient_telecom (clinic_id, id, patient_id, system, value)
            values ('\(clinic)', 't\(step)', '\(patient)', '\(pick(["phone", "email", "fax"]))', '\(pick(numbers))')
          """)
      case 6:
        statements.append(
          "update clinic.patient_telecom set value = '\(pick(numbers))', system = 'phone' where patient_id = '\(patient)'"
        )
      case 7:
        statements.append(
          "update clinic.patient_name set family = '\(pick(words))', deleted_at = null where patient_id = '\(patient)'")
      default:
        let table = pick(["patient_name", "patient_telecom"])
        statements.append(
          generator.chance(percent: 50)
            ? "delete from clinic.\(table) where patient_id = '\(patient)'"
            : "update clinic.\(table) set deleted_at = now() where patient_id = '\(patient)'")
      }
    }
    // Whatever chance took away, somebody is left to be found.
    statements.append("update clinic.patient set family = 'Alaoui', deleted_at = null where id = 'q'")
    for statement in statements { try await StoreFixture.run(dsn, as: "passerelle_owner", statement) }
    let keys = "select patient_id, kind, key from clinic.patient_key order by 1, 2, 3"
    let kept = try await StoreFixture.run(dsn, as: "passerelle_owner", keys)
    let rebuilt = try await StoreFixture.run(
      dsn, as: "passerelle_owner", "delete from clinic.patient_key",
      "select clinic.rebuild_patient_keys(array_agg(clinic_id), array_agg(id)) from clinic.patient", keys)
    XCTAssertEqual(kept, rebuilt, "seed \(seed)")
    XCTAssertFalse(rebuilt.isEmpty)
  }

  func testSQLAndSwiftFoldEveryCharacterAlike() async throws {
    let dsn = try await StoreFixture.migratedDatabase("fold")
    let rows = try await StoreFixture.run(
      dsn,
      """
      select n::text, clinic.fold('A' || chr(n) || 'É') from generate_series(1, 65535) n
      where n not between 55296 and 57343
      """)
    XCTAssertEqual(rows.count, 63487)
    for row in rows {
      guard let number = row[0].flatMap({ UInt32($0) }), let scalar = Unicode.Scalar(number), let sql = row[1] else {
        return XCTFail("no text for \(row)")
      }
      XCTAssertEqual(Array(FoldedKey.fold("A\(scalar)É").utf8), Array(sql.utf8), "U+\(String(number, radix: 16))")
    }
    for name in ["  Đặng  Thị\tHuệ ", "D’Arcy–O`Neil", "ŒUVRARD Æ ß", "e\u{301}\u{302} \u{300}", "", " ", "Ünal  "] {
      let literal = name.replacingOccurrences(of: "'", with: "''")
      let sql = try await StoreFixture.run(dsn, "select clinic.fold('\(literal)')")
      XCTAssertEqual(FoldedKey.fold(name), sql[0][0], name)
    }
  }
}

/// The states of messages, as the table and the program know them.
final class MessageStateTests: XCTestCase {
  func testTheTableTakesExactlyTheStatesThatTheProgramKnows() async throws {
    let dsn = try await StoreFixture.migratedDatabase("states")
    let rows = try await StoreFixture.run(
      dsn,
      """
      select pg_get_constraintdef(oid) from pg_constraint
      where conrelid = 'gateway.hl7_message'::regclass and contype = 'c' and pg_get_constraintdef(oid) like '%state%'
      """)
    let text = try XCTUnwrap(rows.first?.first ?? nil)
    let known = text.split(separator: "'").enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    XCTAssertEqual(Set(known), Set(MessageState.allCases.map(\.rawValue)), text)
  }
}
