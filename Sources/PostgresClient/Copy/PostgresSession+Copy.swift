/// COPY in and out. libpq has no COPY in pipeline mode, so a leased connection leaves that mode meanwhile.
extension PostgresSession {
  /// Runs `COPY … FROM STDIN` with the bytes that `next` gives, chunk by chunk, until it gives nil.
  ///
  /// The next chunk is asked for only when the server has taken the last, so memory stays flat. A throw of `next` undoes
  /// the COPY. Chunks need not end at rows.
  /// - Parameters:
  ///   - stallMilliseconds: how long the server may take nothing, or make no end, before the connection is dropped.
  ///   - next: gives a chunk; 64 KiB is a good size.
  /// - Returns: the rows copied.
  public func copyIn(
    _ sql: StaticString, stallMilliseconds: Int = 60_000, _ next: () async throws -> [UInt8]?
  ) async throws -> Int {
    try await copyIn(dynamic: sql.description, stallMilliseconds: stallMilliseconds, next)
  }

  /// `copyIn` with a statement put together at run time.
  public func copyIn(
    dynamic sql: String, stallMilliseconds: Int = 60_000, _ next: () async throws -> [UInt8]?
  ) async throws -> Int {
    let copy = try await connection.beginCopy(sql, stallMilliseconds: stallMilliseconds)
    do {
      while let chunk = try await next() { try await copy.write(chunk) }
    } catch let error as PostgresError {
      connection.close()
      throw error
    } catch {
      await copy.abort()
      throw error
    }
    return try await copy.finish()
  }

  /// Runs `COPY … TO STDOUT` and hands the bytes to `take`, about 64 KiB a time, always whole rows.
  ///
  /// The server waits while `take` does. A throw of `take` ends the COPY and the connection.
  /// - Returns: the rows copied.
  public func copyOut(
    _ sql: StaticString, stallMilliseconds: Int = 60_000, _ take: ([UInt8]) async throws -> Void
  ) async throws -> Int {
    try await copyOut(dynamic: sql.description, stallMilliseconds: stallMilliseconds, take)
  }

  /// `copyOut` with a statement put together at run time.
  public func copyOut(
    dynamic sql: String, stallMilliseconds: Int = 60_000, _ take: ([UInt8]) async throws -> Void
  ) async throws -> Int {
    var copy = try await connection.beginCopy(sql, stallMilliseconds: stallMilliseconds)
    do {
      while let chunk = try await copy.read() { try await take(chunk) }
    } catch {
      connection.close()
      throw error
    }
    return try await copy.finish()
  }
}

extension PostgresTransaction {
  /// `PostgresSession.copyIn` inside the transaction.
  public func copyIn(
    _ sql: StaticString, stallMilliseconds: Int = 60_000, _ next: () async throws -> [UInt8]?
  ) async throws -> Int {
    try await openSession().copyIn(sql, stallMilliseconds: stallMilliseconds, next)
  }

  /// `PostgresSession.copyOut` inside the transaction.
  public func copyOut(
    _ sql: StaticString, stallMilliseconds: Int = 60_000, _ take: ([UInt8]) async throws -> Void
  ) async throws -> Int {
    try await openSession().copyOut(sql, stallMilliseconds: stallMilliseconds, take)
  }
}
