import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// AL1, DG1, PR1 and BAR, field by field.
final class HL7HistoryMappingTests: XCTestCase {
  private func changes(_ event: String, _ lines: String...) throws -> [ClinicChange] {
    try HL7Fixtures.changes(HL7Fixtures.message(event, (["PID|||P1"] + lines).joined(separator: "\r")))
  }

  private let visit = "PV1|1|O|||||||||||||||||V1"

  /// Senders spell the names of table 0396 in many ways.
  func testCodingSystemsByEveryName() throws {
    for (name, system) in [
      ("I10", "http://hl7.org/fhir/sid/icd-10"), ("ICD-10", "http://hl7.org/fhir/sid/icd-10"),
      ("CIM-10", "http://hl7.org/fhir/sid/icd-10"), ("ICD-10-CM", "http://hl7.org/fhir/sid/icd-10-cm"),
      ("I9", "http://hl7.org/fhir/sid/icd-9-cm"), ("Loinc", "http://loinc.org"),
      ("SNOMED CT", "http://snomed.info/sct"), ("ATC", "http://www.whocc.no/atc"), ("XYZ", "urn:id:XYZ"),
    ] {
      let message = try HL7Fixtures.message("ADT^A31", "PID|||1^^^CHU", "DG1|1||M54.5^Lombalgie^\(name)|||F")
      XCTAssertEqual(try HL7Fixtures.changes(message).conditions.first?.code.system, system, name)
    }
  }

  func testAllergies() throws {
    let found = try changes("ADT^A31", "AL1|1|DA|7980^Pénicilline^RXNORM|SV|Urticaire~A^Œdème|20240310").allergies
    XCTAssertEqual(found.count, 1)
    XCTAssertEqual(found[0].category, .set(.medication))
    XCTAssertEqual(found[0].severity, .set(.severe))
    XCTAssertEqual(found[0].reaction, .set("Urticaire; Œdème"))
    XCTAssertEqual(found[0].recordedOn, .set(try CalendarDate("2024-03-10")))
    XCTAssertEqual(found[0].code.display, "Pénicilline")
    let words = try changes("ADT^A31", "AL1|1||^Latex|U").allergies
    XCTAssertEqual(words[0].code, Code(code: nil, display: "Latex"))
    XCTAssertEqual(words[0].severity, .leave)
    XCTAssertEqual(try changes("ADT^A31", "AL1|1||\"\"").allergies.count, 0)
  }

  func testAllergiesOfIAM() throws {
    let found = try changes(
      "ADT^A60", "IAM|1|FA^Food^HL70127|102263004^Eggs^SCT|MO|Urticaria|A|||||||20260301||||C"
    ).allergies
    XCTAssertEqual(found.count, 1)
    XCTAssertEqual(found[0].category, .set(.food))
    XCTAssertEqual(found[0].severity, .set(.moderate))
    XCTAssertEqual(found[0].reaction, .set("Urticaria"))
    XCTAssertEqual(found[0].recordedOn, .set(try CalendarDate("2026-03-01")))
    XCTAssertEqual(found[0].status, .set(.active))
    let gone = try changes("ADT^A60", "IAM|1|FA|102263004^Eggs^SCT||| D").allergies
    XCTAssertEqual(gone[0].key, found[0].key)
    XCTAssertEqual(gone[0].status, .set(.enteredInError))
    let said = try changes("ADT^A31", "AL1|1|FA|102263004^Eggs^SCT").allergies
    XCTAssertEqual(said[0].key, found[0].key, "AL1 tells of the same allergy")
    XCTAssertEqual(said[0].status, .fill(.active))
    let over = try changes("ADT^A60", "IAM|1|FA|102263004^Eggs^SCT|||U|||||||||||I").allergies
    XCTAssertEqual(over[0].status, .set(.inactive))
    XCTAssertEqual(try changes("ADT^A60", "IAM|1|FA|^^|||A").allergies.count, 0)
  }

  func testDiagnoses() throws {
    let found = try changes("ADT^A01", visit, "DG1|1||M54.5^Lombalgie^I10||20261102090000|W|||||||||1|INPE1^Roe")
      .conditions
    XCTAssertEqual(found.count, 1)
    XCTAssertEqual(found[0].code.system, "http://hl7.org/fhir/sid/icd-10")
    XCTAssertEqual(found[0].verification, .set(.provisional))
    XCTAssertEqual(found[0].rank, .set(1))
    XCTAssertEqual(found[0].encounter?.identifiers.first?.value, "V1")
    XCTAssertEqual(found[0].status, .fill(.active))
    let final = try changes("ADT^A03", visit, "DG1|1||M54.5^Lombalgie^I10|||F").conditions
    XCTAssertEqual(final[0].key, found[0].key, "the working diagnosis is the final one")
    XCTAssertEqual(final[0].verification, .set(.confirmed))
    let gone = try changes("ADT^A08", visit, "DG1|1||M54.5^Lombalgie^I10|||F|||||||||||||||D").conditions
    XCTAssertEqual(gone[0].status, .set(.enteredInError))
    let words = try changes("ADT^A08", visit, "DG1|1|||Entorse").conditions
    XCTAssertEqual(words[0].code, Code(code: nil, display: "Entorse"))
    let bare = try HL7Fixtures.message("ADT^A01", "PID|||1\r\(visit)\rDG1|1\rAL1|1|DA\rPR1|1")
    let warnings = try HL7Mapping.changes(for: bare, profile: HL7Fixtures.profile).warnings
    XCTAssertEqual(warnings.compactMap { $0.location?.description }, ["AL1-3", "DG1-3", "PR1-3"])
  }

  func testProcedures() throws {
    let found = try changes("ADT^A03", visit, "PR1|1||AHQP001^Acte^CCAM||20261102091500||||||INPE2^Tazi").procedures
    XCTAssertEqual(found[0].performedAt, .set(try Instant("2026-11-02T09:15:00+01:00")))
    XCTAssertEqual(found[0].practitioner.initial?.family, "Tazi")
    let other = try changes("ADT^A03", visit, "PR1|1||AHQP001^Acte^CCAM||20261103091500").procedures
    XCTAssertNotEqual(found[0].key, other[0].key, "the same act at another time is another")
  }

  func testAccounts() throws {
    let pid = "PID|||P1|||||||||||||||AC1"
    func bar(_ event: String, _ pv1: String) throws -> HL7Message {
      try HL7Fixtures.message("BAR^\(event)", "\(pid)\r\(pv1)\rIN1|1||CNSS|Caisse")
    }
    let opened = try HL7Fixtures.changes(bar("P01", "PV1|1|O|" + String(repeating: "|", count: 41) + "20261102"))
    XCTAssertEqual(opened.account?.number.value, "AC1")
    XCTAssertEqual(opened.account?.from, .set(try CalendarDate("2026-11-02")))
    XCTAssertEqual(opened.coverages.count, 1)
    let ended = try HL7Fixtures.changes(bar("P06", "PV1|1|O")).account
    XCTAssertEqual(ended?.status, .set(.inactive))
    XCTAssertEqual(ended?.mustExist, true)
    assertRefused(try HL7Fixtures.message("BAR^P01", "PID|||1"), .requiredFieldMissing, "PID-18")
  }
}
