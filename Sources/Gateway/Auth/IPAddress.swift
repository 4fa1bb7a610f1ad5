import Glibc

/// An IPv4 or IPv6 address as 128 bits; IPv4 is held in its IPv6-mapped form (`::ffff:a.b.c.d`, RFC 4291 §2.5.5.2), so
/// that an address equals itself however the socket reported it.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads the text of an address: dotted quads without leading zeroes, or RFC 4291; no zone, port or prefix.
  package init?(_ text: String) {
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(UInt32(bigEndian: four.s_addr)))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    self = withUnsafeBytes(of: &six) { bytes in
      IPAddress(
        high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }
  }

  package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// `127.0.0.0/8` and `::1`.
  package var isLoopback: Bool { isIPv4 ? (low >> 24) & 0xFF == 127 : high == 0 && low == 1 }

  package var description: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      buffer.initialize(repeating: 0)
      if isIPv4 {
        var four = in_addr(s_addr: UInt32(truncatingIfNeeded: low).bigEndian)
        _ = inet_ntop(AF_INET, &four, buffer.baseAddress, 64)
      } else {
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { bytes in
          bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
          bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        _ = inet_ntop(AF_INET6, &six, buffer.baseAddress, 64)
      }
      return buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
  }
}

/// A block of addresses such as `10.0.0.0/8` or `2001:db8::/32` (RFC 4632, RFC 4291 §2.3).
package struct CIDR: Sendable, Hashable, CustomStringConvertible {
  package let base: IPAddress
  /// Leading bits that must match, counted in the 128-bit form.
  package let bits: Int

  /// Reads `address/length`, or one address alone. Bits after the length must be zero: `10.0.0.1/8` is refused, because
  /// whoever wrote it meant something else.
  package init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    // A dotted quad counts its length from 32, a mapped IPv6 spelling from 128.
    let width = first.utf8.contains(UInt8(ascii: ":")) ? 128 : 32
    var length = width
    if parts.count == 2 {
      let digits = parts[1]
      guard (1...3).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
        digits == "0" || digits.first != "0", let number = Int(digits), number <= width
      else { return nil }
      length = number
    }
    bits = 128 - width + length
    base = address
    let mask = Self.mask(bits)
    guard address.high & ~mask.high == 0, address.low & ~mask.low == 0 else { return nil }
  }

  package func contains(_ address: IPAddress) -> Bool {
    let mask = Self.mask(bits)
    return address.high & mask.high == base.high && address.low & mask.low == base.low
  }

  private static func mask(_ bits: Int) -> (high: UInt64, low: UInt64) {
    (
      high: bits >= 64 ? .max : (bits == 0 ? 0 : .max << UInt64(64 - bits)),
      low: bits >= 128 ? .max : (bits <= 64 ? 0 : .max << UInt64(128 - bits))
    )
  }

  package var description: String { "\(base)/\(base.isIPv4 && bits >= 96 ? bits - 96 : bits)" }
}
