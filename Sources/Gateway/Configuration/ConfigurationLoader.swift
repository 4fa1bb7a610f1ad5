/// Makes a `Configuration` of a file's bytes and the environment, or says everything that is wrong with them.
///
/// Order: defaults, then the file, then `PASSERELLE_<SECTION>_<KEY>` variables. Unknown sections, keys and variables,
/// keys given twice, values out of range and values that contradict each other are errors.
package struct ConfigurationLoader {
  /// Variables with the prefix that are not keys: the configuration's path, and what the project's scripts read.
  static let otherVariables: Set<String> = [
    "PASSERELLE_CONFIG", "PASSERELLE_SHARED", "PASSERELLE_DATA", "PASSERELLE_PORTS", "PASSERELLE_PROGRAM",
  ]
  static let prefix = "PASSERELLE_"
  static let testPrefix = "PASSERELLE_TEST_"

  private var configuration = Configuration()
  private var problems: [ConfigurationError.Problem] = []
  private var seen: Set<String> = []
  private let resolver: @Sendable (String) throws(Secret.Failure) -> Secret

  /// - Parameters:
  ///   - file: the path as it shall stand in messages, and the content; nil when there is no file.
  ///   - environment: the process's variables.
  package static func load(
    file: (path: String, bytes: [UInt8])?, environment: [String: String]
  ) throws(ConfigurationError) -> Configuration {
    var loader = ConfigurationLoader { (reference) throws(Secret.Failure) in
      try Secret.resolve(reference, environment: environment)
    }
    if let file { loader.apply(file: file) }
    loader.apply(environment: environment)
    loader.problems += ConfigurationRules.problems(in: loader.configuration)
    guard loader.problems.isEmpty else { throw ConfigurationError(loader.problems) }
    return loader.configuration
  }

  private init(resolver: @escaping @Sendable (String) throws(Secret.Failure) -> Secret) { self.resolver = resolver }

  // MARK: File

  private mutating func apply(file: (path: String, bytes: [UInt8])) {
    let (entries, findings) = ConfigurationSyntax.read(file.bytes)
    for finding in findings {
      let origin = ConfigurationError.Origin.file(path: file.path, line: finding.line, column: finding.column)
      problems.append(.init(finding.message, at: origin))
    }
    for entry in entries {
      apply(entry, at: .file(path: file.path, line: entry.line, column: entry.column))
    }
  }

  private mutating func apply(_ entry: ConfigurationEntry, at origin: ConfigurationError.Origin) {
    let place = "[\(entry.section)\(entry.name.map { " \($0.debugDescription)" } ?? "")] \(entry.key)"
    guard seen.insert(place).inserted else {
      problems.append(.init("\(place) is given twice", at: origin))
      return
    }
    if let name = entry.name {
      applyListener(entry, name: name, at: origin)
      return
    }
    guard let section = ConfigurationKeys.sections.first(where: { $0.name == entry.section }) else {
      let known = ConfigurationKeys.sections.map(\.name)
      // One finding a section, not one a key.
      if seen.insert("[\(entry.section)]").inserted {
        problems.append(.init("unknown section [\(entry.section)]" + hint(entry.section, known), at: origin))
      }
      return
    }
    guard let key = section.keys.first(where: { $0.name == entry.key }) else {
      problems.append(
        .init("unknown key \(entry.key) in [\(section.name)]" + hint(entry.key, section.keys.map(\.name)), at: origin))
      return
    }
    store(entry.value, under: key, in: \.self, place: "[\(section.name)] \(key.name)", at: origin)
  }

  private mutating func applyListener(_ entry: ConfigurationEntry, name: String, at origin: ConfigurationError.Origin) {
    guard entry.section == "mllp" else {
      problems.append(.init("[\(entry.section)] takes no name; only [mllp \"name\"] does", at: origin))
      return
    }
    guard isSlug(name) else {
      problems.append(.init("the name of an MLLP listener is 1 to 63 of a-z 0-9 -", at: origin))
      return
    }
    guard let key = ConfigurationKeys.mllpListener.first(where: { $0.name == entry.key }) else {
      let known = ConfigurationKeys.mllpListener.map(\.name)
      problems.append(.init("unknown key \(entry.key) in [mllp \"\(name)\"]" + hint(entry.key, known), at: origin))
      return
    }
    var position = configuration.mllpListeners.firstIndex { $0.name == name }
    if position == nil {
      position = configuration.mllpListeners.count
      configuration.mllpListeners.append(Configuration.MLLPListener(name: name))
    }
    guard let position else { return }
    store(entry.value, under: key, in: \.mllpListeners[position], place: "[mllp \"\(name)\"] \(key.name)", at: origin)
  }

  private mutating func store<Root>(
    _ value: ConfigurationValue, under key: ConfigurationKey<Root>, in path: WritableKeyPath<Configuration, Root>,
    place: String, at origin: ConfigurationError.Origin
  ) {
    do throws(ConfigurationMismatch) {
      try key.store(&configuration[keyPath: path], value, .init(resolve: resolver))
    } catch {
      problems.append(.init("\(place): \(error.message)", at: origin))
    }
  }

  private func hint(_ name: String, _ known: [String]) -> String {
    nearestName(to: name, in: known).map { "; did you mean \($0)?" } ?? "; known are \(known.joined(separator: ", "))"
  }

  // MARK: Environment

  private mutating func apply(environment: [String: String]) {
    for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(Self.prefix) {
      if Self.otherVariables.contains(variable) || variable.hasPrefix(Self.testPrefix) { continue }
      let origin = ConfigurationError.Origin.environment(variable)
      guard let (section, key) = Self.variables[variable] else {
        let near = nearestName(to: variable, in: Self.variables.keys).map { "; did you mean \($0)?" } ?? ""
        problems.append(.init("names no key of the configuration\(near)", at: origin))
        continue
      }
      do throws(ConfigurationMismatch) {
        let value = try key.spell(text)
        try key.store(&configuration, value, .init(resolve: resolver))
      } catch {
        problems.append(.init("[\(section)] \(key.name): \(error.message)", at: origin))
      }
    }
  }

  /// The variable of every key, such as `PASSERELLE_HTTP_BODY_BYTES`.
  package static let variables: [String: (section: String, key: ConfigurationKey<Configuration>)] = {
    var all: [String: (section: String, key: ConfigurationKey<Configuration>)] = [:]
    for section in ConfigurationKeys.sections {
      for key in section.keys { all[variable(section: section.name, key: key.name)] = (section.name, key) }
    }
    return all
  }()

  package static func variable(section: String, key: String) -> String { prefix + "\(section)_\(key)".uppercased() }
}

/// What must hold between keys.
enum ConfigurationRules {
  static func problems(in configuration: Configuration) -> [ConfigurationError.Problem] {
    var found: [String] = []
    if configuration.fhir.pageSize > configuration.fhir.pageSizeMaximum {
      found.append("[fhir] page_size is over page_size_maximum")
    }
    if configuration.http.tls {
      if configuration.http.clientCertificate != .none, configuration.http.clientCA.isEmpty,
        !configuration.http.key.isEmpty
      {
        found.append("[http] client_certificate asks for certificates, but client_ca is not set; set it, or \"none\"")
      }
      if configuration.http.certificate.isEmpty != configuration.http.key.isEmpty {
        found.append("[http] certificate and key go together")
      }
    } else if let open = configuration.http.listen.first(where: { SocketAddressText($0)?.isLoopback != true }) {
      found.append("[http] tls = false, but listen has \(open), which other machines reach")
    }
    if SocketAddressText(configuration.operations.listen)?.port == 0 {
      found.append("[operations] listen needs a port")
    }
    var addresses: [String: String] = [:]
    for listener in configuration.mllpListeners {
      found += problems(of: listener)
      if let other = addresses.updateValue(listener.name, forKey: listener.address), !listener.address.isEmpty {
        found.append("[mllp \"\(other)\"] and [mllp \"\(listener.name)\"] have the same address")
      }
    }
    return found.map { ConfigurationError.Problem($0, at: .whole) }
  }

  private static func problems(of listener: Configuration.MLLPListener) -> [String] {
    let place = "[mllp \"\(listener.name)\"]"
    guard let address = SocketAddressText(listener.address) else { return ["\(place) needs an address"] }
    var found: [String] = []
    if listener.tls == .none, !address.isLoopback, !listener.plainBeyondLoopback {
      found.append("\(place) is plain on \(listener.address); use tls, or set plain_beyond_loopback = true")
    }
    if listener.certificate.isEmpty != listener.key.isEmpty { found.append("\(place) certificate and key go together") }
    return found
  }
}
