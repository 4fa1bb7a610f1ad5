/// Where a partner takes deliveries: an absolute https URL without user, password or fragment, or `mllps://host:port`
/// for HL7 v2 feeds (MLLP over TLS; port 2575 where none is given).
package struct DeliveryURL: Sendable, Equatable {
  package enum Scheme: String, Sendable {
    case https
    case mllps

    var defaultPort: UInt16 { self == .https ? 443 : 2575 }
  }

  package let scheme: Scheme
  package let host: String
  package let port: UInt16
  /// Path and query, beginning with `/`.
  package let target: String

  package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
  }

  /// - Throws: what is wrong with the text, in words for the operator.
  package init(_ text: String) throws(Failure) {
    func fail(_ why: String) -> Failure { Failure(description: "the partner's delivery URL \(why)") }
    guard text.utf8.count <= 2_048, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw fail("is over 2,048 bytes or holds spaces, controls or letters beyond ASCII: percent-encode them")
    }
    let start = text.lowercased()
    guard let scheme = [Scheme.https, .mllps].first(where: { start.hasPrefix($0.rawValue + "://") }) else {
      throw fail("must begin with https://, or with mllps:// for HL7 feeds")
    }
    self.scheme = scheme
    let rest = text.dropFirst(8)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    let authority = rest[..<end]
    guard !rest.contains("#") else { throw fail("must have no fragment (#…)") }
    guard !authority.contains("@") else {
      throw fail("must name no user: deliveries sign in by certificate and signature")
    }
    let path = rest[end...]
    guard scheme == .https || path.isEmpty || path == "/" else { throw fail("has a path, which MLLP has not") }
    target = path.isEmpty ? "/" : path.first == "?" ? "/\(path)" : String(path)
    var name = authority
    var number: Substring?
    if authority.hasPrefix("[") {
      guard let close = authority.firstIndex(of: "]") else { throw fail("has an unclosed [ in its host") }
      name = authority[authority.index(after: authority.startIndex)..<close]
      let after = authority[authority.index(after: close)...]
      guard after.isEmpty || after.first == ":" else { throw fail("has something between its host and its port") }
      number = after.isEmpty ? nil : after.dropFirst()
      guard IPAddress(String(name)) != nil else { throw fail("has no address between its brackets") }
    } else if let colon = authority.firstIndex(of: ":") {
      name = authority[..<colon]
      number = authority[authority.index(after: colon)...]
    }
    guard !name.isEmpty, name.utf8.count <= 253 else { throw fail("has no host") }
    guard name.utf8.allSatisfy({ Self.isHostByte($0) || (authority.hasPrefix("[") && $0 == 0x3A) }) else {
      throw fail("has a host with letters that no host name has")
    }
    host = String(name).lowercased()
    guard let number else {
      port = scheme.defaultPort
      return
    }
    guard number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let value = UInt16(number), value > 0 else {
      throw fail("has a port that is no number from 1 to 65535")
    }
    port = value
  }

  private static func isHostByte(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
      || byte == 0x2E || byte == 0x5F
  }
}

extension IPAddress {
  /// Blocks that lead into somebody's own network or nowhere: IANA's special-purpose registries (RFC 6890), the
  /// addresses of clouds' metadata services among them.
  private static let special: [CIDR] = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16",
    "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
  ].compactMap { CIDR($0) }

  /// The IPv4 address inside a translated one (RFC 6052, `64:ff9b::/96`).
  private var translated: IPAddress? {
    high == 0x0064_FF9B_0000_0000 && low >> 32 == 0 ? IPAddress(high: 0, low: 0xFFFF_0000_0000 | low) : nil
  }

  /// Whether it is an ordinary address of the internet.
  package var isPublic: Bool {
    if let translated { return translated.isPublic }
    return !Self.special.contains { $0.contains(self) }
  }
}
