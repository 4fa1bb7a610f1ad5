import JSON

/// `passerelle config …`
package enum ConfigCommands {
  @Sendable package static func check(_ context: CommandContext) async throws(CommandFailure) {
    _ = try context.configuration()
    context.output.result(json: ["valid": true], text: "The configuration is valid.")
  }

  @Sendable package static func keys(_ context: CommandContext) async throws(CommandFailure) {
    let isMarkdown = context.arguments["format"] == "markdown"
    context.output.result(
      json: ConfigurationDocument.json(),
      text: isMarkdown ? ConfigurationDocument.markdown() : ConfigurationDocument.sampleFile())
  }
}
