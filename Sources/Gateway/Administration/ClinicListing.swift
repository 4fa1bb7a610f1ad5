package import PostgresClient

/// Clinics as commands name them.
///
/// Isolation: tasks of the pool's loop.
package enum ClinicListing {
  /// Slug and id of each clinic, or of the one of that slug.
  package static func list(_ slug: String?, _ pool: PostgresPool) async throws -> [(slug: String, id: String)] {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select slug, clinic_id::text from clinic.clinic where deleted_at is null and ($1::text is null or slug = $1)
        order by slug
        """, [PostgresValue(slug)]),
    ])[1]
    if let slug, rows.isEmpty { throw AdministrationError(.notFound, "there is no clinic '\(slug)'") }
    return try rows.map { (slug: try $0.string(0), id: try $0.string(1)) }
  }
}
