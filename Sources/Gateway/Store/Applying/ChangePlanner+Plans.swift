internal import ClinicModel
internal import HL7Parser
internal import JSON
internal import Mappers

/// Links between patients, movements of a stay, and stretches of time that cannot be booked.
extension ChangePlanner {
  mutating func add(_ link: PatientLink, to plan: inout Plan) throws {
    let first = try known(link.first, at: HL7Location("PID", occurrence: 1, field: 3))
    let second = try known(link.second, at: HL7Location("PID", occurrence: 2, field: 3))
    plan.effects.about = first.id
    guard first.id != second.id else {
      throw Refusal(
        finding: HL7Finding(
          .duplicateKeyIdentifier, at: HL7Location("PID", occurrence: 2, field: 3),
          "both PID name the same patient of this clinic"))
    }
    // The same pair, whichever is named first.
    for (patient, other) in [(first.id, second.id), (second.id, first.id)] {
      let id = DerivedID.of(clinicID, ["patient-link", patient, other])
      plan.queries.append(
        RecordWrite(
          link.isLinked ? Self.linking : Self.unlinking, rank: 160, key: id,
          [[id], [patient], [other], [moment.rfc3339()]],
          effect: link.isLinked
            ? .set("patient_link", ["patient_id": .string(patient), "other_id": .string(other)])
            : .delete("patient_link")))
      plan.effects.add("patient_link", id, link.isLinked ? .write : .delete)
    }
    plan.applied += 1
  }

  /// A link that a later event has made or taken away stays as that left it.
  private static let isNewest = """
    not exists (select from gateway.message_effect m where m.clinic_id = $1::uuid and m.relation = 'patient_link'
      and m.record_id = c.id and m.event_at > c.at)
    """
  private static let linking = """
    insert into clinic.patient_link (clinic_id, id, patient_id, other_id)
    select $1::uuid, c.id, c.patient, c.other
    from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) as c (id, patient, other, at) where \(isNewest)
    on conflict do nothing
    """
  private static let unlinking = """
    delete from clinic.patient_link t
    using unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) as c (id, patient, other, at)
    where t.clinic_id = $1::uuid and t.patient_id = c.patient and t.other_id = c.other and \(isNewest)
    """

  mutating func add(_ change: MovementChange, to plan: inout Plan) throws {
    guard let (fact, patient) = try fact(change.key, of: change.patient, &plan) else { return }
    guard let encounter = lookup.owner(change.encounter.identifiers.map { RecordKey(.encounter, $0) }) else {
      throw Self.unknown("visit of the patient", at: HL7Location("PV1", field: 19))
    }
    var fields = RecordFields()
    fields.put("encounter_id", .string(encounter))
    fields.put("number", .string(change.number))
    fields.put("event", .string(change.event))
    fields.put("status", .string(change.isCancelled ? "cancelled" : "active"))
    fields.put("started_at", change.startedAt)
    fields.put("ended_at", change.endedAt)
    fields.put("unit", change.unit)
    if let reference = change.location.initial,
      let id = resolver.location(reference, &lookup, &plan.queries)
    {
      fields.put("location_id", .string(id))
    }
    try writeRow(fact, .movement, fields, &plan)
    note(fact, StandingFact(record: written(fact.id), patientID: patient.id, status: "active"), &plan)
  }

  mutating func add(_ change: SlotChange, to plan: inout Plan) throws {
    let fact = FactID(change.key, clinicID)
    let standing = lookup.facts[fact]
    if standing == nil, change.mustExist { throw Self.unknown("blocked time", at: HL7Location("SCH", field: 1)) }
    if isSuperseded(standing?.record, fact.relation.rawValue, &plan) { return }
    let who: (kind: String, id: String?) =
      switch change.actor {
      case .practitioner(let reference): ("practitioner", resolver.practitioner(reference, &lookup, &plan.queries))
      case .location(let reference): ("location", resolver.location(reference, &lookup, &plan.queries))
      }
    guard let actor = who.id else { return }
    let schedule = DerivedID.of(clinicID, ["schedule", who.kind, actor])
    plan.queries.append(RecordWrite(Self.schedule, rank: 170, key: schedule, [[schedule], [who.kind], [actor]]))
    plan.queries.append(
      RecordWrite(
        Self.slot, rank: 171, key: fact.id,
        [
          [fact.id], [who.kind], [actor], [change.startAt.rfc3339()], [change.endAt.rfc3339()],
          [change.status.rawValue],
        ],
        effect: .set(
          "slot",
          [
            "start_at": .string(change.startAt.rfc3339()), "end_at": .string(change.endAt.rfc3339()),
            "status": .string(change.status.rawValue),
          ])))
    note(
      fact, StandingFact(record: written(fact.id), patientID: "", status: change.status.rawValue), &plan)
  }

  private static let scheduleOfActor = """
    s.clinic_id = $1::uuid and s.deleted_at is null and case c.kind when 'practitioner' then s.practitioner_id = c.actor
      else s.practitioner_id is null and s.location_id = c.actor end
    """
  /// A schedule for whom the clinic keeps none.
  private static let schedule = """
    insert into clinic.schedule (clinic_id, id, practitioner_id, location_id)
    select $1::uuid, c.id, case c.kind when 'practitioner' then c.actor end, case c.kind when 'location' then c.actor end
    from unnest($2::text[], $3::text[], $4::text[]) as c (id, kind, actor)
    where not exists (select from clinic.schedule s where \(scheduleOfActor))
    on conflict do nothing
    """
  private static let slot = """
    insert into clinic.slot as t (clinic_id, id, schedule_id, start_at, end_at, status)
    select $1::uuid, c.id, (select s.id from clinic.schedule s where \(scheduleOfActor) order by s.id limit 1),
      c.start_at, c.end_at, c.status
    from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::text[])
      as c (id, kind, actor, start_at, end_at, status)
    on conflict (clinic_id, id) do update set start_at = excluded.start_at, end_at = excluded.end_at,
      status = excluded.status
    where (t.start_at, t.end_at, t.status) is distinct from (excluded.start_at, excluded.end_at, excluded.status)
    """
}
