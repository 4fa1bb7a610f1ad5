import JSON

/// `passerelle secret …`
package enum SecretCommands {
  @Sendable package static func create(_ context: CommandContext) async throws(CommandFailure) {
    let partner = context.arguments["partner"] ?? ""
    let key = try SealingKey.load(try context.configuration().gateway)
    let secret = try await context.withOwner { try await SecretAdministration.create(for: partner, key: key, $0) }
    context.output.result(
      json: ["partner": .string(partner), "secret": .string(secret)],
      text:
        "\(secret)\nThis is the only time that the secret is shown; deliveries to \(partner) are signed with it now.")
  }

  @Sendable package static func retire(_ context: CommandContext) async throws(CommandFailure) {
    let partner = context.arguments["partner"] ?? ""
    let key = try SealingKey.load(try context.configuration().gateway)
    try await context.withOwner { try await SecretAdministration.retire(partner, key: key, $0) }
    context.output.result(
      json: ["partner": .string(partner), "retired": true],
      text: "Ended; only the newer secret signs deliveries to \(partner) from now on.")
  }
}
