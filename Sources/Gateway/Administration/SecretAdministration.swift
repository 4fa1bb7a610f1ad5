import Crypto
package import PostgresClient

/// The secrets that sign a partner's deliveries, as the operator makes and ends them.
///
/// Isolation: tasks of the pool's loop.
package enum SecretAdministration {
  /// Live secrets of one partner: the one in use and the one that replaces it.
  package static let maximumLive = 2

  /// Makes a secret, which signs from the next delivery on; the one before stays live beside it.
  /// - Parameter key: the gateway's sealing key.
  /// - Returns: the secret's text, which is seen this one time.
  /// - Throws: `AdministrationError` (`refused` when two are live), `PostgresError`.
  package static func create(for slug: String, key: [UInt8], _ pool: PostgresPool) async throws -> String {
    let made = try WebhookSecrets.generate()
    try await change(slug, key, pool) { live in
      guard live.count < maximumLive else {
        throw AdministrationError(
          .refused,
          "partner '\(slug)' has two live secrets, one to use and one to replace it; end the older one first: "
            + "`passerelle secret retire \(slug)`")
      }
      return [made] + live
    }
    return made
  }

  /// Ends the older one of two secrets.
  /// - Throws: `AdministrationError` (`refused` when there is only one, which would leave deliveries unsigned).
  package static func retire(_ slug: String, key: [UInt8], _ pool: PostgresPool) async throws {
    try await change(slug, key, pool) { live in
      guard live.count > 1 else {
        throw AdministrationError(
          .refused,
          "partner '\(slug)' has \(live.isEmpty ? "no secret" : "one secret only"); make its successor first: "
            + "`passerelle secret create \(slug)`")
      }
      return [live[0]]
    }
  }

  /// Opens what is sealed, newest first, and seals what `body` makes of it, in one transaction.
  private static func change(
    _ slug: String, _ key: [UInt8], _ pool: PostgresPool, _ body: @Sendable ([String]) throws -> [String]
  ) async throws {
    try await pool.transaction { transaction in
      let found = try await transaction.run([
        CommandDatabase.actAsOwner,
        PostgresQuery(
          "select id::text, delivery_secret_sealed from gateway.partner where slug = $1 for update", [.text(slug)]),
      ])[1]
      guard found.rowCount == 1 else { throw PartnerAdministration.unknown(slug) }
      let live = try found[0].optionalBytes(1).map { try open($0, slug, key) } ?? []
      let text = try body(live).joined(separator: " ")
      _ = try await transaction.run(
        PostgresQuery(
          "update gateway.partner set delivery_secret_sealed = $2, updated_at = now() where id = $1::uuid",
          [.text(try found[0].string(0)), .bytes(try WebhookSecrets.seal(text, partner: slug, key: key))]))
    }
  }

  private static func open(_ sealed: [UInt8], _ slug: String, _ key: [UInt8]) throws -> [String] {
    do throws(CryptoError) {
      return try WebhookSecrets(sealed: sealed, partner: slug, key: key).text.split(separator: " ").map(String.init)
    } catch {
      throw AdministrationError(
        .refused,
        "the secret of partner '\(slug)' does not open with this sealing key; use the gateway's data_folder or sealing_key"
      )
    }
  }
}
