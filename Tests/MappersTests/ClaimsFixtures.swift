import ClinicModel
import Mappers

extension Billing {
  static func practitioner(_ id: String = "practitioner-1") -> PractitionerRecord {
    var practitioner = PractitionerRecord(row: row(id), family: "Lemaire")
    practitioner.given = ["Ada"]
    practitioner.prefix = "Dr"
    practitioner.identifiers = [identifier(.practitioner, id, "rpps", "10001234567")]
    return practitioner
  }

  static func coverage() -> CoverageRecord {
    var coverage = CoverageRecord(
      row: row("coverage-1"), patientID: "patient-1", payerID: "payer-1", status: .active)
    coverage.memberNumber = "1 84 03 75 011 022 33"
    coverage.plan = "Confort <&>"
    coverage.group = "42"
    coverage.rate = Quantity(70)
    coverage.period = DayPeriod(from: CalendarDate(year: 2026, month: 1, day: 1))
    return coverage
  }

  /// A claim for every line of `invoice`, charging nets.
  static func claim(_ invoice: InvoiceRecord) throws -> ClaimRecord {
    var claim = ClaimRecord(
      row: row("claim-1"), invoiceID: invoice.id, coverageID: "coverage-1", payerID: "payer-1",
      patientID: invoice.patientID, format: .fhir, status: .owed, controlNumber: "C000042", currency: invoice.currency,
      total: try Amount.sum(invoice.items.map(\.net)))
    claim.items = invoice.items.map {
      ClaimItemRecord(sequence: $0.sequence, invoiceItemID: $0.id, charged: $0.net)
    }
    return claim
  }

  static func claimSource(_ clinic: ClinicRecord, _ invoice: InvoiceRecord) throws -> ClaimBundleSource {
    ClaimBundleSource(
      claim: try claim(invoice), invoice: invoice, clinic: clinic, patient: patient(), payer: mutuelle(),
      coverage: coverage(), practitioners: [practitioner()], zone: ZoneOffsets(fixedSeconds: 3600),
      base: "https://gateway.example/fhir/\(clinic.slug)")
  }

  /// The claims that `Scripts/test-formats.sh` validates, by file name.
  static func claimSamples() throws -> [(name: String, source: ClaimBundleSource)] {
    var samples = try UBLSample.all().filter { $0.source.invoice.kind == .invoice }.map {
      (name: $0.name, source: try claimSource($0.source.clinic, $0.source.invoice))
    }
    guard var dental = samples.first(where: { $0.name == "fr-mixed" }) else { return samples }
    dental.name = "fr-oral"
    dental.source.kind = .oral
    dental.source.invoice.items[0].bodySite = Code(system: "urn:iso:std:iso:3950", code: "16")
    dental.source.invoice.items[1].practitionerID = "practitioner-2"
    dental.source.practitioners.append(practitioner("practitioner-2"))
    dental.source.coverage.subscriberID = "patient-9"
    dental.source.coverage.relationship = Code(
      system: "http://terminology.hl7.org/CodeSystem/subscriber-relationship", code: "child")
    samples.append(dental)
    return samples
  }
}
