public import ClinicModel
public import HL7Parser

/// What a message says about a patient's account.
public struct AccountChange: Sendable, Equatable {
  /// PID-18, else the visit number.
  public var number: IdentifierValue
  public var patient: PatientKey
  /// A visit that is charged to it, where it is charged to none yet.
  public var encounter: EncounterReference?
  public var status: FieldChange<AccountStatus> = .fill(.active)
  public var from: FieldChange<CalendarDate> = .leave
  public var to: FieldChange<CalendarDate> = .leave
  /// Where there is no such account: false makes one, true is condition 204 (unknown key identifier) at PID-18.
  public var mustExist = false
  /// The account is only to be there: one that stands is left as it is.
  public var onlyWhereNew = false

  public init(number: IdentifierValue, patient: PatientKey) {
    self.number = number
    self.patient = patient
  }
}

/// One charge, credit or adjustment (FT1): a line of the draft invoice of its account.
///
/// A line of an invoice that is issued already is condition 206 (record locked) at FT1-2; an amount in another currency
/// than the clinic's is condition 103 at FT1-11.
public struct ChargeChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  /// The account that it is charged to; an `upsertAccount` for it stands before.
  public var account: IdentifierValue
  public var encounter: EncounterReference?
  /// Where FT1 stands, for findings that only the store can make.
  public var location: HL7Location
  public var code: Code
  public var description: String
  /// Negative for a credit, and for an adjustment that lowers what is owed.
  public var quantity: Quantity
  public var unitPrice: Quantity
  /// quantity × unit price to the cent.
  public var net: Amount
  /// ISO 4217, where one was sent.
  public var currency: String?
  public var servedAt: FieldChange<Instant> = .leave
  public var practitioner: FieldChange<PractitionerReference> = .leave

  public init(
    key: FactKey, patient: PatientKey, account: IdentifierValue, location: HL7Location, code: Code,
    description: String, quantity: Quantity, unitPrice: Quantity, net: Amount
  ) {
    self.key = key
    self.patient = patient
    self.account = account
    self.location = location
    self.code = code
    self.description = description
    self.quantity = quantity
    self.unitPrice = unitPrice
    self.net = net
  }
}

/// One payment (FT1): money received on an account, which settles what is issued to it.
///
/// An account that the clinic does not know is condition 204 (unknown key identifier) at PID-18; an amount in another
/// currency than the clinic's is condition 103 at FT1-11.
public struct PaymentChange: Sendable, Equatable {
  public var key: FactKey
  public var patient: PatientKey
  public var account: IdentifierValue
  /// Where FT1 stands, for findings that only the store can make.
  public var location: HL7Location
  /// Who paid; nil: the patient.
  public var payer: PayerReference?
  public var method: PaymentMethod
  /// Zero takes a payment back that was told before.
  public var amount: Amount
  /// ISO 4217, where one was sent.
  public var currency: String?
  public var paidAt: Instant
  public var reference: FieldChange<String> = .leave

  public init(
    key: FactKey, patient: PatientKey, account: IdentifierValue, location: HL7Location, payer: PayerReference?,
    method: PaymentMethod, amount: Amount, paidAt: Instant
  ) {
    self.key = key
    self.patient = patient
    self.account = account
    self.location = location
    self.payer = payer
    self.method = method
    self.amount = amount
    self.paidAt = paidAt
  }
}
