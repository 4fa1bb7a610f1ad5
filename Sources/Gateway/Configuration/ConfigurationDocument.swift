package import JSON

/// The configuration's keys as text, for `passerelle config keys` and `docs/operations.md`.
package enum ConfigurationDocument {
  /// A commented file that holds every key with its default.
  package static func sampleFile() -> String {
    let defaults = Configuration()
    var text = ""
    for section in ConfigurationKeys.sections {
      text += "# \(section.documentation)\n[\(section.name)]\n"
      for key in section.keys { text += lines(key, defaults) }
      text += "\n"
    }
    text += "# One MLLP listener; repeat with other names.\n# [mllp \"name\"]\n"
    for key in ConfigurationKeys.mllpListener { text += lines(key, Configuration.MLLPListener(name: "name")) }
    return text
  }

  private static func lines<Root>(_ key: ConfigurationKey<Root>, _ defaults: Root) -> String {
    "# \(key.documentation) (\(key.type))\n# \(key.name) = \(key.show(defaults))\n"
  }

  /// The keys as Markdown tables.
  package static func markdown() -> String {
    let defaults = Configuration()
    var text = ""
    for section in ConfigurationKeys.sections {
      text += "### [\(section.name)]\n\n\(section.documentation)\n\n"
      text += table(section.keys, defaults) + "\n"
    }
    text += "### [mllp \"name\"]\n\nOne listener; any number of them.\n\n"
    return text + table(ConfigurationKeys.mllpListener, Configuration.MLLPListener(name: "name"))
  }

  private static func table<Root>(_ keys: [ConfigurationKey<Root>], _ defaults: Root) -> String {
    var text = "| key | value | default | meaning |\n|---|---|---|---|\n"
    for key in keys {
      text += "| `\(key.name)` | \(key.type) | `\(key.show(defaults))` | \(key.documentation) |\n"
    }
    return text
  }

  /// The keys as JSON: an array of sections with their keys.
  package static func json() -> JSONValue {
    let defaults = Configuration()
    var sections = ConfigurationKeys.sections.map { section -> JSONValue in
      ["section": .string(section.name), "keys": .array(section.keys.map { entry($0, defaults) })]
    }
    let listener = Configuration.MLLPListener(name: "name")
    sections.append(
      ["section": "mllp \"name\"", "keys": .array(ConfigurationKeys.mllpListener.map { entry($0, listener) })])
    return .array(sections)
  }

  private static func entry<Root>(_ key: ConfigurationKey<Root>, _ defaults: Root) -> JSONValue {
    [
      "key": .string(key.name), "type": .string(key.type), "default": .string(key.show(defaults)),
      "meaning": .string(key.documentation),
    ]
  }
}
