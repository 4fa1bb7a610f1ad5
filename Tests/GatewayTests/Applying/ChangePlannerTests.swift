import ClinicModel
import HL7Parser
import JSON
import Mappers
import PostgresClient
import XCTest

@testable import Gateway

/// Decisions message after message of one transaction, without a database.
final class ChangePlannerTests: XCTestCase {
  private let clinic = "11111111-1111-4111-8111-111111111111"
  private let number = IdentifierValue(system: "urn:id:HIS", value: "P1")
  private let noon = Instant(microseconds: 1_700_000_000_000_000)

  private func planner(_ lookup: RecordLookup = RecordLookup()) -> ChangePlanner {
    var count = 0
    return ChangePlanner(
      clinicID: clinic, lookup: lookup, references: ReferenceResolver(clinicID: clinic, known: [:]),
      newID: {
        count += 1
        return "new-\(count)"
      })
  }

  private func patient(_ family: String) -> ClinicChanges {
    var change = PatientChange(key: PatientKey(identifiers: [number]))
    change.family = .set(family)
    return ClinicChanges(event: "ADT^A08", moment: noon, changes: [.upsertPatient(change)])
  }

  private func standing(version: Int, eventAt: Instant, fingerprint: String) -> RecordLookup {
    var lookup = RecordLookup()
    lookup.owners[RecordKey(.patient, number)] = [
      StandingRecord(
        id: "p1", version: version, eventAt: eventAt, fingerprint: fingerprint, fingerprintVersion: version)
    ]
    lookup.rows.put(StandingRow(id: "p1", written: ["family": "B", "phone": "1"]), of: .patient)
    return lookup
  }

  private func plan(_ decision: ChangePlanner.Decision, _ line: UInt = #line) throws -> ChangePlanner.Plan {
    guard case .now(let plan) = decision else {
      XCTFail("put off", line: line)
      return ChangePlanner.Plan()
    }
    return plan
  }

  func testANewPatientIsMadeWithItsNumber() throws {
    var planner = planner()
    let plan = try plan(planner.decide(patient("A"), moment: noon, fingerprint: "f"))
    XCTAssertEqual(plan.queries.map { $0.text.split(separator: " ")[2] }, ["clinic.patient", "clinic.identifier"])
    XCTAssertEqual(plan.effects.all.map(\.recordID), ["new-1"])
  }

  func testTheSameWordsInOneTransactionAreFreeAndOthersWait() throws {
    var planner = planner()
    _ = try planner.decide(patient("A"), moment: noon, fingerprint: "f")
    let same = try plan(planner.decide(patient("A"), moment: noon, fingerprint: "f"))
    XCTAssertEqual(same.queries.count, 0)
    XCTAssertEqual(same.effects.all.map(\.operation), [.none])
    guard case .later = try planner.decide(patient("B"), moment: noon, fingerprint: "g") else {
      return XCTFail("two changes of one record in one transaction")
    }
  }

  func testWordsThatStandAreNotTriedUnlessTheRecordHasChangedSince() throws {
    var settled = planner(standing(version: 3, eventAt: noon, fingerprint: "f"))
    XCTAssertEqual(try plan(settled.decide(patient("A"), moment: noon, fingerprint: "f")).queries.count, 0)
    var lookup = standing(version: 4, eventAt: noon, fingerprint: "f")
    lookup.owners[RecordKey(.patient, number)]?[0].fingerprintVersion = 3
    var changed = planner(lookup)
    XCTAssertGreaterThan(try plan(changed.decide(patient("A"), moment: noon, fingerprint: "f")).queries.count, 0)
  }

  func testARecordChangedTwiceByOneMessageEndsAsItsLastWordsSay() throws {
    var planner = planner(standing(version: 3, eventAt: noon, fingerprint: "g"))
    var (first, second) = (
      PatientChange(key: PatientKey(identifiers: [number])), PatientChange(key: PatientKey(identifiers: [number]))
    )
    (first.phone, second.phone, second.family) = (.set("2"), .set("1"), .set("B"))
    let changes = ClinicChanges(
      event: "ADT^A08", moment: noon, changes: [.upsertPatient(first), .upsertPatient(second), .upsertPatient(second)])
    let plan = try plan(planner.decide(changes, moment: noon, fingerprint: "f"))
    XCTAssertEqual(plan.queries.map { $0.columns[1][0] }, [#"{"phone":"2"}"#, #"{"phone":"1"}"#])
    XCTAssertEqual(RecordWrite.statements(plan.queries, clinic: "c").count, 2, "one after the other")
  }

  func testAnOlderEventIsSuperseded() throws {
    var planner = planner(standing(version: 3, eventAt: noon.adding(seconds: 60), fingerprint: "g"))
    let plan = try plan(planner.decide(patient("A"), moment: noon, fingerprint: "f"))
    XCTAssertTrue(plan.isSuperseded)
    XCTAssertEqual(plan.queries.count, 0)
  }

  func testAnEqualMomentIsNotOlder() throws {
    var planner = planner(standing(version: 3, eventAt: noon, fingerprint: "g"))
    XCTAssertFalse(try plan(planner.decide(patient("A"), moment: noon, fingerprint: "f")).isSuperseded)
  }

  func testARefusalLeavesTheCopyFromBeforeAsItWas() throws {
    let before = planner()
    var planner = before
    var changes = patient("A")
    let visit = IdentifierValue(system: "urn:id:HIS", value: "V1")
    changes.changes.append(
      .upsertEncounter(
        EncounterChange(
          patient: PatientKey(identifiers: [number]), match: .visitNumber(visit), mustExist: true,
          status: .set(.finished))))
    XCTAssertThrowsError(try planner.decide(changes, moment: noon, fingerprint: "f")) { error in
      XCTAssertEqual((error as? ChangePlanner.Refusal)?.finding.condition, .unknownKeyIdentifier)
      XCTAssertEqual((error as? ChangePlanner.Refusal)?.finding.location, HL7Location("PV1", field: 19))
    }
    planner = before
    let next = try plan(planner.decide(patient("B"), moment: noon, fingerprint: "g"))
    XCTAssertEqual(next.queries.count, 2, "the patient of the refused message was not made")
  }

  func testAPatientMergedIntoAnUnknownOneIsRefused() throws {
    var planner = planner(standing(version: 1, eventAt: noon, fingerprint: "g"))
    let merge = PatientMerge(
      survivor: PatientKey(identifiers: [number]),
      merged: PatientKey(identifiers: [IdentifierValue(system: "urn:id:HIS", value: "P2")]))
    let changes = ClinicChanges(event: "ADT^A40", moment: noon, changes: [.mergePatients(merge)])
    XCTAssertThrowsError(try planner.decide(changes, moment: noon, fingerprint: "f")) { error in
      XCTAssertEqual((error as? ChangePlanner.Refusal)?.finding.location, HL7Location("MRG", field: 1))
    }
  }

  func testIdsOfReferencesAreTheSameInEveryProcess() {
    let key = RecordKey(.practitioner, IdentifierValue(system: "urn:id:HIS", value: "INPE081234"))
    let id = key.derivedID(clinic)
    XCTAssertEqual(
      id, RecordKey(.practitioner, IdentifierValue(system: "urn:id:HIS", value: "INPE081234")).derivedID(clinic))
    XCTAssertNotEqual(id, key.derivedID("22222222-2222-4222-8222-222222222222"))
    XCTAssertEqual(id.split(separator: "-").map(\.count), [8, 4, 4, 4, 12])
    XCTAssertEqual(Array(id)[14], "8")
  }
}
