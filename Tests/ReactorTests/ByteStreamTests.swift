import Glibc
import Reactor
import XCTest

final class ByteStreamTests: XCTestCase {
  func testBytesGoBothWaysAndAnEndIsAnEnd() async throws {
    try await EventLoop.onLoop { loop in
      let (client, server) = try await connectedPair(loop)
      try await client.write(Array("ping".utf8))
      let ping = try await read(4, from: server)
      XCTAssertEqual(ping, Array("ping".utf8))
      try await server.write(pieces: [Array("po".utf8), [], Array("ng".utf8)])
      let pong = try await read(4, from: client)
      XCTAssertEqual(pong, Array("pong".utf8))
      client.shutdownWrite()
      var rest: [UInt8] = []
      let end = try await server.read(into: &rest, until: .after(milliseconds: 1_000))
      XCTAssertEqual(end, 0)
      try await server.write([1])
      let afterTheEnd = try await read(1, from: client)
      XCTAssertEqual(afterTheEnd, [1], "a half-closed stream still reads")
      client.close()
      server.close()
    }
  }

  /// Far more than the socket's buffers hold, in pieces of every size, so that writes are partial.
  func testLargeVectoredWritesArriveWhole() async throws {
    try await EventLoop.onLoop { loop in
      let (client, server) = try await connectedPair(loop)
      let pieces = (0..<200).map { index in
        [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index * 977 % 100_000)
      }
      let writer = Task(executorPreference: loop) {
        try await client.write(pieces: pieces, until: .after(milliseconds: 10_000))
        client.close()
      }
      await loop.sleep(milliseconds: 20)
      let all = Array(pieces.joined())
      let received = try await read(all.count + 1, from: server)
      XCTAssertTrue(received == all, "\(received.count) of \(all.count) bytes")
      try await writer.value
      server.close()
    }
  }

  func testEachCallHasItsDeadline() async throws {
    try await EventLoop.onLoop { loop in
      let (client, server) = try await connectedPair(loop)
      let silence = await code { _ = try await read(1, from: client, until: .after(milliseconds: 20)) }
      XCTAssertEqual(silence, .timedOut)
      let stuck = await code {
        let block = [UInt8](repeating: 0, count: 1 << 20)
        while true { try await client.write(block, until: .after(milliseconds: 50)) }
      }
      XCTAssertEqual(stuck, .timedOut)
      client.close()
      server.close()
    }
  }

  func testAReaderIsToldOfOurOwnCloseAndOfTheReset() async throws {
    try await EventLoop.onLoop { loop in
      let (client, server) = try await connectedPair(loop)
      let reader = Task(executorPreference: loop) { await code { _ = try await read(1, from: server) } }
      await loop.sleep(milliseconds: 5)
      server.close()
      let closed = await reader.value
      XCTAssertEqual(closed, .closed)
      let gone = await code { for _ in 0..<50 { try await client.write([0]) } }
      XCTAssertEqual(gone, .reset, "and SIGPIPE has not ended the process")
      client.close()
    }
  }

  func testNobodyListens() async throws {
    try await EventLoop.onLoop { loop in
      let address = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
      let listener = try ListeningSocket(address: address, loop: loop)
      let gone = listener.address
      listener.close()
      let refused = await code {
        _ = try await ByteStream.connect(to: gone, loop: loop, until: .after(milliseconds: 1_000))
      }
      XCTAssertEqual(refused, .refused)
      let ended = await code { _ = try await listener.accept() }
      XCTAssertEqual(ended, .closed)
    }
  }

  func testTheAcceptLoopSurvivesAShortageOfDescriptors() async throws {
    try await EventLoop.onLoop { loop in
      let address = try XCTUnwrap(SocketAddress(parsing: "127.0.0.1:0"))
      let listener = try ListeningSocket(address: address, loop: loop)
      let client = try await ByteStream.connect(to: listener.address, loop: loop, until: .after(milliseconds: 1_000))
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      let lowestFree = open("/dev/null", O_RDONLY)
      close(lowestFree)
      var none = rlimit(rlim_cur: rlim_t(lowestFree), rlim_max: limit.rlim_max)
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &none)
      let starved = await code { _ = try await listener.accept(until: .after(milliseconds: 50)) }
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      XCTAssertEqual(starved, .timedOut, "it waited, it did not fail")
      XCTAssertEqual(listener.turnedAway, 1)
      let told = await code {
        let end = try await read(1, from: client)
        XCTAssertEqual(end, [])
      }
      XCTAssertTrue(told == nil || told == .reset, "the caller hears an end")
      client.close()
      let second = try await ByteStream.connect(to: listener.address, loop: loop, until: .after(milliseconds: 1_000))
      try await second.write([7])
      let server = try await listener.accept(until: .after(milliseconds: 1_000))
      let byte = try await read(1, from: server)
      XCTAssertEqual(byte, [7])
      server.close()
      second.close()
      listener.close()
    }
  }
}
