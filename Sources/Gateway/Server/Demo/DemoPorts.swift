import Glibc

/// Where the demo listens, all on loopback.
struct DemoPorts: Sendable, Equatable {
  var https: UInt16 = 8443
  var mllpPlain: UInt16 = 2575
  var mllpTLS: UInt16 = 2576
  var operations: UInt16 = 9464
  var receiver: UInt16 = 9443
  var feed: UInt16 = 2577

  private static let all: [(path: any WritableKeyPath<DemoPorts, UInt16> & Sendable, use: String)] = [
    (\.https, "FHIR"), (\.mllpPlain, "HL7 v2"), (\.mllpTLS, "HL7 v2 over TLS"), (\.operations, "operations"),
    (\.receiver, "the receiving partner"), (\.feed, "the EMR's HL7 feed"),
  ]

  /// The usual ports, or ports that are free now.
  static func choose(ephemeral: Bool) throws(CommandFailure) -> DemoPorts {
    var ports = DemoPorts()
    guard ephemeral else {
      let taken = all.filter { bind(to: ports[keyPath: $0.path]) == nil }
      guard taken.isEmpty else {
        let list = taken.map { "\(ports[keyPath: $0.path]) (\($0.use))" }.joined(separator: ", ")
        throw CommandFailure(
          .unavailable,
          "in use on 127.0.0.1 by another process: \(list). Stop it, or let the system choose free ports: "
            + "`PASSERELLE_PORTS=ephemeral make run`, or --ephemeral-ports")
      }
      return ports
    }
    // All are held until the last is chosen, so that they differ.
    var held: [Int32] = []
    defer { for socket in held { close(socket) } }
    for (path, _) in all {
      let socket = makeSocket()
      held.append(socket)
      guard let port = bind(socket, to: 0) else {
        throw CommandFailure(.unavailable, "no free port on 127.0.0.1: \(SystemFailure.last.reason)")
      }
      ports[keyPath: path] = port
    }
    return ports
  }

  private static func makeSocket() -> Int32 { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

  private static func bind(to port: UInt16) -> UInt16? {
    let socket = makeSocket()
    defer { close(socket) }
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    return bind(socket, to: port)
  }

  private static func bind(_ socket: Int32, to port: UInt16) -> UInt16? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(socket, address, size) == 0 && getsockname(socket, address, &size) == 0
      }
    } ? UInt16(bigEndian: address.sin_port) : nil
  }
}
