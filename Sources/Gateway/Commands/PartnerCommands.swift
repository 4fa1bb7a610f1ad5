import JSON

/// `passerelle partner …`
package enum PartnerCommands {
  @Sendable package static func add(_ context: CommandContext) async throws(CommandFailure) {
    let slug = context.arguments["slug"] ?? ""
    let changes = try PartnerChanges(context.arguments)
    let made = try await context.withOwner { pool in
      try await PartnerAdministration.add(slug, changes, pool)
      return try await PartnerAdministration.list(slug, pool)
    }
    show(made, context, isOne: true)
  }

  @Sendable package static func update(_ context: CommandContext) async throws(CommandFailure) {
    let slug = context.arguments["slug"] ?? ""
    let changes = try PartnerChanges(context.arguments)
    guard changes != PartnerChanges() else {
      throw CommandFailure(.usage, "nothing to change is given; see `passerelle partner update --help`")
    }
    let made = try await context.withOwner { pool in
      try await PartnerAdministration.update(slug, changes, pool)
      return try await PartnerAdministration.list(slug, pool)
    }
    show(made, context, isOne: true)
  }

  @Sendable package static func list(_ context: CommandContext) async throws(CommandFailure) {
    show(try await context.withOwner { try await PartnerAdministration.list(nil, $0) }, context, isOne: false)
  }

  @Sendable package static func show(_ context: CommandContext) async throws(CommandFailure) {
    let slug = context.arguments["slug"]
    show(try await context.withOwner { try await PartnerAdministration.list(slug, $0) }, context, isOne: true)
  }

  @Sendable package static func disable(_ context: CommandContext) async throws(CommandFailure) {
    try await set(context, isEnabled: false)
  }

  @Sendable package static func enable(_ context: CommandContext) async throws(CommandFailure) {
    try await set(context, isEnabled: true)
  }

  private static func set(_ context: CommandContext, isEnabled: Bool) async throws(CommandFailure) {
    let slug = context.arguments["slug"] ?? ""
    try await context.withOwner { try await PartnerAdministration.setEnabled(slug, isEnabled, $0) }
    context.output.result(
      json: ["slug": .string(slug), "enabled": .bool(isEnabled)],
      text: "\(slug) is \(isEnabled ? "enabled" : "disabled"); the gateway follows within two seconds.")
  }

  private static func show(_ partners: [PartnerListing], _ context: CommandContext, isOne: Bool) {
    context.output.result(
      json: isOne && partners.count == 1 ? partners[0].json : .array(partners.map(\.json)),
      text: partners.isEmpty
        ? "There are no partners; `passerelle partner add --help` shows how to register one."
        : partners.map(\.text).joined(separator: "\n\n"))
  }
}
