public import ClinicModel

/// Everything that one message of a feed is made from. Records as they stand when the message is made.
public struct HL7FeedSource: Sendable {
  /// Whose change is told.
  public enum Subject: Sendable {
    case person
    case visit(EncounterRecord)
    case appointment(AppointmentRecord)
    /// With its items; those that the receiver told us of are left out.
    case invoice(InvoiceRecord)
    /// The patient that was merged into `patient`.
    case merged(PatientRecord)
  }

  public var event: HL7FeedEvent
  public var subject: Subject
  public var patient: PatientRecord
  /// MSH-10: the same at every try.
  public var controlID: String
  /// When the change was made: MSH-7 and EVN-2.
  public var at: Instant
  /// Whom and where the records name, by id; places with all that they lie in.
  public var practitioners: [String: PractitionerRecord] = [:]
  public var locations: [String: LocationRecord] = [:]
  /// Of the patient, by rank.
  public var coverages: [CoverageRecord] = []
  public var payers: [String: PayerRecord] = [:]
  /// That of the visit or the invoice.
  public var account: AccountRecord?
  /// The visit that an invoice charges.
  public var encounter: EncounterRecord?

  public init(
    event: HL7FeedEvent, subject: Subject, patient: PatientRecord, controlID: String, at: Instant
  ) {
    self.event = event
    self.subject = subject
    self.patient = patient
    self.controlID = controlID
    self.at = at
  }
}
