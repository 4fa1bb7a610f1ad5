import ClinicModel
import Mappers
import PostgresClient

/// Rows of `DocumentQueries` as records.
enum DocumentRows {
  static func all<Record>(
    _ result: PostgresResult, _ read: (PostgresRow) throws(DocumentReadError) -> Record
  ) throws(DocumentReadError) -> [Record] {
    var records: [Record] = []
    records.reserveCapacity(result.rowCount)
    for row in result { records.append(try read(row)) }
    return records
  }

  static func claim(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> ClaimRecord {
    var columns = RecordColumns(row, of: "claim")
    var claim = ClaimRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), invoiceID: try columns.required(),
      coverageID: try columns.required(), payerID: try columns.required(), patientID: try columns.required(),
      format: try columns.word(ClaimFormat.self), status: try columns.word(ClaimStatus.self),
      controlNumber: try columns.required(), currency: try columns.required(), total: try columns.amount())
    claim.allowed = try columns.optionalAmount()
    claim.paid = try columns.optionalAmount()
    claim.submittedAt = try columns.instant()
    return claim
  }

  static func claimItem(_ row: PostgresRow) throws(DocumentReadError) -> ClaimItemRecord {
    var columns = RecordColumns(row, of: "claim_item")
    var item = ClaimItemRecord(
      sequence: try columns.integer(), invoiceItemID: try columns.required(), charged: try columns.amount())
    item.allowed = try columns.optionalAmount()
    item.paid = try columns.optionalAmount()
    return item
  }

  static func invoice(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> InvoiceRecord {
    var columns = RecordColumns(row, of: "invoice")
    var invoice = InvoiceRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), kind: try columns.word(InvoiceKind.self),
      status: try columns.word(InvoiceStatus.self), patientID: try columns.required(), currency: try columns.required())
    invoice.number = try columns.text()
    invoice.correctsID = try columns.text()
    invoice.recipientType = try columns.word(RecipientType.self)
    invoice.recipientID = try columns.text()
    invoice.encounterID = try columns.text()
    invoice.accountID = try columns.text()
    invoice.practitionerID = try columns.text()
    invoice.issuedAt = try columns.instant()
    invoice.dueAt = try columns.day()
    invoice.totalNet = try columns.amount()
    invoice.totalTax = try columns.amount()
    invoice.totalGross = try columns.amount()
    invoice.note = try columns.text()
    invoice.amountPaid = try columns.amount()
    return invoice
  }

  static func item(
    _ row: PostgresRow, clinicID: String, invoiceID: String
  ) throws(DocumentReadError) -> InvoiceItemRecord {
    var columns = RecordColumns(row, of: "invoice_item")
    var item = InvoiceItemRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), invoiceID: invoiceID,
      sequence: try columns.integer(), description: try columns.required(), quantity: try columns.quantity(),
      unitPrice: try columns.quantity(), net: try columns.amount())
    item.code = try columns.code()
    item.unit = try columns.text()
    item.discount = try columns.amount()
    item.exemptionReason = try columns.text()
    item.encounterID = try columns.text()
    item.procedureID = try columns.text()
    item.practitionerID = try columns.text()
    item.servedAt = try columns.instant()
    item.bodySite = try columns.code()
    return item
  }

  /// The line that bears the tax, and the tax.
  static func tax(_ row: PostgresRow) throws(DocumentReadError) -> (String, TaxLine) {
    var columns = RecordColumns(row, of: "invoice_item_tax")
    let item = try columns.required()
    return (
      item,
      TaxLine(
        taxCode: try columns.required(), category: try columns.word(TaxCategory.self), rate: try columns.quantity(),
        base: try columns.amount(), amount: try columns.amount())
    )
  }

  static func clinic(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> ClinicRecord {
    var columns = RecordColumns(row, of: "clinic")
    var clinic = ClinicRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), slug: try columns.required(),
      name: try columns.required(), country: try columns.required(), timeZone: try columns.required(),
      currency: try columns.required(), taxRegime: try columns.word(TaxRegime.self))
    clinic.legalName = try columns.text()
    clinic.locale = try columns.text()
    clinic.phone = try columns.text()
    clinic.email = try columns.text()
    clinic.address = try columns.address()
    return clinic
  }

  static func patient(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> PatientRecord {
    var columns = RecordColumns(row, of: "patient")
    var patient = PatientRecord(row: RowMeta(clinicID: clinicID, id: try columns.required()))
    patient.family = try columns.text()
    patient.given = try columns.list()
    patient.prefix = try columns.text()
    patient.gender = try columns.word(Gender.self)
    let (day, precision) = (try columns.text(), try columns.optionalWord(CalendarDate.Precision.self))
    patient.birthDate = day.flatMap { try? CalendarDate($0, precision: precision ?? .day) }
    patient.address = try columns.address()
    return patient
  }

  static func payer(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> PayerRecord {
    var columns = RecordColumns(row, of: "payer")
    var payer = PayerRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), name: try columns.required(),
      kind: try columns.word(PayerKind.self))
    payer.claimFormat = try columns.word(ClaimFormat.self)
    payer.phone = try columns.text()
    payer.email = try columns.text()
    payer.address = try columns.address()
    return payer
  }

  static func coverage(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> CoverageRecord {
    var columns = RecordColumns(row, of: "coverage")
    var coverage = CoverageRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), patientID: try columns.required(),
      payerID: try columns.required(), status: try columns.word(CoverageStatus.self))
    coverage.type = try columns.code()
    coverage.memberNumber = try columns.text()
    coverage.subscriberID = try columns.text()
    coverage.relationship = try columns.code()
    coverage.plan = try columns.text()
    coverage.group = try columns.text()
    coverage.rank = try columns.integer()
    coverage.period = try columns.period()
    return coverage
  }

  static func practitioner(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> PractitionerRecord {
    var columns = RecordColumns(row, of: "practitioner")
    var practitioner = PractitionerRecord(
      row: RowMeta(clinicID: clinicID, id: try columns.required()), family: try columns.required())
    practitioner.given = try columns.list()
    practitioner.prefix = try columns.text()
    return practitioner
  }

  static func identifier(_ row: PostgresRow) throws(DocumentReadError) -> IdentifierRecord {
    var columns = RecordColumns(row, of: "identifier")
    var identifier = IdentifierRecord(
      ownerType: try columns.word(OwnerType.self), ownerID: try columns.required(), system: try columns.required(),
      value: try columns.required())
    identifier.type = try columns.code()
    identifier.use = try columns.optionalWord(ClinicModel.IdentifierUse.self)
    identifier.period = try columns.period()
    return identifier
  }

  static func correction(_ row: PostgresRow) throws(DocumentReadError) -> UBLInvoiceSource.Correction {
    var columns = RecordColumns(row, of: "invoice")
    return UBLInvoiceSource.Correction(number: try columns.required(), issuedAt: try columns.instant())
  }

  static func payment(_ row: PostgresRow, clinicID: String) throws(DocumentReadError) -> PaymentRecord {
    var columns = RecordColumns(row, of: "payment")
    let meta = RowMeta(clinicID: clinicID, id: try columns.required())
    let (payerType, method) = (try columns.word(PayerOfPayment.self), try columns.word(PaymentMethod.self))
    let money = Money(try columns.amount(), try columns.required())
    guard let paidAt = try columns.instant() else {
      throw .faulty(MappingError(.missing, "payment.paid_at", "a payment has a moment"))
    }
    var payment = PaymentRecord(row: meta, payerType: payerType, method: method, amount: money, paidAt: paidAt)
    payment.reference = try columns.text()
    return payment
  }
}
