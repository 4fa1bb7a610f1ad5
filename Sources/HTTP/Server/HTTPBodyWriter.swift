public import Reactor

/// Where a streamed body is written. Each write returns when the connection has taken the bytes, so a slow reader slows
/// its producer and nothing piles up.
///
/// Isolation: the loop of its connection.
public struct HTTPBodyWriter: Sendable {
  enum Mode: Sendable { case counted, chunked, untilEnd, discarded }

  let connection: HTTPServerConnection
  let mode: Mode

  /// Writes the next part of the body; an empty part is nothing.
  public func write(_ bytes: [UInt8]) async throws(StreamError) {
    guard !bytes.isEmpty, mode != .discarded else { return }
    if mode == .chunked {
      let size = Array((String(bytes.count, radix: 16) + "\r\n").utf8)
      try await connection.send(pieces: [size, bytes, [0x0D, 0x0A]])
    } else {
      connection.streamed += bytes.count
      try await connection.send(pieces: [bytes])
    }
  }
}
