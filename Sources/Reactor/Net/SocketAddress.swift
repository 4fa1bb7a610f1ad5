import CLinux
import Glibc

/// Where a socket is or connects to: an IPv4 or IPv6 address with its port, or the path of a Unix socket.
public struct SocketAddress: Sendable, Hashable, CustomStringConvertible {
  public enum Family: Sendable { case ipv4, ipv6, unix }

  public let family: Family
  /// The 4 or 16 bytes of the address in network order, or the bytes of the path.
  public let bytes: [UInt8]
  /// The TCP port; 0 for a Unix socket.
  public let port: UInt16
  /// The interface of a link-local IPv6 address; 0 otherwise.
  public let scope: UInt32

  init(family: Family, bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
    self.family = family
    self.bytes = bytes
    self.port = port
    self.scope = scope
  }

  /// A numeric address such as `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`; nil for a name or anything else.
  public init?(ip text: String, port: UInt16) {
    var v4 = in_addr()
    if inet_pton(AF_INET, text, &v4) == 1 {
      self.init(family: .ipv4, bytes: withUnsafeBytes(of: v4) { Array($0) }, port: port)
      return
    }
    var v6 = in6_addr()
    let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    guard inet_pton(AF_INET6, bare, &v6) == 1 else { return nil }
    self.init(family: .ipv6, bytes: withUnsafeBytes(of: v6) { Array($0) }, port: port)
  }

  /// `host:port`, `[v6]:port` or `unix:/path`, the host numeric; nil for anything else.
  public init?(parsing text: String) {
    if text.hasPrefix("unix:") {
      self.init(unixPath: String(text.dropFirst(5)))
      return
    }
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    let host = String(text[..<colon])
    guard !host.contains(":") || host.hasPrefix("[") else { return nil }
    self.init(ip: host, port: port)
  }

  /// The path of a Unix socket; nil when it is empty, holds a NUL or exceeds the kernel's 107 bytes.
  public init?(unixPath path: String) {
    let bytes = Array(path.utf8)
    guard (1...107).contains(bytes.count), !bytes.contains(0) else { return nil }
    self.init(family: .unix, bytes: bytes, port: 0)
  }

  /// The same address with another port.
  public func with(port: UInt16) -> SocketAddress {
    SocketAddress(family: family, bytes: bytes, port: port, scope: scope)
  }

  /// The address alone, without its port: `192.0.2.1`, `2001:db8::1`, or the path.
  public var host: String {
    guard family != .unix else { return String(decoding: bytes, as: UTF8.self) }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    inet_ntop(family == .ipv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  public var description: String {
    switch family {
    case .ipv4: "\(host):\(port)"
    case .ipv6: "[\(host)]:\(port)"
    case .unix: "unix:\(host)"
    }
  }
}

/// To and from the kernel's form.
extension SocketAddress {
  var domain: Int32 {
    switch family {
    case .ipv4: AF_INET
    case .ipv6: AF_INET6
    case .unix: AF_UNIX
    }
  }

  /// Calls `body` with the address as the kernel wants it.
  func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
    var storage = sockaddr_storage()
    let length = withUnsafeMutableBytes(of: &storage) { raw -> Int in
      switch family {
      case .ipv4:
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: bytes) }
        raw.storeBytes(of: address, as: sockaddr_in.self)
        return MemoryLayout<sockaddr_in>.size
      case .ipv6:
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_scope_id = scope
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: bytes) }
        raw.storeBytes(of: address, as: sockaddr_in6.self)
        return MemoryLayout<sockaddr_in6>.size
      case .unix:
        raw.storeBytes(of: sa_family_t(AF_UNIX), as: sa_family_t.self)
        UnsafeMutableRawBufferPointer(rebasing: raw[2...]).copyBytes(from: bytes)
        return 2 + bytes.count + 1
      }
    }
    return withUnsafePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }

  /// The address that a call filled in. An IPv4 address in IPv6 clothes (`::ffff:0:0/96`) becomes the IPv4 address.
  init(_ storage: sockaddr_storage, length: socklen_t) {
    self = withUnsafeBytes(of: storage) { raw in
      switch Int32(storage.ss_family) {
      case AF_INET:
        let address = raw.load(as: sockaddr_in.self)
        let bytes = withUnsafeBytes(of: address.sin_addr) { Array($0) }
        return SocketAddress(family: .ipv4, bytes: bytes, port: UInt16(bigEndian: address.sin_port))
      case AF_INET6:
        let address = raw.load(as: sockaddr_in6.self)
        let bytes = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
        let port = UInt16(bigEndian: address.sin6_port)
        if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
          return SocketAddress(family: .ipv4, bytes: Array(bytes[12...]), port: port)
        }
        return SocketAddress(family: .ipv6, bytes: bytes, port: port, scope: address.sin6_scope_id)
      default:
        let path = length > 2 ? raw[2..<min(Int(length), raw.count)].prefix { $0 != 0 } : raw[0..<0]
        return SocketAddress(family: .unix, bytes: Array(path), port: 0)
      }
    }
  }

  /// The near end of a socket.
  static func local(of fd: Int32) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(fd, $0, &length) }
    }
    return SocketAddress(storage, length: length)
  }
}
