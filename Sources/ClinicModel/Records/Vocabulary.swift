// Closed vocabularies of the contract. Raw values are what the columns hold; the migrations check the same lists.

/// Whose identifier it is.
public enum OwnerType: String, Sendable, CaseIterable {
  case clinic, location, practitioner, patient, payer, coverage, appointment, encounter, invoice, claim, account
}

/// FHIR AdministrativeGender.
public enum Gender: String, Sendable, CaseIterable {
  case male, female, other, unknown
}

/// FHIR IdentifierUse.
public enum IdentifierUse: String, Sendable, CaseIterable {
  case usual, official, secondary, old
  case temp
}

/// FHIR NameUse.
public enum NameUse: String, Sendable, CaseIterable {
  case usual, official, temp, nickname, anonymous, old, maiden
}

/// FHIR ContactPointSystem.
public enum TelecomSystem: String, Sendable, CaseIterable {
  case phone, fax, email, pager, url, sms, other
}

/// FHIR ContactPointUse.
public enum TelecomUse: String, Sendable, CaseIterable {
  case home, work, temp, old, mobile
}

/// FHIR AddressUse.
public enum AddressUse: String, Sendable, CaseIterable {
  case home, work, temp, old, billing
}

/// What a location is.
public enum LocationKind: String, Sendable, CaseIterable {
  case site, department, room, bed
}

/// FHIR LocationStatus.
public enum LocationStatus: String, Sendable, CaseIterable {
  case active, suspended, inactive
}

/// Who stands behind a payer.
public enum PayerKind: String, Sendable, CaseIterable {
  case mutual, employer
  case `public` = "public"
  case `private` = "private"
}

/// The form in which a payer takes claims.
public enum ClaimFormat: String, Sendable, CaseIterable {
  case fhir, bhyt, bordereau
  case x12 = "x12-837p"
}

/// FHIR FinancialResourceStatusCodes.
public enum CoverageStatus: String, Sendable, CaseIterable {
  case active, cancelled, draft
  case enteredInError = "entered-in-error"
}

/// FHIR AppointmentStatus.
public enum AppointmentStatus: String, Sendable, CaseIterable {
  case proposed, pending, booked, arrived, fulfilled, cancelled, noshow, waitlist
  case enteredInError = "entered-in-error"
  case checkedIn = "checked-in"
}

/// FHIR ParticipationStatus.
public enum ParticipationStatus: String, Sendable, CaseIterable {
  case accepted, declined, tentative
  case needsAction = "needs-action"
}

/// Who takes part in an appointment.
public enum ParticipantType: String, Sendable, CaseIterable {
  case patient, practitioner, location
}

/// FHIR EncounterStatus.
public enum EncounterStatus: String, Sendable, CaseIterable {
  case planned, arrived, triaged, finished, cancelled, unknown
  case inProgress = "in-progress"
  case onLeave = "onleave"
  case enteredInError = "entered-in-error"
}

/// HL7 v3 ActEncounterCode.
public enum EncounterClass: String, Sendable, CaseIterable {
  case ambulatory = "AMB"
  case emergency = "EMER"
  case field = "FLD"
  case homeHealth = "HH"
  case inpatient = "IMP"
  case acute = "ACUTE"
  case nonAcute = "NONAC"
  case observation = "OBSENC"
  case preAdmission = "PRENC"
  case shortStay = "SS"
  case virtual = "VR"
}

/// FHIR AccountStatus.
public enum AccountStatus: String, Sendable, CaseIterable {
  case active, inactive, unknown
  case enteredInError = "entered-in-error"
  case onHold = "on-hold"
}

/// An invoice or the credit note that corrects one.
public enum InvoiceKind: String, Sendable, CaseIterable {
  case invoice
  case creditNote = "credit-note"
}

/// FHIR InvoiceStatus as far as the platforms use it.
public enum InvoiceStatus: String, Sendable, CaseIterable {
  case draft, issued, balanced, cancelled
}

/// Who an invoice is addressed to.
public enum RecipientType: String, Sendable, CaseIterable {
  case patient, payer
}

/// UN/CEFACT 5305 duty category.
public enum TaxCategory: String, Sendable, CaseIterable {
  case standard = "S"
  case exempt = "E"
  case zeroRated = "Z"
  case outOfScope = "O"
}

/// Who paid.
public enum PayerOfPayment: String, Sendable, CaseIterable {
  case patient, payer
}

/// How a payment came.
public enum PaymentMethod: String, Sendable, CaseIterable {
  case cash, card, cheque, transfer, remittance
}

/// Where a claim stands.
public enum ClaimStatus: String, Sendable, CaseIterable {
  case owed, sent, acknowledged, accepted, paid, denied, cancelled
  case partlyPaid = "partly-paid"
}

/// FHIR ClaimProcessingCodes.
public enum ClaimOutcome: String, Sendable, CaseIterable {
  case queued, complete, error, partial
}
