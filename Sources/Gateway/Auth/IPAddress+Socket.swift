package import Reactor

extension IPAddress {
  /// The address of an IPv4 or IPv6 socket; nil for a Unix one.
  package init?(_ address: SocketAddress) {
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch address.family {
    case .ipv4: self.init(high: 0, low: 0xFFFF_0000_0000 | number(address.bytes[...]))
    case .ipv6: self.init(high: number(address.bytes[..<8]), low: number(address.bytes[8...]))
    case .unix: return nil
    }
  }
}
