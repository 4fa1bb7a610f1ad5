internal import CPostgres
internal import Reactor

extension PostgresConnection {
  /// Leaves pipeline mode and starts a COPY; the reader stands aside until the channel ends.
  func beginCopy(_ sql: String, stallMilliseconds: Int) async throws(PostgresError) -> CopyChannel {
    guard !isClosed, !isCopying, inFlight == 0, PQexitPipelineMode(handle) == 1 else {
      throw PostgresError(.connectionLost, "the connection is not free for a COPY")
    }
    isCopying = true
    loop.interrupt(fd: fd)
    let channel = CopyChannel(connection: self, stallMilliseconds: stallMilliseconds)
    try await channel.start(sql)
    return channel
  }

  /// Back to pipeline mode.
  func endCopy() {
    guard !isClosed else { return }
    isCopying = false
    copyEnded.ring()
    if PQenterPipelineMode(handle) != 1 { close() }
  }
}

/// The bytes of one COPY under way. Belongs to the loop of its connection.
struct CopyChannel {
  let connection: PostgresConnection
  let stallMilliseconds: Int

  /// Whether a COPY out has given its last row.
  private var isReadOut = false

  init(connection: PostgresConnection, stallMilliseconds: Int) {
    self.connection = connection
    self.stallMilliseconds = stallMilliseconds
  }

  private static let chunkBytes = 1 << 16

  private var deadline: Deadline { .after(milliseconds: stallMilliseconds) }
  private var loop: EventLoop { connection.loop }

  func start(_ sql: String) async throws(PostgresError) {
    guard PQsendQuery(connection.handle, sql) == 1 else { throw broken() }
    try await flush()
    guard let result = try await nextResult() else { throw broken() }
    let status = PQresultStatus(result)
    if status == PGRES_COPY_IN || status == PGRES_COPY_OUT {
      PQclear(result)
      return
    }
    let error =
      status == PGRES_FATAL_ERROR
      ? PostgresError(server: result) : PostgresError(.protocolViolation, "the statement is not a COPY")
    PQclear(result)
    while let rest = try await nextResult() { PQclear(rest) }
    connection.endCopy()
    throw error
  }

  /// Sends a chunk and waits until the kernel has it.
  func write(_ chunk: [UInt8]) async throws(PostgresError) {
    let sent = chunk.withUnsafeBytes { bytes in
      PQputCopyData(connection.handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count))
    }
    guard sent == 1 else { throw broken() }
    try await flush()
  }

  /// The next rows, about `chunkBytes` of them; nil after the last.
  mutating func read() async throws(PostgresError) -> [UInt8]? {
    if isReadOut { return nil }
    var chunk: [UInt8] = []
    while chunk.count < Self.chunkBytes {
      var row: UnsafeMutablePointer<CChar>?
      let length = PQgetCopyData(connection.handle, &row, 1)
      if length > 0, let row {
        chunk.append(contentsOf: UnsafeRawBufferPointer(start: row, count: Int(length)))
        PQfreemem(row)
      } else if length == 0 {
        try await takeIn()
      } else if length == -1 {
        isReadOut = true
        return chunk.isEmpty ? nil : chunk
      } else {
        throw broken()
      }
    }
    return chunk
  }

  /// Tells the server that all is sent (or read), and returns the rows copied.
  func finish() async throws(PostgresError) -> Int {
    try await end(error: nil)
  }

  /// Makes the server undo what was copied in.
  func abort() async {
    do throws(PostgresError) { _ = try await end(error: "given up by the sender") } catch {}
  }

  private func end(error: String?) async throws(PostgresError) -> Int {
    if !isReadOut {
      guard PQputCopyEnd(connection.handle, error) == 1 else { throw broken() }
      try await flush()
    }
    var rows = 0
    var failure: PostgresError?
    while let result = try await nextResult() {
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK: rows = PostgresResult(owning: result).affectedRows
      case PGRES_COPY_IN, PGRES_COPY_OUT:
        PQclear(result)
        throw broken()
      default:
        failure = PostgresError(server: result)
        PQclear(result)
      }
    }
    if PQstatus(connection.handle) == CONNECTION_BAD { throw broken() }
    connection.endCopy()
    if let failure { throw failure }
    return rows
  }

  private func flush() async throws(PostgresError) {
    while true {
      loop.clearWritable(fd: connection.fd)
      let rest = PQflush(connection.handle)
      if rest == 0 { return }
      guard rest > 0 else { throw broken() }
      guard await loop.waitWritable(fd: connection.fd, until: deadline) == .ready, !connection.isClosed else {
        throw stalled()
      }
    }
  }

  private func nextResult() async throws(PostgresError) -> OpaquePointer? {
    while PQisBusy(connection.handle) == 1 { try await takeIn() }
    return PQgetResult(connection.handle)
  }

  /// Takes in what the server sent, waiting for it if there is nothing.
  private func takeIn() async throws(PostgresError) {
    if !connection.hasUnread {
      loop.clearReadable(fd: connection.fd)
      // What came between the look and the clearing would raise no second event.
      if !connection.hasUnread {
        guard await loop.waitReadable(fd: connection.fd, until: deadline) == .ready, !connection.isClosed else {
          throw stalled()
        }
      }
    }
    guard PQconsumeInput(connection.handle) == 1 else { throw broken() }
  }

  private func broken() -> PostgresError {
    let error = PostgresError(.connectionLost, connection.libpqMessage)
    connection.close()
    return error
  }

  private func stalled() -> PostgresError {
    connection.close()
    return PostgresError(.timedOut, "COPY made no progress for \(stallMilliseconds) ms", mayHaveCommitted: true)
  }
}
