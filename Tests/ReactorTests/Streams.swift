import Reactor
import XCTest

/// Two ends of a TCP connection over the loopback interface.
func connectedPair(_ loop: EventLoop) async throws -> (client: ByteStream, server: ByteStream) {
  let address = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
  let listener = try ListeningSocket(address: address, loop: loop)
  defer { listener.close() }
  let client = try await ByteStream.connect(to: listener.address, loop: loop, until: .after(milliseconds: 2_000))
  return (client, try await listener.accept(until: .after(milliseconds: 2_000)))
}

/// Reads until `count` bytes have come or the peer ends.
func read(
  _ count: Int, from stream: ByteStream, until deadline: Deadline = .after(milliseconds: 5_000)
) async throws -> [UInt8] {
  var bytes: [UInt8] = []
  while bytes.count < count {
    let read = try await stream.read(into: &bytes, atMost: count - bytes.count, until: deadline)
    if read == 0 { break }
  }
  return bytes
}

/// The code of the error that a body throws; nil when it throws none.
func code(of body: () async throws -> Void) async -> StreamError.Code? {
  do {
    try await body()
    return nil
  } catch { return (error as? StreamError)?.code }
}
