internal import ClinicModel
internal import FHIRModels

/// A Claim with everything decided that it says.
struct ClaimDraft {
  private let source: ClaimBundleSource
  private let lines: [(claimed: ClaimItemRecord, item: InvoiceItemRecord)]
  private let issuedAt: Instant
  /// Identifiers of the practitioners of the care team, in the order of their first appearance.
  private let team: [String]

  init(_ source: ClaimBundleSource) throws(MappingError) {
    self.source = source
    lines = try source.checkedLines()
    guard let issuedAt = source.invoice.issuedAt else {
      throw MappingError(.missing, "invoice.issued_at", "an issued invoice has a date")
    }
    self.issuedAt = issuedAt
    var team: [String] = []
    let known = Set(source.practitioners.map(\.id))
    for id in [source.invoice.practitionerID] + lines.map(\.item.practitionerID) {
      guard let id, !team.contains(id) else { continue }
      guard known.contains(id) else {
        throw MappingError(.unknownReference, "invoice_item.practitioner_id", "the practitioner '\(id)' was not given")
      }
      team.append(id)
    }
    self.team = team
  }

  func claim() -> Claim {
    let days = lines.compactMap(\.item.servedAt).map(day(of:))
    return Claim { claim in
      claim.id = source.claim.id
      claim.identifier = [Identifier(system: source.controlNumberSystem, value: source.claim.controlNumber)]
      claim.status = source.claim.status == .cancelled ? "cancelled" : "active"
      claim.type = CodeableConcept("http://terminology.hl7.org/CodeSystem/claim-type", source.kind.rawValue)
      claim.use = "claim"
      claim.patient = Reference(reference: "Patient/\(source.patient.id)")
      if let first = days.min(), let last = days.max() {
        claim.billablePeriod = Period(start: FHIRDateTime(first.dayText), end: FHIRDateTime(last.dayText))
      }
      claim.created = FHIRDateTime(issuedAt.rfc3339(in: source.zone))
      claim.insurer = Reference(reference: "Organization/\(source.payer.id)")
      claim.provider = Reference(reference: "Organization/\(source.clinic.id)")
      claim.priority = CodeableConcept("http://terminology.hl7.org/CodeSystem/processpriority", "normal")
      claim.payee = Claim.Payee(type: CodeableConcept("http://terminology.hl7.org/CodeSystem/payeetype", "provider"))
      claim.careTeam = team.enumerated().map { index, id in
        Claim.CareTeam(sequence: index + 1, provider: Reference(reference: "Practitioner/\(id)"))
      }
      claim.insurance = [
        Claim.Insurance(
          sequence: 1, focal: true, coverage: Reference(reference: "Coverage/\(source.coverage.id)"))
      ]
      claim.item = lines.map { item($0.claimed, $0.item) }
      claim.total = money(source.claim.total)
    }
  }

  private func item(_ claimed: ClaimItemRecord, _ item: InvoiceItemRecord) -> Claim.Item {
    Claim.Item { line in
      line.sequence = claimed.sequence
      if let id = item.practitionerID, let index = team.firstIndex(of: id) { line.careTeamSequence = [index + 1] }
      line.productOrService = service(item)
      if let served = item.servedAt, let date = FHIRDate(day(of: served).dayText) { line.serviced = .date(date) }
      line.quantity = FHIRModels.Quantity(value: FHIRDecimal(item.quantity.description))
      line.unitPrice = FHIRModels.Money(
        value: FHIRDecimal(item.unitPrice.text(minimumDecimals: 2)), currency: source.invoice.currency)
      line.net = money(claimed.charged)
      line.bodySite = item.bodySite.flatMap(Self.concept)
    }
  }

  /// `productOrService` is required: the line's code, with its description as text; the description alone without one.
  private func service(_ item: InvoiceItemRecord) -> CodeableConcept {
    var concept = item.code.flatMap(Self.concept) ?? CodeableConcept()
    if item.description.contains(where: { !$0.isWhitespace }) { concept.text = item.description }
    if concept.isEmpty { concept.text = "Item \(item.sequence)" }
    return concept
  }

  private func day(of instant: Instant) -> CalendarDate {
    instant.localTime(offsetSeconds: source.zone.offsetSeconds(at: instant)).date
  }

  private func money(_ amount: Amount) -> FHIRModels.Money {
    FHIRModels.Money(value: FHIRDecimal(minorUnits: amount.cents, scale: 2), currency: source.claim.currency)
  }

  /// Nil for a code of which nothing is known.
  static func concept(_ code: Code) -> CodeableConcept? {
    guard code.code != nil || code.display != nil else { return nil }
    guard code.code != nil else { return CodeableConcept(text: code.display) }
    return CodeableConcept(coding: [Coding(system: code.system, code: code.code, display: code.display)])
  }
}
