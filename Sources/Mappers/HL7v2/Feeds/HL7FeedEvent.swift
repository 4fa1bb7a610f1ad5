/// What a change in the clinic's data means to an EMR that follows it; the raw value is `gateway.delivery.event`.
///
/// Which change is which event is decided where it happens: `gateway.feed_…` in the migrations, docs/mappings/feeds.md.
public enum HL7FeedEvent: String, Sendable, CaseIterable {
  case admitted = "ADT^A01"
  case transferred = "ADT^A02"
  case discharged = "ADT^A03"
  case registered = "ADT^A04"
  case preAdmitted = "ADT^A05"
  case visitUpdated = "ADT^A08"
  case admissionCancelled = "ADT^A11"
  case dischargeCancelled = "ADT^A13"
  case leftOnLeave = "ADT^A21"
  case returnedFromLeave = "ADT^A22"
  case visitDeleted = "ADT^A23"
  case personAdded = "ADT^A28"
  case personDeleted = "ADT^A29"
  case personUpdated = "ADT^A31"
  case patientsMerged = "ADT^A40"
  case booked = "SIU^S12"
  case rescheduled = "SIU^S13"
  case modified = "SIU^S14"
  case cancelled = "SIU^S15"
  case deleted = "SIU^S17"
  case didNotCome = "SIU^S26"
  case charged = "DFT^P03"
  /// An invoice that was issued is cancelled: its charges are credited. The message is a DFT^P03 too.
  case chargesReversed = "DFT^P03-CD"

  /// MSH-9.1.
  public var messageCode: String { String(rawValue.prefix(3)) }

  /// MSH-9.2.
  public var trigger: String { String(rawValue.dropFirst(4).prefix(3)) }

  /// MSH-9.3.
  var structure: String {
    switch self {
    case .admitted, .registered, .visitUpdated, .dischargeCancelled: "ADT_A01"
    case .transferred: "ADT_A02"
    case .discharged: "ADT_A03"
    case .preAdmitted, .personAdded, .personUpdated: "ADT_A05"
    case .admissionCancelled: "ADT_A09"
    case .leftOnLeave, .returnedFromLeave, .visitDeleted, .personDeleted: "ADT_A21"
    case .patientsMerged: "ADT_A39"
    case .booked, .rescheduled, .modified, .cancelled, .deleted, .didNotCome: "SIU_S12"
    case .charged, .chargesReversed: "DFT_P03"
    }
  }

  /// Contacts and coverages have a place in the message.
  var tellsEverything: Bool { structure == "ADT_A01" || structure == "ADT_A05" }

  /// What the record does not hold is to be forgotten by the receiver too.
  var isUpdate: Bool {
    switch self {
    case .visitUpdated, .personUpdated, .rescheduled, .modified: true
    default: false
    }
  }

  /// The visit goes on: an end that came since is told by a message of its own.
  var isOfOpenVisit: Bool {
    switch self {
    case .admitted, .registered, .preAdmitted, .dischargeCancelled, .leftOnLeave, .returnedFromLeave: true
    default: false
    }
  }

  /// The appointment does not take place, and SCH-6 says why.
  var isCancellation: Bool { self == .cancelled || self == .deleted }
}
