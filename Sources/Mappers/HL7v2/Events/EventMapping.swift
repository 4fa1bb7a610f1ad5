import ClinicModel

/// What an event means, as data: one line an event.
struct EventMapping: Sendable {
  /// What the event is about.
  enum Subject: Sendable {
    /// A person's data; a visit in PV1 is not looked at.
    case person(PersonRule)
    case visit(VisitRule)
    case merge
    case appointment(AppointmentRule)
    /// Results of a patient who is known.
    case result
    case document(DocumentRule)
    /// What is charged to an account.
    case charge
    case account(AccountRule)
    /// A person has other numbers: those of MRG were theirs.
    case renumbering
    /// Two records are one person, or no longer.
    case link(Bool)
    /// People and places that cannot be booked for a while, or can be again.
    case block(SlotStatus)
  }

  /// What an event does to the account of PID-18.
  struct AccountRule: Sendable {
    var mustExist = false
    var ends = false
  }

  /// What an event does to the person's record.
  struct PersonRule: Sendable {
    /// Nil: it stays as it is.
    var isActive: Bool?
  }

  /// What an event does to the encounter.
  struct VisitRule: Sendable {
    /// Nil: what PV1 shows, and only where the encounter is new.
    var status: EncounterStatus?
    /// The encounter must be known.
    var mustExist = false
    /// Without PV1, or without a visit in it, the event is still about the patient.
    var isOptional = false
    /// Where PV1-44 is empty, a new encounter begins at the moment of the event.
    var begins = false
    /// Where PV1-45 is empty, the encounter ends at the moment of the event.
    var ends = false
    /// The encounter has no end any more.
    var reopens = false
    /// Only the movement of ZBE is meant; it must be there.
    var isOfMovement = false
  }

  /// What an event does to the appointment.
  struct AppointmentRule: Sendable {
    /// Nil: what SCH-25 says, else `booked` where the appointment is new.
    var status: AppointmentStatus?
    /// SCH-25 may say more than the event: an S12 for one that is only pending.
    var followsFiller = false
    /// The appointment must be known, as it always must be where no start is sent.
    var mustExist = false
    /// A start must be sent.
    var needsStart = false
    /// SCH-6 is why it does not take place.
    var cancels = false
  }

  /// What an event does to the document of TXA.
  struct DocumentRule: Sendable {
    enum Kind: Sendable {
      /// A document, or the same one once more.
      case original
      /// One that adds to that of TXA-13.
      case addendum
      /// The same one with other content.
      case edit
      /// One that takes the place of that of TXA-13.
      case replacement
      case cancel
    }

    var kind = Kind.original
    /// An OBX with the content is required.
    var hasContent = false
  }

  let type: String
  let event: String
  let subject: Subject

  var name: String { "\(type)^\(event)" }

  private init(_ type: String, _ event: String, _ subject: Subject) {
    self.type = type
    self.event = event
    self.subject = subject
  }

  static let all: [EventMapping] = admissions + appointments + results + billing

  private static let admissions: [EventMapping] = [
    EventMapping("ADT", "A01", .visit(VisitRule(status: .inProgress, begins: true))),
    EventMapping("ADT", "A02", .visit(VisitRule())),
    EventMapping("ADT", "A03", .visit(VisitRule(status: .finished, ends: true))),
    EventMapping("ADT", "A04", .visit(VisitRule(status: .planned, begins: true))),
    EventMapping("ADT", "A05", .visit(VisitRule(status: .planned))),
    EventMapping("ADT", "A06", .visit(VisitRule(status: .inProgress))),
    EventMapping("ADT", "A07", .visit(VisitRule(status: .inProgress))),
    EventMapping("ADT", "A08", .visit(VisitRule(isOptional: true))),
    // Patient tracking: on the way to another place, and there.
    EventMapping("ADT", "A09", .visit(VisitRule())),
    EventMapping("ADT", "A10", .visit(VisitRule())),
    EventMapping("ADT", "A11", .visit(VisitRule(status: .cancelled, mustExist: true))),
    EventMapping("ADT", "A12", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A13", .visit(VisitRule(status: .inProgress, mustExist: true, reopens: true))),
    EventMapping("ADT", "A14", .visit(VisitRule(status: .planned))),
    EventMapping("ADT", "A15", .visit(VisitRule())),
    EventMapping("ADT", "A16", .visit(VisitRule())),
    EventMapping("ADT", "A18", .merge),
    EventMapping("ADT", "A21", .visit(VisitRule(status: .onLeave))),
    EventMapping("ADT", "A22", .visit(VisitRule(status: .inProgress))),
    EventMapping("ADT", "A23", .visit(VisitRule(status: .enteredInError, mustExist: true))),
    EventMapping("ADT", "A24", .link(true)),
    EventMapping("ADT", "A25", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A26", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A27", .visit(VisitRule(status: .cancelled, mustExist: true))),
    EventMapping("ADT", "A28", .person(PersonRule(isActive: true))),
    EventMapping("ADT", "A29", .person(PersonRule(isActive: false))),
    EventMapping("ADT", "A31", .person(PersonRule())),
    EventMapping("ADT", "A32", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A33", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A34", .merge),
    EventMapping("ADT", "A37", .link(false)),
    EventMapping("ADT", "A38", .visit(VisitRule(status: .cancelled, mustExist: true))),
    EventMapping("ADT", "A40", .merge),
    EventMapping("ADT", "A47", .renumbering),
    EventMapping("ADT", "A52", .visit(VisitRule(status: .inProgress, mustExist: true))),
    EventMapping("ADT", "A53", .visit(VisitRule(status: .onLeave, mustExist: true))),
    EventMapping("ADT", "A54", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A55", .visit(VisitRule(mustExist: true))),
    EventMapping("ADT", "A60", .person(PersonRule())),
    // IHE PAM: a movement that was told before is corrected.
    EventMapping("ADT", "Z99", .visit(VisitRule(mustExist: true, isOfMovement: true))),
  ]

  private static let appointments: [EventMapping] = [
    EventMapping("SIU", "S12", .appointment(AppointmentRule(status: .booked, followsFiller: true, needsStart: true))),
    EventMapping("SIU", "S13", .appointment(AppointmentRule(status: .booked, followsFiller: true, needsStart: true))),
    EventMapping("SIU", "S14", .appointment(AppointmentRule(followsFiller: true))),
    EventMapping("SIU", "S15", .appointment(AppointmentRule(status: .cancelled, mustExist: true, cancels: true))),
    EventMapping("SIU", "S16", .appointment(AppointmentRule(status: .cancelled, mustExist: true, cancels: true))),
    EventMapping("SIU", "S17", .appointment(AppointmentRule(status: .enteredInError, mustExist: true, cancels: true))),
    EventMapping("SIU", "S23", .block(.busyUnavailable)),
    EventMapping("SIU", "S24", .block(.free)),
    EventMapping("SIU", "S26", .appointment(AppointmentRule(status: .noshow))),
  ]

  private static let results: [EventMapping] = [
    EventMapping("ORU", "R01", .result),
    // At the point of care: without an order, with one to be looked for, with the one that it names.
    EventMapping("ORU", "R30", .result),
    EventMapping("ORU", "R31", .result),
    EventMapping("ORU", "R32", .result),
    EventMapping("MDM", "T01", .document(DocumentRule())),
    EventMapping("MDM", "T02", .document(DocumentRule(hasContent: true))),
    EventMapping("MDM", "T03", .document(DocumentRule())),
    EventMapping("MDM", "T04", .document(DocumentRule())),
    EventMapping("MDM", "T05", .document(DocumentRule(kind: .addendum))),
    EventMapping("MDM", "T06", .document(DocumentRule(kind: .addendum, hasContent: true))),
    EventMapping("MDM", "T07", .document(DocumentRule(kind: .edit))),
    EventMapping("MDM", "T08", .document(DocumentRule(kind: .edit, hasContent: true))),
    EventMapping("MDM", "T09", .document(DocumentRule(kind: .replacement))),
    EventMapping("MDM", "T10", .document(DocumentRule(kind: .replacement, hasContent: true))),
    EventMapping("MDM", "T11", .document(DocumentRule(kind: .cancel))),
  ]

  private static let billing: [EventMapping] = [
    EventMapping("DFT", "P03", .charge),
    EventMapping("DFT", "P11", .charge),
    EventMapping("BAR", "P01", .account(AccountRule())),
    EventMapping("BAR", "P05", .account(AccountRule())),
    EventMapping("BAR", "P06", .account(AccountRule(mustExist: true, ends: true))),
  ]

  private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  /// The message types of which some event is mapped, in the order of the table.
  static let types = all.map(\.type).reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }

  static func named(_ name: String) -> EventMapping? { byName[name] }
}
