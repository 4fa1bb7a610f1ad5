public import ClinicModel

/// Everything that one FHIR claim is made from.
public struct ClaimBundleSource: Sendable {
  /// HL7's claim-type codes that a clinic bills under.
  public enum Kind: String, Sendable {
    case professional, oral, vision, pharmacy, institutional
  }

  public var claim: ClaimRecord
  /// The invoice that the claim is for, with its items.
  public var invoice: InvoiceRecord
  public var clinic: ClinicRecord
  public var patient: PatientRecord
  public var payer: PayerRecord
  public var coverage: CoverageRecord
  /// Everybody named by the invoice or one of its lines.
  public var practitioners: [PractitionerRecord]
  /// The clinic's zone: days of service are days on its wall.
  public var zone: ZoneOffsets
  /// The clinic's FHIR base without a slash at its end, as in `https://host/fhir/slug`: the root of every fullUrl.
  public var base: String
  public var kind: Kind

  public init(
    claim: ClaimRecord, invoice: InvoiceRecord, clinic: ClinicRecord, patient: PatientRecord, payer: PayerRecord,
    coverage: CoverageRecord, practitioners: [PractitionerRecord], zone: ZoneOffsets, base: String,
    kind: Kind = .professional
  ) {
    self.claim = claim
    self.invoice = invoice
    self.clinic = clinic
    self.patient = patient
    self.payer = payer
    self.coverage = coverage
    self.practitioners = practitioners
    self.zone = zone
    self.base = base
    self.kind = kind
  }

  /// The system of the claim's control number in `Claim.identifier`; a payer may answer by it.
  public var controlNumberSystem: String { base + "/claim-control-number" }
}
