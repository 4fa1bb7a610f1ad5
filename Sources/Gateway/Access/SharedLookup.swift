import PostgresClient
import Reactor

/// Answers of the database that are kept for a time, and asked for once however many callers want the same one while
/// none is kept: when an answer expires under load, the first asks and the others wait for it.
///
/// Isolation: the thread of `loop`.
// @unchecked: every stored variable belongs to `loop`'s thread.
final class SharedLookup<Key: Hashable & Sendable, Value: Sendable>: @unchecked Sendable {
  private final class Flight {
    var waiting: [UnsafeContinuation<Result<Value, PostgresError>, Never>] = []
  }

  private let loop: EventLoop
  private var kept: ExpiringCache<Key, Value>
  private var flights: [Key: Flight] = [:]
  /// How often the database was asked.
  private(set) var asked = 0

  init(loop: EventLoop, lifetimeMilliseconds: Int, capacity: Int) {
    self.loop = loop
    kept = ExpiringCache(lifetimeMilliseconds: lifetimeMilliseconds, capacity: capacity)
  }

  /// The answer that is kept; otherwise what `ask` gives to the first who wants it. A failure is not kept, and reaches
  /// everybody who waited for it.
  func value(
    _ key: Key, _ ask: () async throws(PostgresError) -> Value
  ) async throws(PostgresError) -> Value {
    if let known = kept.value(key, now: loop.now) { return known }
    if let flight = flights[key] {
      let outcome = await withUnsafeContinuation { flight.waiting.append($0) }
      return try outcome.get()
    }
    let flight = Flight()
    flights[key] = flight
    asked += 1
    let outcome: Result<Value, PostgresError>
    do throws(PostgresError) {
      outcome = .success(try await ask())
    } catch {
      outcome = .failure(error)
    }
    // What was asked before everything was forgotten is not kept.
    if flights[key] === flight {
      flights[key] = nil
      if case .success(let value) = outcome { kept.keep(value, for: key, now: loop.now) }
    }
    for waiter in flight.waiting { waiter.resume(returning: outcome) }
    return try outcome.get()
  }

  /// The answer, if one is kept.
  func kept(_ key: Key) -> Value? { kept.value(key, now: loop.now) }

  /// When the answer that is kept is forgotten, on the monotonic clock; 0 when none is.
  func expiry(_ key: Key) -> UInt64 { kept.expiry(key) }

  /// Forgets every answer. Who asks from now on does not wait for what is being asked already.
  func forget() {
    kept.removeAll()
    flights.removeAll()
  }
}
