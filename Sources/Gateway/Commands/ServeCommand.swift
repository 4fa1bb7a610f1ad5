/// `passerelle serve`
package enum ServeCommand {
  @Sendable package static func run(_ context: CommandContext) async throws(CommandFailure) {
    let configuration = try context.configuration()
    do {
      try await PasserelleServer.start(configuration).run()
    } catch {
      throw CommandFailure(starting: error)
    }
  }
}
