/// One key of the configuration: its name, what it may hold, where it goes and what it means.
///
/// The value is not what its key wants. Not nested in the generic key: the optimizer of Swift 6.3 cannot specialize a
/// typed throw of a generic error.
struct ConfigurationMismatch: Error { let message: String }

/// Reading the file, overriding from the environment, `passerelle config keys` and the table of `docs/operations.md`
/// all work from this one declaration.
package struct ConfigurationKey<Root: Sendable>: Sendable {
  package let name: String
  /// The type and the range, such as `integer 1…1000`.
  package let type: String
  package let documentation: String
  /// Shows the value that `Root` holds, as it would be written in the file.
  package let show: @Sendable (Root) -> String
  /// Turns the text of an environment variable into the value that the file would hold.
  let spell: @Sendable (String) throws(ConfigurationMismatch) -> ConfigurationValue
  let store: @Sendable (inout Root, ConfigurationValue, SecretResolver) throws(ConfigurationMismatch) -> Void

  /// Follows `file:` and `env:` references.
  struct SecretResolver: Sendable {
    let resolve: @Sendable (String) throws(Secret.Failure) -> Secret
  }

  package static func integer(
    _ name: String, _ path: any WritableKeyPath<Root, Int> & Sendable, _ range: ClosedRange<Int>,
    _ documentation: String
  ) -> Self {
    Self(
      name: name, type: "integer \(range.lowerBound)…\(range.upperBound)", documentation: documentation,
      show: { String($0[keyPath: path]) },
      spell: { (text) throws(ConfigurationMismatch) in try spelledInteger(text) },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        root[keyPath: path] = try integer(value, in: range)
      })
  }

  package static func integers(
    _ name: String, _ path: any WritableKeyPath<Root, [Int]> & Sendable, _ range: ClosedRange<Int>,
    count: ClosedRange<Int>, _ documentation: String
  ) -> Self {
    Self(
      name: name,
      type: "list of \(count.lowerBound)…\(count.upperBound) integers \(range.lowerBound)…\(range.upperBound)",
      documentation: documentation,
      show: { "[" + $0[keyPath: path].map(String.init).joined(separator: ", ") + "]" },
      spell: { (text) throws(ConfigurationMismatch) in
        var items: [ConfigurationValue] = []
        for part in parts(of: text) { items.append(try spelledInteger(part)) }
        return .list(items)
      },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        let items = try list(value, count: count)
        var integers: [Int] = []
        for item in items { integers.append(try integer(item, in: range)) }
        root[keyPath: path] = integers
      })
  }

  package static func boolean(
    _ name: String, _ path: any WritableKeyPath<Root, Bool> & Sendable, _ documentation: String
  ) -> Self {
    Self(
      name: name, type: "true or false", documentation: documentation,
      show: { String($0[keyPath: path]) },
      spell: { (text) throws(ConfigurationMismatch) in
        guard let flag = Bool(text) else { throw ConfigurationMismatch(message: "expected true or false") }
        return .boolean(flag)
      },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        guard case .boolean(let flag) = value else { throw ConfigurationMismatch(message: "expected true or false") }
        root[keyPath: path] = flag
      })
  }

  package static func string(
    _ name: String, _ path: any WritableKeyPath<Root, String> & Sendable, _ form: ConfigurationForm,
    _ documentation: String
  ) -> Self {
    Self(
      name: name, type: form.name, documentation: documentation,
      show: { quoted($0[keyPath: path]) }, spell: { .string($0) },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        root[keyPath: path] = try string(value, form)
      })
  }

  package static func strings(
    _ name: String, _ path: any WritableKeyPath<Root, [String]> & Sendable, _ form: ConfigurationForm,
    count: ClosedRange<Int>, _ documentation: String
  ) -> Self {
    Self(
      name: name, type: "list of \(count.lowerBound)…\(count.upperBound): \(form.name)", documentation: documentation,
      show: { "[" + $0[keyPath: path].map(quoted).joined(separator: ", ") + "]" },
      spell: { .list(parts(of: $0).map { .string($0) }) },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        var strings: [String] = []
        for item in try list(value, count: count) { strings.append(try string(item, form)) }
        root[keyPath: path] = strings
      })
  }

  package static func choice<Choice: RawRepresentable & CaseIterable & Sendable>(
    _ name: String, _ path: any WritableKeyPath<Root, Choice> & Sendable, _ documentation: String
  ) -> Self where Choice.RawValue == String {
    let known = Choice.allCases.map { quoted($0.rawValue) }.joined(separator: ", ")
    return Self(
      name: name, type: "one of \(known)", documentation: documentation,
      show: { quoted($0[keyPath: path].rawValue) }, spell: { .string($0) },
      store: { (root, value, _) throws(ConfigurationMismatch) in
        guard case .string(let text) = value, let choice = Choice(rawValue: text) else {
          throw ConfigurationMismatch(message: "expected one of \(known)")
        }
        root[keyPath: path] = choice
      })
  }

  package static func secret(
    _ name: String, _ path: any WritableKeyPath<Root, Secret?> & Sendable, _ documentation: String
  ) -> Self {
    Self(
      name: name, type: "secret: \"file:/path\", \"env:NAME\" or the text", documentation: documentation,
      show: { $0[keyPath: path] == nil ? "unset" : "<secret>" }, spell: { .string($0) },
      store: { (root, value, resolver) throws(ConfigurationMismatch) in
        root[keyPath: path] = try secret(value, resolver)
      })
  }

  package static func requiredSecret(
    _ name: String, _ path: any WritableKeyPath<Root, Secret> & Sendable, _ documentation: String
  ) -> Self {
    Self(
      name: name, type: "secret: \"file:/path\", \"env:NAME\" or the text", documentation: documentation,
      show: { $0[keyPath: path].isEmpty ? "unset" : "<secret>" }, spell: { .string($0) },
      store: { (root, value, resolver) throws(ConfigurationMismatch) in
        root[keyPath: path] = try secret(value, resolver)
      })
  }

  // MARK: Parts

  private static func parts(of text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
  }

  private static func spelledInteger(_ text: String) throws(ConfigurationMismatch) -> ConfigurationValue {
    guard let integer = ConfigurationSyntax.integer(text) else {
      throw ConfigurationMismatch(message: "expected an integer")
    }
    return .integer(integer)
  }

  private static func integer(_ value: ConfigurationValue, in range: ClosedRange<Int>) throws(ConfigurationMismatch)
    -> Int
  {
    guard case .integer(let integer) = value, range.contains(integer) else {
      throw ConfigurationMismatch(message: "expected an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return integer
  }

  private static func list(
    _ value: ConfigurationValue, count: ClosedRange<Int>
  ) throws(ConfigurationMismatch) -> [ConfigurationValue] {
    guard case .list(let items) = value, count.contains(items.count) else {
      throw ConfigurationMismatch(message: "expected a [list] of \(count.lowerBound) to \(count.upperBound) items")
    }
    return items
  }

  private static func string(_ value: ConfigurationValue, _ form: ConfigurationForm) throws(ConfigurationMismatch)
    -> String
  {
    guard case .string(let text) = value else {
      throw ConfigurationMismatch(message: "expected \(form.name) in \"quotes\"")
    }
    guard text.utf8.count <= 4_096, form.accepts(text) else {
      throw ConfigurationMismatch(message: "expected \(form.name)")
    }
    return text
  }

  private static func secret(_ value: ConfigurationValue, _ resolver: SecretResolver) throws(ConfigurationMismatch)
    -> Secret
  {
    guard case .string(let text) = value, !text.isEmpty else {
      throw ConfigurationMismatch(message: "expected \"file:/path\", \"env:NAME\" or the text in \"quotes\"")
    }
    do throws(Secret.Failure) {
      return try resolver.resolve(text)
    } catch {
      throw ConfigurationMismatch(message: error.message)
    }
  }
}

private func quoted(_ text: String) -> String {
  "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}

/// The form that a text value must have, with its name for errors and documentation.
package struct ConfigurationForm: Sendable {
  package let name: String
  let accepts: @Sendable (String) -> Bool

  package static let path = Self(name: "path") { !$0.isEmpty && !$0.utf8.contains(0) }
  package static let address = Self(name: "address:port") { SocketAddressText($0) != nil }
  package static let slug = Self(name: "slug of a-z 0-9 -") { isSlug($0) }
  package static let environmentName = Self(name: "2 to 8 letters a-z") {
    (2...8).contains($0.utf8.count) && $0.utf8.allSatisfy { (97...122).contains($0) }
  }
  package static let baseURL = Self(name: "https://host[:port] without a path, or http:// for tests") { text in
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      let rest = text.dropFirst(scheme.count)
      return !rest.isEmpty && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("/?#@\"<>\\".utf8).contains($0) }
    }
    return false
  }
}

/// Whether the text can be a slug of a clinic or a partner: 1 to 63 of `a-z 0-9 -`, no hyphen at either end.
package func isSlug(_ text: String) -> Bool {
  let bytes = text.utf8
  guard (1...63).contains(bytes.count), bytes.first != 0x2D, bytes.last != 0x2D else { return false }
  return bytes.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 0x2D }
}

/// `host:port` as the configuration writes it: an IPv4 address, an IPv6 address in brackets, or `localhost`.
package struct SocketAddressText: Sendable, Equatable {
  /// The address without brackets.
  package let host: String
  package let port: Int

  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let portText = text[text.index(after: colon)...]
    guard (1...5).contains(portText.utf8.count), portText.utf8.allSatisfy({ (48...57).contains($0) }),
      let port = Int(portText), port <= 65_535
    else { return nil }
    var host = String(text[..<colon])
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.utf8.count > 2
    if isBracketed { host = String(host.dropFirst().dropLast()) }
    if host == "localhost" { host = "127.0.0.1" }
    guard let address = IPAddress(host), address.isIPv4 != isBracketed else { return nil }
    self.host = host
    self.port = port
  }

  package var isLoopback: Bool { IPAddress(host)?.isLoopback ?? false }
}
