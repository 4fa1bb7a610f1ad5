import JSON

/// `passerelle seed`
package enum SeedCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let arguments = context.arguments
    let clinic = arguments["clinic"]
    let patients = arguments.integer("patients")
    guard arguments.has("samples") || clinic != nil else {
      throw CommandFailure(.usage, "say what to make: --samples, or --clinic SLUG --patients N")
    }
    guard (clinic == nil) == (patients == nil) else {
      throw CommandFailure(.usage, "--clinic SLUG and --patients N go together")
    }
    if arguments.has("samples") {
      let made = try await context.withOwner { try await Seeder().loadSamples($0) }
      context.output.result(
        json: ["clinics": .array(made.map { .string($0) })],
        text: made.isEmpty
          ? "The sample clinics are there already." : "Made the clinics \(made.joined(separator: " and ")).")
    }
    guard let clinic, let patients else { return }
    let present = try await context.withOwner(connections: Seeder.writers) {
      try await Seeder().addPatients(patients, to: clinic, $0)
    }
    context.output.result(
      json: ["clinic": .string(clinic), "added": .init(patients), "patients": .init(present)],
      text: "Added \(patients) patients to \(clinic), which has \(present) now.")
  }
}
