internal import ClinicModel
internal import Crypto
internal import HL7Parser
internal import JSON
internal import Mappers

/// Results and documents: records that only their sender's words name.
extension ChangePlanner {
  mutating func add(_ change: ObservationChange, to plan: inout Plan) throws {
    guard let (fact, patient) = try fact(change.key, of: change.patient, &plan) else { return }
    if change.status.isPending, let standing = lookup.facts[fact].flatMap({ ObservationStatus(rawValue: $0.status) }),
      standing.isReleased
    {
      plan.superseded += 1
      plan.effects.add(fact.relation.rawValue, fact.id, .none)
      return
    }
    var fields = RecordFields(change)
    refer(change.encounter, &fields)
    if let report = change.report { fields.put("report_id", .string(FactID(report, clinicID).id)) }
    refer(change.practitioner, as: "practitioner_id", &fields, &plan)
    refer(change.requester, as: "requester_id", &fields, &plan)
    try write(fact, .observation, fields, of: patient, status: change.status.rawValue, &plan)
  }

  mutating func add(_ change: DocumentChange, to plan: inout Plan) throws {
    if lookup.facts[FactID(change.key, clinicID)] == nil {
      _ = try patient(change.patient, &plan)
      if change.onlyWhereKnown { return }
      if change.mustExist { throw Self.unknown("document", at: HL7Location("TXA", field: 12)) }
    }
    guard let (fact, patient) = try fact(change.key, of: change.patient, &plan) else { return }
    var fields = RecordFields(change)
    refer(change.encounter, &fields)
    if let report = change.report { fields.put("report_id", .string(FactID(report, clinicID).id)) }
    for (column, other) in [("replaces_id", change.replaces), ("appends_id", change.appends)] {
      guard let other = other.map({ FactID($0, clinicID) }), lookup.facts[other]?.patientID == patient.id else {
        continue
      }
      fields.put(column, .string(other.id))
    }
    refer(change.practitioner, as: "practitioner_id", &fields, &plan)
    if let content = change.content { try store(content, change.contentType, &fields, &plan) }
    try write(fact, .document, fields, of: patient, status: change.status.rawValue, &plan)
  }

  // MARK: Any fact

  /// The row of a fact with its patient; nil where a later event has written it.
  func fact(
    _ key: FactKey, of patient: PatientKey, _ plan: inout Plan
  ) throws -> (FactID, StandingRecord)? {
    let patient = try self.patient(patient, &plan)
    let fact = FactID(key, clinicID)
    return try mayWrite(fact, of: patient, &plan) ? (fact, patient) : nil
  }

  /// Condition 204: something that the message takes for known.
  static func unknown(_ record: String, at location: HL7Location) -> Refusal {
    Refusal(finding: HL7Finding(.unknownKeyIdentifier, at: location, "this clinic knows no such \(record)"))
  }

  /// A number of ours that names no record: nobody is made of it, as it was told once for a record that there is no more,
  /// or for one of another clinic.
  static func unknownOwn(_ what: String, at location: HL7Location) -> Refusal {
    Refusal(
      finding: HL7Finding(.unknownKeyIdentifier, at: location, "this clinic has no \(what) of this number of its own"))
  }

  /// The patient of a fact, who must be known: nobody is made of what a laboratory knows of them.
  func patient(_ key: PatientKey, _ plan: inout Plan) throws -> StandingRecord {
    let patient = try known(key, at: HL7Location("PID", field: 3))
    plan.effects.about = plan.effects.about ?? patient.id
    return patient
  }

  /// False where a later event has written the fact. One of another patient is refused, unless it was taken back there.
  private func mayWrite(_ fact: FactID, of patient: StandingRecord, _ plan: inout Plan) throws -> Bool {
    guard let standing = lookup.facts[fact] else { return true }
    if isSuperseded(standing.record, fact.relation.rawValue, &plan) { return false }
    guard standing.patientID == patient.id || standing.status == ObservationStatus.enteredInError.rawValue else {
      throw Refusal(
        finding: HL7Finding(
          .duplicateKeyIdentifier, at: HL7Location("PID", field: 3),
          "the same \(fact.relation.rawValue) was told of another patient and must be taken back there first"))
    }
    return true
  }

  mutating func write(
    _ fact: FactID, _ relation: RecordRelation, _ fields: RecordFields, of patient: StandingRecord, status: String,
    _ plan: inout Plan
  ) throws {
    var fields = fields
    fields.put("patient_id", .string(patient.id))
    try writeRow(fact, relation, fields, &plan)
    note(fact, StandingFact(record: written(fact.id), patientID: patient.id, status: status), &plan)
  }

  mutating func writeRow(
    _ fact: FactID, _ relation: RecordRelation, _ fields: RecordFields, _ plan: inout Plan
  ) throws {
    try write(relation, fact.id, fields, isNew: lookup.facts[fact] == nil, &plan)
  }

  mutating func note(_ fact: FactID, _ standing: StandingFact, _ plan: inout Plan) {
    lookup.facts[fact] = standing
    plan.effects.add(fact.relation.rawValue, fact.id, .write)
    plan.applied += 1
  }

  func refer(_ visit: EncounterReference?, _ fields: inout RecordFields) {
    guard let visit, let id = lookup.owner(visit.identifiers.map { RecordKey(.encounter, $0) }) else { return }
    fields.put("encounter_id", .string(id))
  }

  mutating func refer(
    _ practitioner: FieldChange<PractitionerReference>, as column: String, _ fields: inout RecordFields,
    _ plan: inout Plan
  ) {
    if case .clear = practitioner { fields.put(column, .null) }
    guard let reference = practitioner.initial,
      let id = resolver.practitioner(reference, &lookup, &plan.queries)
    else { return }
    fields.put(column, practitioner.map { _ in id })
  }

  // MARK: Contents

  private static let contentText = """
    insert into gateway.document_content (clinic_id, sha256, content)
    select $1::uuid, decode(c.sha256, 'hex'), decode(c.content, 'base64')
    from unnest($2::text[], $3::text[]) as c (sha256, content) on conflict do nothing
    """

  /// Keeps the bytes beside the document, which names them by their digest.
  private func store(
    _ content: DocumentContent, _ type: String?, _ fields: inout RecordFields, _ plan: inout Plan
  ) throws {
    fields.put("content_type", type.map { .string($0) } ?? .null)
    let bytes: [UInt8]
    switch content {
    case .pointer(let uri):
      fields.put("content_location", .string(uri))
      for column in ["bytes", "sha256"] { fields.put(column, .null) }
      return
    case .text(let text): bytes = Array(text.utf8)
    case .base64(let digits, let place):
      // The padding at the end is often left out.
      let padding = [UInt8](repeating: UInt8(ascii: "="), count: (4 - digits.count % 4) % 4)
      bytes = try Self.decoded(Base64.decode(bytes: Array(digits) + padding), "base64 (RFC 4648)", at: place)
    case .hexadecimal(let digits, let place):
      bytes = try Self.decoded(Hex.decode(String(decoding: digits, as: UTF8.self)), "hexadecimal digits", at: place)
    }
    let digest = Hex.encode(SHA256.hash(bytes))
    fields.put("bytes", .init(bytes.count))
    fields.put("sha256", .string("\\x" + digest))
    fields.put("content_location", .string("gateway:content/" + digest))
    plan.queries.append(RecordWrite(Self.contentText, rank: 129, key: nil, [[digest], [Base64.encode(bytes)]]))
  }

  private static func decoded(_ bytes: [UInt8]?, _ form: String, at place: HL7Location) throws -> [UInt8] {
    if let bytes, !bytes.isEmpty { return bytes }
    throw Refusal(finding: HL7Finding(.dataTypeError, at: place, "the document's bytes are not \(form)"))
  }
}
