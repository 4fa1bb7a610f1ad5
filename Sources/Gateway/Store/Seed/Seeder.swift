internal import ClinicModel
public import PostgresClient

/// Why a clinic could not be filled.
public struct SeedError: Error, Sendable, CustomStringConvertible {
  public let description: String
}

/// Fills clinics with invented data: the same rows for the same numbers on every machine.
///
/// The pool must belong to a member of `passerelle_owner`. Each batch is one transaction; two are written at once if it
/// has two connections, and they commit in their order: a run that was killed leaves whole batches, and the next one goes on
/// after them.
public struct Seeder: Sendable {
  /// Patients of a sample clinic.
  public static let samplePatients = 72
  static let batchPatients = 10_000
  /// Batches written at once, each on a connection of its own.
  package static let writers = 2
  static let chunkBytes = 1 << 16
  static let statementTimeoutMilliseconds = 600_000

  public init() {}

  /// Makes the two sample clinics with their patients. A clinic that is there already is left as it is.
  /// - Returns: the slugs made.
  public func loadSamples(_ pool: PostgresPool) async throws -> [String] {
    var made: [String] = []
    for sample in SampleClinic.all where try await clinic(sample.slug, pool) == nil {
      try await write(pool, SeedTurns(loop: pool.loop), 0) { batch throws(ClinicValueError) in
        let clinic = sample.add(to: &batch)
        let generator = PatientGenerator(clinic)
        for number in 0..<Self.samplePatients { try generator.add(number, to: &batch) }
      }
      made.append(sample.slug)
    }
    if !made.isEmpty { try await analyze(pool) }
    return made
  }

  /// Adds `count` patients with their visits and invoices to a clinic that has practitioners.
  /// - Returns: how many patients the clinic has then.
  public func addPatients(_ count: Int, to slug: String, _ pool: PostgresPool) async throws -> Int {
    guard let (clinic, present) = try await clinic(slug, pool) else {
      throw SeedError(description: "there is no clinic '\(slug)'; `passerelle seed` without --clinic makes the samples")
    }
    guard !clinic.practitioners.isEmpty else {
      throw SeedError(description: "clinic '\(slug)' has no practitioner: nobody could see the patients")
    }
    let generator = PatientGenerator(clinic)
    let end = present + count
    let starts = Array(stride(from: present, to: end, by: Self.batchPatients))
    let turns = SeedTurns(loop: pool.loop)
    try await withThrowingTaskGroup(of: Void.self) { writers in
      let count = min(Self.writers, pool.configuration.connections, starts.count)
      for first in 0..<count {
        writers.addTask(executorPreference: pool.loop) {
          for turn in stride(from: first, to: starts.count, by: count) {
            try await write(pool, turns, turn) { batch throws(ClinicValueError) in
              for number in starts[turn]..<min(starts[turn] + Self.batchPatients, end) {
                try generator.add(number, to: &batch)
              }
            }
          }
        }
      }
      try await writers.waitForAll()
    }
    try await analyze(pool)
    return end
  }

  /// Tells the planner what the tables hold now: it would think them empty until autovacuum comes by.
  private func analyze(_ pool: PostgresPool) async throws(PostgresError) {
    let relations = SeedBatch.order.map { "clinic.\(SeedBatch()[keyPath: $0].relation)" } + ["clinic.patient_key"]
    _ = try await pool.run(
      [
        Self.query("set local role passerelle_owner"),
        Self.query("analyze \(relations.joined(separator: ", ")), gateway.change_log"),
      ], timeoutMilliseconds: Self.statementTimeoutMilliseconds)
    // Totals are counted by the indexes alone once vacuum has seen the rows; whoever may not do it is only warned.
    _ = try await pool.run(
      Self.query("vacuum \(relations.joined(separator: ", "))"),
      timeoutMilliseconds: Self.statementTimeoutMilliseconds)
  }

  /// The clinic and how many patients it has.
  private func clinic(_ slug: String, _ pool: PostgresPool) async throws -> (SeedClinic, Int)? {
    let found = try await pool.run(
      [
        PostgresQuery("set local role passerelle_owner"),
        PostgresQuery(
          """
          select c.clinic_id, c.country, c.time_zone, c.currency, c.tax_regime, c.state,
            array(select p.id from clinic.practitioner p where p.clinic_id = c.clinic_id and p.active order by p.id),
            array(select l.id from clinic.location l where l.clinic_id = c.clinic_id and l.kind = 'room' order by l.id),
            array(select y.id from clinic.payer y where y.clinic_id = c.clinic_id order by y.id),
            (select count(*) from clinic.patient p where p.clinic_id = c.clinic_id)
          from clinic.clinic c where c.slug = $1
          """, [.text(slug)]),
      ], timeoutMilliseconds: Self.statementTimeoutMilliseconds)[1]
    guard found.rowCount == 1 else { return nil }
    let row = found[0]
    let clinic = SeedClinic(
      clinicID: try row.string(0), slug: slug, country: try row.string(1), timeZone: try row.string(2),
      currency: try row.string(3), taxRegime: TaxRegime(rawValue: try row.string(4)) ?? .none,
      region: try row.optionalString(5), practitioners: try row.strings(6), rooms: try row.strings(7),
      payers: try row.strings(8))
    return (clinic, try row.int(9))
  }

  /// Fills a batch and writes it in one transaction: COPY into staging, then one INSERT … SELECT a relation. It is
  /// committed when its turn has come.
  private func write(
    _ pool: PostgresPool, _ turns: SeedTurns, _ turn: Int,
    _ fill: (inout SeedBatch) throws(ClinicValueError) -> Void
  ) async throws {
    var batch = SeedBatch()
    defer { turns.failUnlessDone(turn) }
    try fill(&batch)
    try await pool.withSession { session in
      let used = SeedBatch.order.filter { !batch[keyPath: $0].rows.bytes.isEmpty }
      let staging = used.map { Self.query(batch[keyPath: $0].createStaging) }
      _ = try await session.run(
        [
          Self.query("begin"), Self.query("set local role passerelle_owner"),
          Self.query("set local passerelle.loading = 'on'"), Self.query("set local client_min_messages = warning"),
        ] + staging)
      do {
        for path in used {
          let bytes = batch[keyPath: path].take()
          var sent = 0
          _ = try await session.copyIn(dynamic: batch[keyPath: path].copy) {
            guard sent < bytes.count else { return nil }
            defer { sent += Self.chunkBytes }
            return Array(bytes[sent..<min(sent + Self.chunkBytes, bytes.count)])
          }
          _ = try await session.run(
            [Self.query(batch[keyPath: path].insert)], timeoutMilliseconds: Self.statementTimeoutMilliseconds)
        }
        try await turns.wait(for: turn)
        _ = try await session.run(
          [Self.query("commit")], timeoutMilliseconds: Self.statementTimeoutMilliseconds)
        turns.done(turn)
      } catch {
        _ = try? await session.run([Self.query("rollback")])
        throw error
      }
    }
  }

  private static func query(_ text: String) -> PostgresQuery {
    var query = PostgresQuery(dynamic: text)
    query.isPrepared = false
    return query
  }
}

extension SampleClinic {
  /// Writes the clinic, its payers, rooms and staff; answers what the generator needs.
  func add(to batch: inout SeedBatch) -> SeedClinic {
    var random = SeedRandom(UInt64(slug.utf8.count), 1)
    for byte in slug.utf8 { random = SeedRandom(random.next(), UInt64(byte)) }
    var clinic = SeedClinic(
      clinicID: clinicID, slug: slug, country: country, timeZone: timeZone, currency: currency, taxRegime: taxRegime,
      region: nil, practitioners: [], rooms: [], payers: [])
    batch.clinic.add(
      clinicID, clinicID, slug, name, name, country, timeZone, currency, locale, taxRegime.rawValue, phone,
      "{\"\(line)\"}", city, postalCode)
    for (system, value) in identifiers {
      batch.identifier.add(clinicID, random.uuid(), "clinic", clinicID, system, value, nil, nil, "official")
    }
    for (name, kind) in payers {
      let id = random.uuid()
      batch.payer.add(clinicID, id, name, kind.rawValue, "fhir", country)
      clinic.payers.append(id)
    }
    let site = random.uuid()
    batch.location.add(clinicID, site, "site", name, nil, "{\"\(line)\"}", city, postalCode, country)
    for room in rooms {
      let id = random.uuid()
      batch.location.add(clinicID, id, "room", room, site, "{}", nil, nil, country)
      clinic.rooms.append(id)
    }
    for person in staff {
      let id = random.uuid()
      batch.practitioner.add(clinicID, id, person.family, "{\"\(person.given)\"}", "Dr", person.gender)
      batch.role.add(
        clinicID, random.uuid(), id, site, specialty.system, specialty.code, specialty.display, "2019-01-01")
      batch.identifier.add(
        clinicID, random.uuid(), "practitioner", id, professionalSystem, person.number, nil, nil, "official")
      clinic.practitioners.append(id)
    }
    // As a later run reads them from the database.
    clinic.practitioners.sort()
    clinic.rooms.sort()
    clinic.payers.sort()
    return clinic
  }
}
