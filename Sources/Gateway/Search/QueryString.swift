/// A query or a form body (`application/x-www-form-urlencoded`, WHATWG URL §5.1) as pairs in their order.
///
/// Strict: a broken percent sequence, invalid UTF-8 and control characters are errors, never replaced.
package struct QueryString: Sendable, Equatable {
  package struct Pair: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct Failure: Error, Sendable, Equatable {
    package let message: String
    /// Where in the query it is, in bytes from 0.
    package let offset: Int
  }

  package var pairs: [Pair]

  package init(_ pairs: [Pair] = []) { self.pairs = pairs }

  /// Reads the bytes after `?`, or a form body.
  /// - Parameter maximumPairs: one more is an error; empty parts (`&&`) count for nothing.
  package init(parsing bytes: some Collection<UInt8>, maximumPairs: Int) throws(Failure) {
    pairs = []
    var offset = 0
    for part in bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false) {
      defer { offset += part.count + 1 }
      if part.isEmpty { continue }
      guard pairs.count < maximumPairs else {
        throw Failure(message: "more than \(maximumPairs) parameters", offset: offset)
      }
      let equals = part.firstIndex(of: UInt8(ascii: "="))
      let name = part[part.startIndex..<(equals ?? part.endIndex)]
      let value = equals.map { part[part.index(after: $0)...] }
      pairs.append(
        Pair(
          try Self.decode(name, at: offset),
          try value.map { (bytes) throws(Failure) in try Self.decode(bytes, at: offset + name.count + 1) } ?? ""))
    }
  }

  private static func decode(_ bytes: some Collection<UInt8>, at start: Int) throws(Failure) -> String {
    var decoded: [UInt8] = []
    decoded.reserveCapacity(bytes.count)
    var pending: (digits: Int, value: UInt8) = (0, 0)
    var offset = start
    for byte in bytes {
      defer { offset += 1 }
      if pending.digits > 0 {
        guard let digit = hexDigit(byte) else {
          throw Failure(message: "% needs two hexadecimal digits", offset: offset)
        }
        pending = (pending.digits - 1, pending.value << 4 | digit)
        if pending.digits == 0 { decoded.append(pending.value) }
      } else if byte == UInt8(ascii: "%") {
        pending = (2, 0)
      } else {
        decoded.append(byte == UInt8(ascii: "+") ? 0x20 : byte)
      }
    }
    guard pending.digits == 0 else { throw Failure(message: "% needs two hexadecimal digits", offset: offset) }
    guard let text = String(validating: decoded, as: UTF8.self) else {
      throw Failure(message: "not valid UTF-8 after percent-decoding", offset: start)
    }
    guard decoded.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Failure(message: "control characters are not allowed", offset: start)
    }
    return text
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    case 97...102: byte - 87
    default: nil
    }
  }

  /// The pairs, percent-encoded so that reading them gives the same pairs.
  package func encoded() -> String {
    var bytes: [UInt8] = []
    for pair in pairs {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
      Self.append(pair.name, to: &bytes)
      bytes.append(UInt8(ascii: "="))
      Self.append(pair.value, to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    let hex = Array("0123456789ABCDEF".utf8)
    for byte in text.utf8 {
      switch byte {
      // Unreserved (RFC 3986 §2.3) and what FHIR values are full of and a query may hold as it is.
      case 48...57, 65...90, 97...122, 0x2D, 0x2E, 0x5F, 0x7E, 0x3A, 0x2C, 0x2F: bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
  }
}
