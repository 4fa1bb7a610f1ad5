import FHIRModels
import XCTest

/// Walking a document without knowing its types.
final class WalkingTests: XCTestCase {
  private func item(_ json: String, keepsPlaces: Bool = true) throws -> FHIRItem {
    FHIRItem(try AnyResource(json: Array(json.utf8)), keepsPlaces: keepsPlaces)
  }

  func testChildrenComeByNameWithTheirPlaces() throws {
    let patient = try item(Fixtures.patient)
    let given = patient.children(named: "name").flatMap { $0.children(named: "given") }
    XCTAssertEqual(given.map(\.path), ["Patient.name[0].given[0]", "Patient.name[0].given[1]"])
    XCTAssertEqual(given.map(\.text), [nil, "Zahra"])
    XCTAssertEqual(given.map(\.hasValue), [false, true])
    XCTAssertEqual(given.map(\.typeName), ["string", "string"])
    XCTAssertEqual(given[0].extensions.first?.url, "u")
    XCTAssertEqual(given[0].children(named: "extension").first?.path, "Patient.name[0].given[0].extension[0]")
    XCTAssertEqual(given[1].index, 1)
    XCTAssertEqual(given[1].field?.isList, true)
    XCTAssertEqual(patient.children(named: "birthDate").first?.id, "b")
    XCTAssertEqual(patient.children(named: "nothing"), [])
  }

  func testAChoiceIsFoundByItsNameWithoutType() throws {
    let patient = try item(Fixtures.patient)
    let deceased = try XCTUnwrap(patient.children(named: "deceased").first)
    XCTAssertEqual(deceased.bool, false)
    XCTAssertEqual(deceased.path, "Patient.deceased")
    XCTAssertEqual(deceased.field?.name, "deceasedBoolean")
    XCTAssertEqual(patient.children(named: "deceasedBoolean"), [])
    let decimal = try XCTUnwrap(
      patient.children(named: "extension").first?.children(named: "value").first)
    XCTAssertEqual(decimal.text, "1.500")
    XCTAssertEqual(decimal.typeName, "decimal")
  }

  func testAllChildrenStandInTheOrderOfTheSpecification() throws {
    let patient = try item(Fixtures.patient)
    XCTAssertEqual(
      patient.children.map(\.path),
      [
        "Patient.id", "Patient.meta", "Patient.contained[0]", "Patient.extension[0]", "Patient.active",
        "Patient.name[0]", "Patient.birthDate", "Patient.deceased", "Patient.managingOrganization",
      ])
    var places: [String?] = []
    try item(#"{"resourceType":"Basic","code":{"coding":[{"code":"a"},{"code":"b"}]}}"#).forEachDescendant {
      places.append($0.path)
    }
    XCTAssertEqual(
      places,
      [
        "Basic", "Basic.code", "Basic.code.coding[0]", "Basic.code.coding[0].code", "Basic.code.coding[1]",
        "Basic.code.coding[1].code",
      ])
  }

  func testResourcesAndElementsAreSeenAsTheirTypes() throws {
    let patient = try item(Fixtures.patient)
    let organization = try XCTUnwrap(patient.children(named: "contained").first)
    XCTAssertTrue(organization.isResource)
    XCTAssertEqual(organization.as(Organization.self)?.id, "o")
    XCTAssertNil(organization.as(Patient.self))
    XCTAssertEqual(organization.resource?.resourceType, "Organization")
    XCTAssertEqual(patient.children(named: "name").first?.as(HumanName.self)?.family, "Alaoui")
  }

  func testEqualityIsOfContentAndAWalkNeedNotKeepPlaces() throws {
    let kept = try item(Fixtures.invoice)
    let bare = try item(Fixtures.invoice, keepsPlaces: false)
    XCTAssertEqual(kept, bare)
    XCTAssertNil(bare.children.first?.path)
    XCTAssertEqual(kept.children, bare.children)
    let amounts = try item(
      #"{"resourceType":"Basic","code":{"text":"t"},"extension":[{"url":"a","valueDecimal":1.0},{"url":"a","valueDecimal":1.00}]}"#
    ).children(named: "extension").flatMap { $0.children(named: "value") }
    XCTAssertNotEqual(amounts[0], amounts[1])
  }
}
