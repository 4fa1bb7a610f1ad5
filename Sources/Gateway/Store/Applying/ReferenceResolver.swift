internal import ClinicModel
internal import JSON
internal import Mappers

/// Finds the practitioners, places and payers that messages name, and makes those that are not there.
struct ReferenceResolver {
  let clinicID: String
  /// What a cache knew before, and what has been found or made since.
  private(set) var known: [ReferenceCache.Reference: String]
  private(set) var found: [ReferenceCache.Reference: String] = [:]

  init(clinicID: String, known: [ReferenceCache.Reference: String]) {
    self.clinicID = clinicID
    self.known = known
  }

  private mutating func keep(_ reference: ReferenceCache.Reference, _ id: String) -> String {
    known[reference] = id
    found[reference] = id
    return id
  }

  /// The practitioner's id; nil where the reference names nobody.
  mutating func practitioner(
    _ reference: PractitionerReference, _ lookup: inout RecordLookup, _ queries: inout [RecordWrite]
  ) -> String? {
    if let id = reference.recordID ?? known[.practitioner(reference)] { return id }
    let keys = reference.identifiers.map { RecordKey(.practitioner, $0) }
    if let id = lookup.owner(keys) {
      return keep(.practitioner(reference), id)
    }
    // A number of ours that names nobody any more makes nobody either: the name alone says who is meant.
    let numbers = reference.identifiers.filter { !$0.isOurs(.practitioner) }
    if numbers.isEmpty {
      guard let family = reference.family else { return nil }
      let (familyKey, givenKey) = (FoldedKey.fold(family), FoldedKey.fold(reference.given.joined(separator: " ")))
      let named = lookup.practitioners.filter {
        $0.key == familyKey && (givenKey.isEmpty || $0.givenKey == givenKey)
      }
      if named.count == 1 { return keep(.practitioner(reference), named[0].id) }
    }
    let id =
      numbers.first.map { RecordKey(.practitioner, $0).derivedID(clinicID) }
      ?? DerivedID.of(clinicID, ["practitioner", reference.family ?? ""] + reference.given)
    queries.append(RecordRelation.practitioner.insert(id, RecordFields(reference)))
    add(reference.identifiers, .practitioner, id, &lookup, &queries)
    return keep(.practitioner(reference), id)
  }

  /// The place's id; nil where the reference names none.
  mutating func location(
    _ reference: LocationReference, _ lookup: inout RecordLookup, _ queries: inout [RecordWrite]
  ) -> String? {
    if let id = reference.recordID ?? known[.location(reference)] { return id }
    if let identifier = reference.identifier,
      let id = lookup.owners[RecordKey(.location, identifier)]?.first?.id
    {
      return keep(.location(reference), id)
    }
    var parent: String?
    for step in reference.path {
      let key = FoldedKey.fold(step.name)
      let standing = lookup.places.first {
        $0.kind == step.kind.rawValue && $0.nameKey == key && (parent == nil || $0.parentID == parent)
      }
      if let standing {
        parent = standing.id
        continue
      }
      let id = DerivedID.of(clinicID, ["location", parent ?? "", step.kind.rawValue, key])
      var fields = RecordFields()
      fields.put("kind", .string(step.kind.rawValue))
      fields.put("name", .string(step.name))
      if let parent { fields.put("parent_id", .string(parent)) }
      queries.append(RecordRelation.location.insert(id, fields))
      lookup.places.append(.init(id: id, kind: step.kind.rawValue, nameKey: key, parentID: parent))
      parent = id
    }
    guard let id = parent else { return nil }
    if let identifier = reference.identifier { add([identifier], .location, id, &lookup, &queries) }
    return keep(.location(reference), id)
  }

  /// The payer's id; nil where the reference names none.
  func payer(
    _ reference: PayerReference, _ lookup: inout RecordLookup, _ queries: inout [RecordWrite]
  ) -> String? {
    if let id = reference.recordID { return id }
    let keys = reference.identifiers.map { RecordKey(.payer, $0) }
    if let id = lookup.owner(keys) { return id }
    let nameKey = reference.name.map { FoldedKey.fold($0) }
    if let nameKey, let standing = lookup.payers.first(where: { $0.key == nameKey }) { return standing.id }
    let number = reference.identifiers.first { !$0.isOurs(.payer) }
    let derived = number.map { RecordKey(.payer, $0).derivedID(clinicID) }
    guard let id = derived ?? nameKey.map({ DerivedID.of(clinicID, ["payer", $0]) }) else { return nil }
    queries.append(RecordRelation.payer.insert(id, RecordFields(reference)))
    if let nameKey { lookup.payers.append(.init(id: id, key: nameKey, givenKey: "")) }
    add(reference.identifiers, .payer, id, &lookup, &queries)
    return id
  }

  /// Adds the identifiers that nobody of this kind holds yet: an identifier must go on naming one record. Numbers of ours
  /// are the ids themselves.
  func add(
    _ identifiers: [IdentifierValue], _ owner: OwnerType, _ id: String, _ lookup: inout RecordLookup,
    _ queries: inout [RecordWrite], record: StandingRecord? = nil
  ) {
    var rows: [JSONValue] = []
    for identifier in identifiers where !identifier.isOurs(owner) {
      let key = RecordKey(owner, identifier)
      guard lookup.owners[key] == nil else { continue }
      lookup.owners[key] = [record ?? StandingRecord(id: id, isWritten: true)]
      lookup.holders[key] = id
      rows.append([
        "id": .string(DerivedID.of(clinicID, [owner.rawValue, id, key.system, key.value])),
        "system": .string(key.system), "value": .string(key.value), "type_system": JSONValue(identifier.type?.system),
        "type_code": JSONValue(identifier.type?.code), "type_display": JSONValue(identifier.type?.display),
        "period_from": JSONValue(identifier.period?.from?.dayText),
        "period_to": JSONValue(identifier.period?.to?.dayText),
      ])
    }
    guard !rows.isEmpty else { return }
    queries.append(
      RecordWrite(
        """
        insert into clinic.identifier (clinic_id, id, owner_type, owner_id, system, value, type_system, type_code,
          type_display, period_from, period_to)
        select $1::uuid, n.id, c.owner_type, c.owner_id, n.system, n.value, n.type_system, n.type_code, n.type_display,
          n.period_from, n.period_to
        from unnest($2::text[], $3::text[], $4::jsonb[]) as c (owner_type, owner_id, items),
          lateral jsonb_populate_recordset(null::clinic.identifier, c.items) n
        on conflict do nothing
        """, rank: 100, key: nil,
        [[owner.rawValue], [id], [JSONValue.array(rows).text]],
        effect: .insertAll("identifier")))
  }
}
