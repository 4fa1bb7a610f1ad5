import ClinicModel
import FHIRModels
import Mappers
import XCTest

/// What was found, done and charged, as an EMR reads it.
final class FHIRClinicalMappersTests: FHIRMapperTestCase {
  private func assertHolds(_ json: String, _ parts: String..., line: UInt = #line) {
    for part in parts { XCTAssertTrue(json.contains(part), "\(part) is not in \(json)", line: line) }
  }

  private func observation(_ value: ObservationValue?) throws -> String {
    var record = ObservationRecord(row: row("o1"), kind: .result, status: .final, patientID: "p1")
    record.code = Code(system: "http://loinc.org", code: "2345-7", display: "Glucose")
    record.value = value
    return try text(ObservationMapper.resource(record, context))
  }

  func testEachKindOfValue() throws {
    let unit = Code(system: "http://unitsofmeasure.org", code: "g/L", display: "g/L")
    assertHolds(
      try observation(.quantity(comparator: "<", number: "5.10", unit: unit)),
      #""valueQuantity":{"value":5.10,"comparator":"<","unit":"g/L","system":"http://unitsofmeasure.org","code":"g/L"}"#
    )
    assertHolds(
      try observation(.quantity(comparator: nil, number: "7", unit: Code(code: "mg", display: nil))),
      #""valueQuantity":{"value":7,"unit":"mg"}"#)
    assertHolds(
      try observation(.range(low: "1", high: nil, unit: nil)), #""valueRange":{"low":{"value":1}}"#)
    assertHolds(
      try observation(.ratio(numerator: "1", denominator: "128", unit: nil)),
      #""valueRatio":{"numerator":{"value":1},"denominator":{"value":128}}"#)
    assertHolds(try observation(.text("clear")), #""valueString":"clear""#)
    assertHolds(
      try observation(.code(Code(code: nil, display: "Positive"))), #""valueCodeableConcept":{"text":"Positive"}"#)
    assertHolds(try observation(.time("08:05:00")), #""valueTime":"08:05:00""#)
    assertHolds(try observation(.time("2026-11-01")), #""valueDateTime":"2026-11-01""#)
    assertHolds(try observation(nil), #""dataAbsentReason""#)
  }

  func testAReportNamesItsResultsAndDocuments() throws {
    var record = ObservationRecord(row: row("r1"), kind: .report, status: .corrected, patientID: "p1")
    record.number = "LB-1"
    record.numberSystem = "urn:lab"
    record.section = "LAB"
    record.issuedAt = nine
    record.resultIDs = ["o1", "o2"]
    var document = DocumentRecord(row: row("d1"), status: .current, patientID: "p1")
    document.contentType = "application/pdf"
    document.isHeld = true
    document.byteCount = 10
    record.documents = [document]
    assertHolds(
      try text(DiagnosticReportMapper.resource(record, context)), #""status":"corrected""#,
      #""identifier":[{"system":"urn:lab","value":"LB-1"}]"#,
      #""result":[{"reference":"Observation/o1"},{"reference":"Observation/o2"}]"#,
      #""presentedForm":[{"contentType":"application/pdf","url":"Binary/d1","size":10}]"#, #""code":"LAB""#)
  }

  func testADocumentSaysWhereItsBytesAre() throws {
    var record = DocumentRecord(row: row("d1"), status: .current, patientID: "p1")
    record.location = "https://files.example/1"
    record.stage = .amended
    record.replacesID = "d0"
    assertHolds(
      try text(DocumentReferenceMapper.resource(record, context)), #""docStatus":"amended""#,
      #""attachment":{"url":"https://files.example/1"}"#,
      #""relatesTo":[{"code":"replaces","target":{"reference":"DocumentReference/d0"}}]"#)
    var content = DocumentContentRecord(row: row("d1"), patientID: "p1", base64: "JVBERi0=")
    content.contentType = "application/pdf"
    assertHolds(
      try text(BinaryMapper.resource(content, context)), #""contentType":"application/pdf""#, #""data":"JVBERi0=""#)
  }

  func testWhatWasEnteredInErrorHasNoClinicalStatus() throws {
    var condition = ConditionRecord(row: row("c1"), status: .active, patientID: "p1")
    condition.verification = .provisional
    condition.encounterID = "e1"
    assertHolds(
      try text(ConditionMapper.resource(condition, context)), #""code":"active""#, #""code":"provisional""#,
      "encounter-diagnosis")
    condition.status = .enteredInError
    let gone = try text(ConditionMapper.resource(condition, context))
    XCTAssertFalse(gone.contains("clinicalStatus"))
    assertHolds(gone, #""code":"entered-in-error""#)
    var allergy = AllergyRecord(row: row("a1"), status: .enteredInError, patientID: "p1")
    allergy.severity = .severe
    let json = try text(AllergyIntoleranceMapper.resource(allergy, context))
    XCTAssertFalse(json.contains("clinicalStatus"))
    assertHolds(json, #""severity":"severe""#, #""manifestation":[{"text":"unknown"}]"#)
  }

  func testProceduresAccountsAndCharges() throws {
    var procedure = ProcedureRecord(row: row("x1"), status: .completed, patientID: "p1")
    procedure.performedAt = nine
    procedure.practitionerID = "d1"
    assertHolds(
      try text(ProcedureMapper.resource(procedure, context)),
      #""performer":[{"actor":{"reference":"Practitioner/d1"}}]"#,
      "+01:00")
    var account = AccountRecord(row: row("ac1"), patientID: "p1", status: .active)
    account.identifiers = [IdentifierRecord(ownerType: .account, ownerID: "ac1", system: "urn:a", value: "A-1")]
    assertHolds(
      try text(AccountMapper.resource(account, context)), #""subject":[{"reference":"Patient/p1"}]"#, #""value":"A-1""#)
    var charge = ChargeRecord(
      row: row("l1"), invoiceStatus: .draft, patientID: "p1", currency: "MAD", description: "Séance",
      quantity: try Quantity("2"), net: try Amount("300.00"))
    charge.accountID = "ac1"
    assertHolds(
      try text(ChargeItemMapper.resource(charge, context)), #""status":"billable""#, #""quantity":{"value":2}"#,
      #""priceOverride":{"value":300.00,"currency":"MAD"}"#, #""account":[{"reference":"Account/ac1"}]"#)
  }
}
