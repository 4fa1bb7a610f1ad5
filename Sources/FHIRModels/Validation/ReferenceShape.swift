/// What the text of a reference says about its target (R4, "Literal references").
enum ReferenceShape: Equatable {
  /// `#id`; empty for the container itself.
  case fragment(String)
  /// `Type/id`, with the server's root when it is absolute.
  case literal(type: String, id: String, root: String?)
  /// `Type?criteria`, which only a transaction may hold.
  case conditional(type: String)
  /// `urn:uuid:…`, `urn:oid:…`
  case urn
  /// Another absolute address, whose target's type nothing tells.
  case address
  /// Neither absolute nor the name of a resource.
  case malformed

  init?(_ text: String) {
    if text.isEmpty { return nil }
    if text.utf8.contains(where: { $0 <= 0x20 }) {
      self = .malformed
      return
    }
    if text.hasPrefix("#") {
      self = .fragment(String(text.dropFirst()))
      return
    }
    if text.hasPrefix("urn:") {
      self = .urn
      return
    }
    let isAbsolute = text.isAbsoluteURI
    if let question = text.firstIndex(of: "?") {
      let type = text[..<question].split(separator: "/").last.map(String.init) ?? ""
      self = ReferenceShape.isResource(type) ? .conditional(type: type) : isAbsolute ? .address : .malformed
      return
    }
    let plain = ReferenceShape.withoutVersion(String(text.prefix { $0 != "#" }))
    let parts = plain.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count >= 2, let id = parts.last, ReferenceShape.isId(id),
      ReferenceShape.isResource(parts[parts.count - 2])
    else {
      self = isAbsolute ? .address : .malformed
      return
    }
    let root = isAbsolute ? parts.dropLast(2).joined(separator: "/") + "/" : nil
    // A relative reference is type and id, nothing before.
    self = isAbsolute || parts.count == 2 ? .literal(type: parts[parts.count - 2], id: id, root: root) : .malformed
  }

  /// `…/Type/id` of `…/Type/id/_history/3`.
  static func withoutVersion(_ address: String) -> String {
    let parts = address.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 2, parts[parts.count - 2] == "_history" else { return address }
    return parts.dropLast(2).joined(separator: "/")
  }

  private static func isResource(_ name: String) -> Bool { Schema.shared.type(named: name)?.isResource == true }

  private static func isId(_ text: String) -> Bool {
    text.read { PrimitiveSyntax.isValid($0, .id, hasEscapes: false) }
  }
}

extension String {
  /// Whether the host is one that nobody may have (RFC 2606, 2 and 3).
  var isExampleAddress: Bool {
    guard let slashes = firstRange(of: "://")?.upperBound else { return false }
    let host = self[slashes...].prefix { !"/:?#".contains($0) }.lowercased()
    return host.hasSuffix(".example") || host == "example"
      || ["example.org", "example.com", "example.net"].contains { host == $0 || host.hasSuffix("." + $0) }
  }

  /// Whether the text begins with a scheme (RFC 3986, section 4.3). `#local` is none.
  var isAbsoluteURI: Bool {
    guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")), let first = utf8.first, (first | 0x20) &- 0x61 < 26 else {
      return false
    }
    return utf8[..<colon].allSatisfy {
      ($0 | 0x20) &- 0x61 < 26 || $0 &- 0x30 < 10 || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
    }
  }
}
