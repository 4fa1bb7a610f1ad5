import ClinicModel
import FHIRModels
import Mappers
import TestSupport
import XCTest

/// Writes the samples that outside validators judge, into the folder that `PASSERELLE_WRITE_SAMPLES` names:
/// `Scripts/test-formats.sh`.
final class FormatSampleWriterTests: XCTestCase {
  func testSamplesAreWrittenWhole() throws {
    let folder = try OutputFolder("PASSERELLE_WRITE_SAMPLES")
    defer { folder.removeUnlessNamed() }
    let (invoices, claims) = (try UBLSample.all(), try Billing.claimSamples())
    for sample in invoices {
      let kind = sample.en16931 ? "en16931" : "xsd"
      try folder.write(UBLInvoiceMapper.document(from: sample.source), "ubl-\(kind)-\(sample.name).xml")
    }
    for sample in claims {
      try folder.write(ClaimBundleMapper.document(from: sample.source), "claim-\(sample.name).json")
    }
    let seed = UInt64.random(in: 0...UInt64.max)
    print("FormatSampleWriterTests seed \(seed)")
    var random = SeededGenerator(seed: seed)
    for round in 0..<10 {
      let clinic = round % 2 == 0 ? Billing.paris() : Billing.casablanca()
      let source = Billing.source(clinic, try random.invoice(clinic: clinic))
      try folder.write(UBLInvoiceMapper.document(from: source), "ubl-en16931-random-\(round).xml")
      let claim = try Billing.claimSource(clinic, source.invoice)
      try folder.write(ClaimBundleMapper.document(from: claim), "claim-random-\(round).json")
    }
    try check(folder, invoices: invoices.count + 10, claims: claims.count + 10)
  }

  /// Every sample is a file of its own, and whole.
  private func check(_ folder: OutputFolder, invoices: Int, claims: Int) throws {
    let names = try folder.names()
    XCTAssertEqual(names.count { $0.hasPrefix("ubl-") }, invoices)
    XCTAssertEqual(names.count { $0.hasPrefix("claim-") }, claims)
    for name in names {
      let bytes = try folder.read(name)
      if name.hasPrefix("claim-") {
        XCTAssertNotNil(try FHIRModels.Bundle(json: bytes).entry.first?.resource?.as(Claim.self), name)
      } else {
        XCTAssertEqual(try UBLReading(bytes).all("LegalMonetaryTotal/PayableAmount").count, 1, name)
      }
    }
  }
}
