import FHIRModels
import XCTest

/// Resources built in code, as the mappers build them.
final class BuildingTests: XCTestCase {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  func testPatient() throws {
    var patient = Patient()
    patient.birthDate = FHIRDate("1980-04")
    patient.id = "p1"
    patient.gender = .female
    patient.name = [HumanName(family: "Alaoui", given: ["Amina"])]
    patient.deceased = .boolean(false)
    patient.managingOrganization = Reference(reference: "Organization/o1", display: "Clinic")
    patient.contact = [Patient.Contact(name: HumanName(text: "Ali"))]
    XCTAssertEqual(
      text(patient.json()),
      #"{"resourceType":"Patient","id":"p1","name":[{"family":"Alaoui","given":["Amina"]}],"gender":"female","#
        + #""birthDate":"1980-04","deceasedBoolean":false,"contact":[{"name":{"text":"Ali"}}],"#
        + #""managingOrganization":{"reference":"Organization/o1","display":"Clinic"}}"#)
    let read = try Patient(json: patient.json())
    XCTAssertEqual(read, patient)
    XCTAssertEqual(read.name.first?.given, ["Amina"])
    XCTAssertEqual(read.deceased, .boolean(false))
    XCTAssertEqual(read.gender, .female)
  }

  func testSettingNothingTakesAway() {
    var patient = Patient { $0.name = [HumanName()] }
    patient.active = true
    patient.maritalStatus = CodeableConcept(text: "")
    patient.deceased = .dateTime(FHIRDateTime(epochMicroseconds: 0))
    patient.deceased = .boolean(true)
    patient.active = nil
    XCTAssertEqual(text(patient.json()), #"{"resourceType":"Patient","deceasedBoolean":true}"#)
  }

  func testCopiesAreIndependent() {
    var first = Patient { $0.id = "a" }
    let second = first
    first.id = "b"
    first.active = true
    XCTAssertEqual(second.id, "a")
    XCTAssertNil(second.active)
    XCTAssertNotEqual(first, second)
  }

  func testBundleHoldsResourcesOfAnyType() throws {
    let invoice = Invoice {
      $0.status = .issued
      $0.totalNet = Money(value: FHIRDecimal("12.50"), currency: "MAD")
    }
    let bundle = Bundle {
      $0.type = .collection
      $0.entry = [
        Bundle.Entry(fullUrl: "urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0001", resource: AnyResource(invoice)),
        Bundle.Entry(resource: AnyResource(Patient { $0.id = "p" })),
      ]
    }
    let read = try Bundle(json: bundle.json())
    XCTAssertEqual(read.entry.compactMap { $0.resource?.resourceType }, ["Invoice", "Patient"])
    XCTAssertEqual(read.entry[0].resource?.as(Invoice.self)?.totalNet?.value?.text, "12.50")
    XCTAssertNil(read.entry[1].resource?.as(Invoice.self))
    XCTAssertEqual(read, bundle)
  }

  func testPrimitiveExtensions() throws {
    var patient = Patient { $0.birthDate = FHIRDate("1980-04-01") }
    let time = Extension(
      url: "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
      value: .dateTime(FHIRDateTime(epochMicroseconds: 1_000_000)))
    XCTAssertTrue(patient.setPrimitive("birthDate", PrimitiveElement(extension: [time])))
    XCTAssertFalse(patient.setPrimitive("name", PrimitiveElement(id: "x")))
    let read = try Patient(json: patient.json())
    XCTAssertEqual(read.primitive("birthDate")?.extension, [time])
    XCTAssertTrue(text(patient.json()).contains(#""_birthDate":{"extension":"#))
  }

  /// One item and several are held differently; nobody sees it.
  func testListsOfOneItemAreLikeOthers() throws {
    let side = PrimitiveElement(id: "s")
    var name = HumanName(given: ["A"])
    XCTAssertTrue(name.setPrimitive("given", at: 0, side))
    XCTAssertEqual(text(name.json()), #"{"given":["A"],"_given":[{"id":"s"}]}"#)
    XCTAssertEqual(name.primitive("given", at: 0), side)
    XCTAssertNil(name.primitive("given", at: 1))
    XCTAssertTrue(name.setPrimitive("given", at: 1, side))
    XCTAssertEqual(text(name.json()), #"{"given":["A"],"_given":[{"id":"s"},{"id":"s"}]}"#)
    name.given.append("B")
    XCTAssertEqual(text(name.json()), #"{"given":["A","B"]}"#)
    name.given.removeFirst()
    XCTAssertEqual(name, try HumanName(json: Array(#"{"given":["B"]}"#.utf8)))
    XCTAssertEqual(name.given, ["B"])
    name.given = []
    XCTAssertTrue(name.isEmpty)

    let gap = #"{"resourceType":"Patient","name":[{"given":[null],"_given":[{"id":"g"}]}]}"#
    let patient = try Patient(json: Array(gap.utf8))
    XCTAssertEqual(text(patient.json()), gap)
    XCTAssertEqual(patient.name.first?.given, [])
    XCTAssertEqual(patient.name.first?.primitive("given")?.id, "g")
    XCTAssertEqual(try Patient(xml: patient.xml()), patient)
    XCTAssertEqual(FHIRItem(patient).children(named: "name").first?.children(named: "given").map(\.id), ["g"])
  }

  func testErrorsBecomeAnOperationOutcome() {
    XCTAssertThrowsError(try Patient(json: Array(#"{"resourceType":"Patient","birthDate":"2026-02-30","x":1}"#.utf8))) {
      let outcome = ($0 as? FHIRDecodingError)?.operationOutcome
      XCTAssertEqual(outcome?.issue.count, 2)
      XCTAssertEqual(outcome?.issue.first?.expression, ["Patient.birthDate"])
      XCTAssertEqual(outcome?.issue.first?.code, .value)
    }
  }

  func testReferences() {
    XCTAssertEqual(Reference(to: Patient { $0.id = "p1" }, display: "A")?.reference, "Patient/p1")
    XCTAssertNil(Reference(to: Patient()))
    let cases: [(String, String?)] = [
      ("Patient/p1", "p1"), ("https://x.test/fhir/Patient/p1/_history/3", "p1"), ("Patient/p1/_history/3", "p1"),
      ("#p", nil), ("urn:uuid:1/2", nil), ("Elephant/1", nil), ("Patient/", nil), ("Patient?id=1", nil), ("p1", nil),
    ]
    for (text, id) in cases { XCTAssertEqual(Reference(reference: text).target?.id, id, text) }
  }
}
