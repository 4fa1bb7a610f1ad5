import TestSupport
import XCTest
import XML

@testable import FHIRModels

/// The units against UCUM's own table, where it lies beside the project.
final class UCUMTests: XCTestCase {
  func testEveryUnitThatIsNoFunctionIsKnown() throws {
    let collection = try SharedCollection("fhir-r4/test-cases.tar.xz")
    defer { collection.remove() }
    var reader = try XMLReader(try collection.bytes("fhir-test-cases/ucum/ucum-essence.xml"))
    var code = ""
    var known = 0
    var functions: [String] = []
    while let event = try reader.next() {
      guard event == .startElement else { continue }
      switch reader.localName {
      case "prefix": code = ""
      case "unit": code = reader.attribute(named: "Code") ?? ""
      case "value" where !code.isEmpty:
        let unit = reader.attribute(named: "Unit") ?? ""
        guard let value = reader.attribute(named: "value") else {
          functions.append(code)
          continue
        }
        known += 1
        guard let amount = PathDecimal(value), let mine = PathUnit(code), let its = PathUnit(unit) else {
          XCTFail("\(code) = \(value) \(unit) is not known")
          continue
        }
        // Arbitrary units are equal to themselves alone.
        if mine.isCommensurable(with: its) {
          XCTAssertEqual(mine.factor / (amount.double * its.factor), 1, accuracy: 1e-12, "1 \(code) = \(value) \(unit)")
        } else {
          XCTAssertFalse(mine.arbitrary.isEmpty, code)
        }
      default: break
      }
    }
    print("\(known) units of UCUM known, \(functions.count) are functions")
    XCTAssertGreaterThan(known, 250)
    XCTAssertEqual(functions.filter { PathUnit($0) == nil }.count, functions.count - 2, "all but Cel and [degF]")
  }

  func testUnitsThatOthersAreMadeOf() {
    let cases = [
      ("14.7", "[psi]", "101.35", "kPa"), ("1", "atm", "101325", "Pa"), ("1", "[HP]", "745.7", "W"),
      ("1", "[gal_br]", "4.54609", "L"),
      ("1", "att", "98066.5", "Pa"), ("1", "[lbf_av]", "4.448", "N"),
    ]
    for (value, unit, other, otherUnit) in cases {
      guard let value = PathDecimal(value), let other = PathDecimal(other) else { return XCTFail("no number") }
      XCTAssertTrue(
        PathQuantity.isEquivalent(PathQuantity(value, unit: unit), PathQuantity(other, unit: otherUnit)), unit)
    }
  }
}
