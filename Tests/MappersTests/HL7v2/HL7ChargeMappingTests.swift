import ClinicModel
import HL7Parser
import Mappers
import XCTest

/// FT1, field by field.
final class HL7ChargeMappingTests: XCTestCase {
  private func dft(_ lines: String...) throws -> HL7Message {
    try HL7Fixtures.message(
      "DFT^P03", (["PID|||P1|||||||||||||||AC1"] + lines).joined(separator: "\r"))
  }

  private func charge(_ line: String) throws -> ChargeChange {
    try XCTUnwrap(HL7Fixtures.changes(dft(line)).charges.first)
  }

  private func price(_ line: String) throws -> [String] {
    let charge = try charge(line)
    return [charge.quantity.description, charge.unitPrice.description, charge.net.description]
  }

  func testPrices() throws {
    XCTAssertEqual(try price("FT1|1|T1||20261101||CG|X^Thing|||2|100&MAD|50&MAD"), ["2", "50", "100.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||CG|X^Thing|||2|100"), ["2", "50", "100.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||CG|X^Thing|||3|100"), ["1", "100", "100.00"], "100 / 3 is no price")
    XCTAssertEqual(try price("FT1|1|T1||20261101||CG|X^Thing||||100"), ["1", "100", "100.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||CD|X^Thing|||2|100|50"), ["-2", "50", "-100.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||CD|X^Thing|||3|100"), ["-1", "100", "-100.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||CG|X^Thing|||1.5||0.333333"), ["1.5", "0.333333", "0.50"])
    let bare = try HL7Mapping.changes(for: dft("FT1|1|T1||20261101||CG|X^Thing|||2"), profile: HL7Fixtures.profile)
    XCTAssertEqual(bare.changes.charges.first?.net, .zero)
    XCTAssertEqual(bare.warnings.map { $0.location?.description }, ["FT1-11"])
  }

  func testWhatWasDoneAndByWhom() throws {
    let charge = try charge(
      "FT1|1|T1||20261101083000||CG|BILL^Consultation^L|||1|50^MAD|||||||||INPE1^Roe^Ann|||||99213^Office visit^C4")
    XCTAssertEqual(
      charge.code, Code(system: "http://www.ama-assn.org/go/cpt", code: "99213", display: "Office visit"))
    XCTAssertEqual(charge.description, "Office visit")
    XCTAssertEqual(charge.currency, "MAD")
    XCTAssertEqual(charge.servedAt, .set(try Instant("2026-11-01T08:30:00+01:00")))
    XCTAssertEqual(charge.practitioner.initial?.family, "Roe")
    XCTAssertEqual(charge.account.value, "AC1")
  }

  func testNames() throws {
    let one = try charge("FT1|1|T1||20261101||CG|X|||1|5")
    XCTAssertEqual(one.key, try charge("FT1|9|T1||20261105||CG|Y|||1|7").key)
    XCTAssertNotEqual(one.key, try charge("FT1|1|T1||20261101||CD|X|||1|5").key, "a credit may repeat the number")
    let unnumbered = try charge("FT1|1|||20261101||CG|X|||1|5")
    XCTAssertEqual(unnumbered.key, try charge("FT1|1|||20261101||CG|X|||1|6").key)
    XCTAssertNotEqual(unnumbered.key, try charge("FT1|2|||20261101||CG|X|||1|5").key)
  }

  func testRefusals() throws {
    assertRefused(
      try HL7Fixtures.message("DFT^P03", "PID|||P1\rFT1|1|T||20261101||CG|X"), .requiredFieldMissing, "PID-18")
    assertRefused(try dft(), .requiredFieldMissing, "FT1")
    assertRefused(try dft("FT1|1|T||20261101|||X"), .requiredFieldMissing, "FT1-6")
    assertRefused(try dft("FT1|1|T||20261101||PY|X"), .tableValueNotFound, "FT1-6")
    assertRefused(try dft("FT1|1|T||20261101||CG"), .requiredFieldMissing, "FT1-7")
    assertRefused(try dft("FT1|1|||||CG|X"), .requiredFieldMissing, "FT1-2")
    assertRefused(try dft("FT1|1|T||20261101||CG|X|||0|5"), .dataTypeError, "FT1-10")
    assertRefused(try dft("FT1|1|T||20261101||CG|X|||2|100|60"), .dataTypeError, "FT1-11")
    assertRefused(try dft("FT1|1|T||20261101||CG|X|||1|5,50"), .dataTypeError, "FT1-11")
    assertRefused(try dft("FT1|1|T||20261101||CG|X|||1|5.555"), .dataTypeError, "FT1-11")
    assertRefused(
      try dft("FT1|1|T||20261101||CG|X|||1|5", "FT1|2|T||20261101||CG|X|||1|5"), .duplicateKeyIdentifier, "FT1[2]-2")
  }
}
