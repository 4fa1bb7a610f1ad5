import JSON

/// `passerelle doctor`
package enum DoctorCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let doctor = Doctor(try context.configuration(), auditRows: context.arguments.integer("audit-rows") ?? 10_000)
    let report = await doctor.examine()
    context.output.result(json: report.json, text: report.text)
    if !report.isHealthy { throw CommandFailure(.unhealthy, "something must be mended; each failed check says what") }
  }
}
