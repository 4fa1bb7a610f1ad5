internal import ClinicModel
internal import Mappers
internal import PostgresClient

/// A partner's code maps of one clinic as `gateway.code_map` has them; those of its profile stand beside them.
struct StoredCodeMaps: Sendable {
  private(set) var entries: [(purpose: HL7MappingProfile.Purpose, theirs: String, ours: Code)] = []

  /// Runs under the clinic's row-level security.
  static func query(clinicID: String, partnerID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select purpose, theirs, ours_system, ours_code, ours_display from gateway.code_map
      where clinic_id = $1::uuid and partner_id = $2::uuid order by purpose, theirs
      """, [.text(clinicID), .text(partnerID)])
  }

  init(_ rows: PostgresResult) throws(PostgresError) {
    for row in rows {
      // A purpose that another version of the program knows.
      guard let purpose = HL7MappingProfile.Purpose(rawValue: try row.string(0)) else { continue }
      let code = Code(
        system: try row.optionalString(2), code: try row.string(3), display: try row.optionalString(4))
      entries.append((purpose, try row.string(1), code))
    }
  }
}

extension HL7MappingProfile {
  /// Adds what the clinic keeps to what the profile says; the clinic's word counts.
  mutating func add(_ maps: StoredCodeMaps) {
    for entry in maps.entries { codeMaps[entry.purpose, default: [:]][entry.theirs] = entry.ours }
  }
}
