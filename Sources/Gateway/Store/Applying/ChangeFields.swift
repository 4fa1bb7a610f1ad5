internal import ClinicModel
internal import JSON
internal import Mappers

/// The columns that each kind of change writes; references to other records are the planner's.
extension RecordFields {
  init(_ change: PatientChange) {
    put("active", change.isActive, empty: true) { .bool($0) }
    put("family", change.family)
    put("given", change.given, empty: []) { .strings($0) }
    put("prefix", change.prefix)
    put("gender", change.gender, empty: "unknown")
    put("birth_date", change.birthDate)
    put("birth_precision", change.birthDate, empty: "day") { .string($0.precision.rawValue) }
    put("deceased", change.isDeceased)
    put("deceased_at", change.deceasedAt)
    put("phone", change.phone)
    put("email", change.email)
    put("language", change.language)
    put("marital", change.maritalStatus)
    put(change.address)
  }

  init(_ change: CoverageChange) {
    put("member_number", change.memberNumber)
    put("type", change.type)
    put("plan", change.plan)
    put("group", change.group)
    put("relationship", change.relationship)
    put("rank", change.rank, empty: 1) { JSONValue($0) }
    put("period_from", change.from)
    put("period_to", change.to)
    put("status", change.status, empty: "active")
  }

  init(_ change: EncounterChange) {
    put("status", change.status, empty: "unknown")
    put("class", change.encounterClass, empty: "AMB")
    put("type", change.type)
    put("started_at", change.startedAt)
    put("ended_at", change.endedAt)
    put("reason", change.reason)
    put("disposition", change.disposition)
  }

  init(_ change: AppointmentChange) {
    put("status", change.status, empty: "booked")
    put("start_at", change.startAt)
    put("end_at", change.endAt)
    put("service", change.service)
    put("reason", change.reason)
    put("cancel", change.cancelReason)
    put("created_at", change.createdAt)
  }

  /// A practitioner of whom only the reference is known.
  init(_ reference: PractitionerReference) {
    put("family", .string(reference.family ?? reference.identifiers.first?.value ?? ""))
    put("given", .strings(reference.given))
    if let prefix = reference.prefix { put("prefix", .string(prefix)) }
  }

  /// A payer of whom only the reference is known.
  init(_ reference: PayerReference) {
    put("name", .string(reference.name ?? reference.identifiers.first?.value ?? ""))
    if let phone = reference.phone { put("phone", .string(phone)) }
    if !reference.address.isEmpty { put(FieldChange<AddressRecord>.set(reference.address)) }
  }
}
