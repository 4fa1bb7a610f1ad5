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

  func testAdjustmentsBearTheirOwnSign() throws {
    XCTAssertEqual(try price("FT1|1|T1||20261101||AJ|X^Write-off||||-40&MAD"), ["-1", "40", "-40.00"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||AJ|X^Surcharge||||12.50"), ["1", "12.5", "12.50"])
    XCTAssertEqual(try price("FT1|1|T1||20261101||AJ|X^Write-off|||2||-15"), ["-2", "15", "-30.00"])
    XCTAssertNotEqual(
      try charge("FT1|1|T1||20261101||AJ|X||||5").key, try charge("FT1|1|T1||20261101||CG|X||||5").key,
      "an adjustment may repeat the number of the charge")
    assertRefused(try dft("FT1|1|T1||20261101||AJ|X"), .requiredFieldMissing, "FT1-11")
    assertRefused(try dft("FT1|1|T1||20261101||AJ|X|||2|-30|15"), .dataTypeError, "FT1-11")
  }

  private func payment(_ lines: String...) throws -> PaymentChange {
    let changes = try HL7Mapping.changes(
      for: HL7Fixtures.message("DFT^P03", (["PID|||P1|||||||||||||||AC1"] + lines).joined(separator: "\r")),
      profile: HL7Fixtures.profile
    ).changes
    XCTAssertEqual(changes.account?.mustExist, true, "what nobody charged cannot be paid")
    return try XCTUnwrap(changes.payments.first)
  }

  func testPayments() throws {
    let cash = try payment("FT1|1|R7||20261101083000||PY|CASH^Espèces||||150.5&MAD")
    XCTAssertEqual(cash.amount, try Amount("150.50"))
    XCTAssertEqual(cash.method, .cash)
    XCTAssertNil(cash.payer)
    XCTAssertEqual(cash.currency, "MAD")
    XCTAssertEqual(cash.paidAt, try Instant("2026-11-01T08:30:00+01:00"))
    XCTAssertEqual(cash.account.value, "AC1")
    XCTAssertEqual(cash.key, try payment("FT1|9|R7||20261105||CO|DEBC||||0").key, "told anew")
    let card = try payment("FT1|1|R8||20261101||PY|ccca|||2||25" + String(repeating: "|", count: 18) + "AUTH-77")
    XCTAssertEqual(card.amount, try Amount("50.00"))
    XCTAssertEqual(card.method, .card)
    XCTAssertEqual(card.reference, .set("AUTH-77"))
    let insurer = try payment("FT1|1|R9||20261101||PY|EOB1||||80|||MUT", "IN1|1|MUT|M-7|Mutuelle")
    XCTAssertEqual(insurer.payer?.name, "Mutuelle")
    XCTAssertEqual(insurer.method, .remittance)
    let mixed = try HL7Fixtures.changes(
      dft("FT1|1|T1||20261101||CG|X|||1|5", "FT1|2|R1||20261101||PY|CASH||||5"))
    XCTAssertEqual([mixed.charges.count, mixed.payments.count], [1, 1])
    XCTAssertEqual(mixed.account?.mustExist, false)
  }

  func testThePartnersWordsForTransactionsAndMethods() throws {
    var profile = HL7Fixtures.profile
    profile.codeMaps[.transactionType] = ["AJ": Code(code: "CD"), "ENC": Code(code: "PY")]
    profile.codeMaps[.paymentMethod] = ["ESP": Code(code: "cash")]
    profile.codeMaps[.payer] = ["CNOPS": Code(code: "payer-1")]
    let changes = try HL7Fixtures.changes(
      dft("FT1|1|T1||20261101||AJ|X||||5", "FT1|2|R1||20261101||ENC|ESP||||5|||CNOPS"), profile: profile)
    XCTAssertEqual(changes.charges.first?.net, try Amount("-5.00"))
    XCTAssertEqual(changes.payments.first?.method, .cash)
    XCTAssertEqual(changes.payments.first?.payer?.recordID, "payer-1")
  }

  func testRefusalsOfPayments() throws {
    assertRefused(try dft("FT1|1|R||||PY|CASH||||5"), .requiredFieldMissing, "FT1-4")
    assertRefused(try dft("FT1|1|R||20261101||PY|||||5"), .requiredFieldMissing, "FT1-7")
    assertRefused(try dft("FT1|1|R||20261101||PY|COWS||||5"), .tableValueNotFound, "FT1-7")
    assertRefused(try dft("FT1|1|R||20261101||PY|CASH"), .requiredFieldMissing, "FT1-11")
    assertRefused(try dft("FT1|1|R||20261101||PY|CASH||||-5"), .dataTypeError, "FT1-11")
    assertRefused(try dft("FT1|1|R||20261101||PY|CASH||||5|||NOBODY"), .unknownKeyIdentifier, "FT1-14")
    assertRefused(
      try dft("FT1|1|R||20261101||PY|CASH||||5", "FT1|2|R||20261101||PY|CASH||||6"), .duplicateKeyIdentifier, "FT1[2]-2"
    )
  }

  func testRefusals() throws {
    assertRefused(
      try HL7Fixtures.message("DFT^P03", "PID|||P1\rFT1|1|T||20261101||CG|X"), .requiredFieldMissing, "PID-18")
    assertRefused(try dft(), .requiredFieldMissing, "FT1")
    assertRefused(try dft("FT1|1|T||20261101|||X"), .requiredFieldMissing, "FT1-6")
    assertRefused(try dft("FT1|1|T||20261101||ZZ|X"), .tableValueNotFound, "FT1-6")
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
