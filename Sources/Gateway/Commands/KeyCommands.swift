import JSON

/// `passerelle key …`
package enum KeyCommands {
  @Sendable package static func create(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    let partner = arguments["partner"] ?? ""
    let limits = KeyAdministration.Limits(
      scopes: try PartnerChanges.scopes(arguments.all("scope")),
      networks: try PartnerChanges.networks(arguments.all("from")), days: arguments.integer("days"))
    let environment = try context.configuration().gateway.environment
    let key = try await context.withOwner {
      try await KeyAdministration.create(for: partner, limits, environment: environment, $0)
    }
    context.output.result(
      json: ["partner": .string(partner), "id": .string(key.id), "key": .string(key.reveal())],
      text: "\(key.reveal())\nThis is the only time that the key is shown; its id is \(key.id).")
  }

  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    let partner = context.arguments["partner"] ?? ""
    let keys = try await context.withOwner { try await KeyAdministration.list(of: partner, $0) }
    context.output.result(
      json: .array(keys.map(\.json)),
      text: keys.isEmpty
        ? "\(partner) has no keys; `passerelle key create \(partner)` makes one."
        : keys.map(\.text).joined(separator: "\n"))
  }

  @Sendable package static func revoke(_ context: CommandContext) async throws(CommandFailure) {
    let id = context.arguments["id"] ?? ""
    try await context.withOwner { try await KeyAdministration.revoke(id, $0) }
    context.output.result(json: ["revoked": true], text: "Revoked; the gateway refuses it within two seconds.")
  }
}
