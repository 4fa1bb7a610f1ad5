import Foundation
import Mappers
import XCTest

/// Writes the samples that outside validators judge, into the folder that `PASSERELLE_WRITE_SAMPLES` names.
final class FormatSampleWriterTests: XCTestCase {
  func testWriteSamples() throws {
    guard let folder = ProcessInfo.processInfo.environment["PASSERELLE_WRITE_SAMPLES"] else {
      throw XCTSkip("PASSERELLE_WRITE_SAMPLES is not set; Scripts/test-formats.sh sets it")
    }
    let root = URL(fileURLWithPath: folder, isDirectory: true)
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    for sample in try UBLSample.all() {
      let kind = sample.en16931 ? "en16931" : "xsd"
      try write(UBLInvoiceMapper.document(from: sample.source), root, "ubl-\(kind)-\(sample.name).xml")
    }
    for sample in try Billing.claimSamples() {
      try write(ClaimBundleMapper.document(from: sample.source), root, "claim-\(sample.name).json")
    }
    let seed = UInt64.random(in: 0...UInt64.max)
    print("FormatSampleWriterTests seed \(seed)")
    var random = BillingRandom(state: seed)
    for round in 0..<10 {
      let clinic = round % 2 == 0 ? Billing.paris() : Billing.casablanca()
      let source = Billing.source(clinic, try random.invoice(clinic: clinic))
      try write(UBLInvoiceMapper.document(from: source), root, "ubl-en16931-random-\(round).xml")
      let claim = try Billing.claimSource(clinic, source.invoice)
      try write(ClaimBundleMapper.document(from: claim), root, "claim-random-\(round).json")
    }
  }

  private func write(_ bytes: [UInt8], _ root: URL, _ name: String) throws {
    try Data(bytes).write(to: root.appendingPathComponent(name))
  }
}
