import JSON

/// `passerelle migrate`
package enum MigrateCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    if context.arguments.has("status") { return try await status(context) }
    let applied = try await context.withOwner { try await Migrator().migrate($0) }
    let steps = Migration.all.filter { applied.contains($0.number) }
    context.output.result(
      json: ["applied": .array(steps.map { ["number": .init($0.number), "name": .string($0.name)] })],
      text: steps.isEmpty
        ? "The database is at this version already."
        : steps.map { "applied \($0.number) \($0.name)" }.joined(separator: "\n"))
  }

  private static func status(_ context: CommandContext) async throws(CommandFailure) {
    let steps = try await context.withOwner { try await Migrator().status($0) }
    context.output.result(
      json: [
        "steps": .array(
          steps.map { ["number": .init($0.number), "name": .string($0.name), "applied": .bool($0.isApplied)] })
      ],
      text: steps.map { "\($0.isApplied ? "applied" : "missing")  \($0.number) \($0.name)" }.joined(separator: "\n"))
    let missing = steps.count { !$0.isApplied }
    if missing > 0 { throw CommandFailure(.failure, "\(missing) steps are missing; run `passerelle migrate`") }
  }
}
