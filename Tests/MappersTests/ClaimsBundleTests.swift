import ClinicModel
import FHIRModels
import Mappers
import TestSupport
import XCTest

final class ClaimsBundleTests: XCTestCase {
  private func source() throws -> ClaimBundleSource {
    try XCTUnwrap(Billing.claimSamples().first { $0.name == "fr-mixed" }).source
  }

  private func claim(_ bundle: FHIRModels.Bundle) throws -> Claim {
    try XCTUnwrap(bundle.entry.first?.resource?.as(Claim.self))
  }

  /// Σ net = total, one focal insurance, sequences from 1, every reference an entry.
  private func assertSound(_ bundle: FHIRModels.Bundle, _ label: String) throws {
    let claim = try claim(bundle)
    let nets = claim.item.compactMap { $0.net?.value?.minorUnits(scale: 2) }
    XCTAssertEqual(nets.count, claim.item.count, label)
    XCTAssertEqual(nets.reduce(0, +), claim.total?.value?.minorUnits(scale: 2), label)
    XCTAssertEqual(claim.insurance.filter { $0.focal == true }.count, 1, label)
    XCTAssertEqual(claim.item.map(\.sequence), Array(1...claim.item.count), label)
    let urls = bundle.entry.compactMap(\.fullUrl)
    XCTAssertEqual(Set(urls).count, bundle.entry.count, label)
    let base = try XCTUnwrap(urls.first?.firstRange(of: "/Claim/").map { urls[0][..<$0.lowerBound] })
    var references = [claim.patient, claim.insurer, claim.provider, claim.insurance[0].coverage]
    references += claim.careTeam.map(\.provider)
    for entry in bundle.entry {
      guard let coverage = entry.resource?.as(Coverage.self) else { continue }
      references += [coverage.beneficiary, coverage.subscriber].filter { $0 != nil } + coverage.payor
    }
    for reference in references {
      XCTAssertTrue(urls.contains("\(base)/\(reference?.reference ?? "?")"), "\(label) \(reference?.reference ?? "")")
    }
  }

  func testSamplesAreSoundAndWrittenAlikeTwice() throws {
    let samples = try Billing.claimSamples()
    XCTAssertGreaterThan(samples.count, 12)
    for sample in samples {
      let bytes = try ClaimBundleMapper.document(from: sample.source)
      XCTAssertEqual(bytes, try ClaimBundleMapper.document(from: sample.source), sample.name)
      try assertSound(FHIRModels.Bundle(json: bytes), sample.name)
    }
  }

  func testClaimSaysWhatTheInvoiceSays() throws {
    let bundle = try ClaimBundleMapper.bundle(from: source())
    XCTAssertEqual(bundle.type, "collection")
    XCTAssertEqual(
      bundle.entry.map { $0.resource?.resourceType },
      ["Claim", "Coverage", "Patient", "Practitioner", "Organization", "Organization"])
    let claim = try claim(bundle)
    XCTAssertEqual(claim.use, "claim")
    XCTAssertEqual(claim.status, "active")
    XCTAssertEqual(claim.identifier.first?.value, "C000042")
    XCTAssertEqual(claim.created?.text, "2026-03-04T00:00:00+01:00")
    XCTAssertEqual(claim.item[0].serviced, FHIRDate("2026-03-03").map { .date($0) })
    XCTAssertEqual(claim.item[0].productOrService?.coding.first?.code, "HBJD001")
    XCTAssertEqual(claim.item[1].productOrService?.text, "Blanchiment <& \"or\"> 😀")
    XCTAssertEqual(claim.item[1].unitPrice?.value?.text, "33.335")
    XCTAssertEqual(claim.item[1].net?.value?.text, "100.00")
    XCTAssertEqual(claim.total?.value?.text, "128.92")
    XCTAssertEqual(claim.total?.currency, "EUR")
    XCTAssertEqual(bundle.entry[2].resource?.as(Patient.self)?.birthDate?.text, "1984-03")
  }

  func testTelecomsOfThePatientStayInTheClinic() throws {
    var source = try source()
    source.patient.phone = "+33600000000"
    source.patient.email = "zoe@example.org"
    let text = String(decoding: try ClaimBundleMapper.document(from: source), as: UTF8.self)
    XCTAssertFalse(text.contains("+33600000000"))
    XCTAssertFalse(text.contains("zoe@example.org"))
  }

  func testOtherSubscribersAreNotReferredTo() throws {
    let oral = try XCTUnwrap(Billing.claimSamples().first { $0.name == "fr-oral" }).source
    let bundle = try ClaimBundleMapper.bundle(from: oral)
    let coverage = try XCTUnwrap(bundle.entry[1].resource?.as(Coverage.self))
    XCTAssertNil(coverage.subscriber)
    XCTAssertEqual(coverage.relationship?.coding.first?.code, "child")
    XCTAssertEqual(try claim(bundle).item.map(\.careTeamSequence), [[1], [2]])
    XCTAssertEqual(try claim(bundle).item[0].bodySite?.coding.first?.code, "16")
  }

  private func assertRefused(
    _ code: MappingError.Code, _ field: String, file: StaticString = #filePath, line: UInt = #line,
    _ change: (inout ClaimBundleSource) -> Void
  ) throws {
    var source = try source()
    change(&source)
    XCTAssertThrowsError(try ClaimBundleMapper.document(from: source), file: file, line: line) { error in
      let error = error as? MappingError
      XCTAssertEqual(error?.code, code, "\(String(describing: error))", file: file, line: line)
      XCTAssertEqual(error?.field, field, "\(String(describing: error))", file: file, line: line)
    }
  }

  func testRecordsThatDoNotBelongTogetherAreRefused() throws {
    try assertRefused(.total, "claim.total") { $0.claim.total = Amount(cents: 12893) }
    try assertRefused(.total, "claim.total") { $0.claim.items[0].charged = .zero }
    try assertRefused(.currency, "claim.currency") { $0.claim.currency = "MAD" }
    try assertRefused(.missing, "claim_item") { $0.claim.items = [] }
    try assertRefused(.unknownReference, "claim_item[2].invoice_item_id") { $0.claim.items[1].invoiceItemID = "item-1" }
    try assertRefused(.invalid, "claim_item[3].sequence") { $0.claim.items[1].sequence = 3 }
    try assertRefused(.unknownReference, "coverage.payer_id") { $0.coverage.payerID = "payer-2" }
    try assertRefused(.unknownReference, "invoice.patient_id") { $0.invoice.patientID = "patient-2" }
    try assertRefused(.unknownReference, "invoice_item.practitioner_id") { $0.practitioners = [] }
    try assertRefused(.state, "invoice.status") { $0.invoice.status = .draft }
    try assertRefused(.unsupported, "claim.format") { $0.claim.format = .x12 }
    try assertRefused(.invalid, "base") { $0.base = "/fhir/x" }
    try assertRefused(.missing, "invoice.issued_at") { $0.invoice.issuedAt = nil }
  }

  func testWhatFHIRCannotCarryIsRefused() throws {
    try assertRefused(.invalid, "Bundle.entry[0].resource.item[1].productOrService.text") {
      $0.invoice.items[1].description = "a\u{1}b"
    }
  }

  func testRandomClaimsAreSound() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("ClaimsBundleTests.testRandomClaimsAreSound seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for round in 0..<100 {
      let clinic = [Billing.paris(), Billing.casablanca(), Billing.montreal()][round % 3]
      let source = try Billing.claimSource(clinic, random.invoice(clinic: clinic))
      try assertSound(
        FHIRModels.Bundle(json: ClaimBundleMapper.document(from: source)), "seed \(seed) round \(round)")
    }
  }
}
