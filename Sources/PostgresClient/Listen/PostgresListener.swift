public import Reactor

/// One NOTIFY.
public struct PostgresNotification: Sendable, Equatable {
  public let channel: String
  public let payload: String
}

/// A connection of its own that listens, and comes back by itself when it is lost.
///
/// Notifications are hints, never data: those sent while the connection was away are gone, so `onReconnect` polls for
/// what was missed. Isolation: tasks of `loop`. Behind pgbouncer give it a DSN of the server itself.
// @unchecked: every stored variable belongs to `loop`'s thread.
public final class PostgresListener: @unchecked Sendable {
  private let configuration: PostgresConfiguration
  private let loop: EventLoop
  private let channels: [String]
  private let bell: LoopSignal
  private var connection: PostgresConnection?
  private var queue: [PostgresNotification] = []
  private var hasOverflowed = false
  private var isStopped = false
  private var settled: PipelineEnd?

  /// Notifications that wait for the callback; more are dropped, and `onReconnect` is called instead.
  private static let queueLimit = 10_000
  /// How often a silent connection is asked whether it lives, and how long it may take to say so.
  private static let pingMilliseconds = 8_000
  private static let pongMilliseconds = 5_000

  public init(_ configuration: PostgresConfiguration, loop: EventLoop, channels: [String]) {
    self.configuration = configuration
    self.loop = loop
    self.channels = channels
    bell = LoopSignal(loop: loop)
  }

  /// Listens until `stop`. The callbacks are awaited one after the other.
  /// - Parameters:
  ///   - onReconnect: called whenever listening has begun, the first time too, and when notifications were dropped.
  public func run(
    onReconnect: () async -> Void = {}, onNotification: (PostgresNotification) async -> Void
  ) async {
    assert(loop.isCurrent)
    var failures = 0
    while !isStopped {
      do throws(PostgresError) {
        try await listen()
        failures = 0
        await onReconnect()
        await deliver(onReconnect, onNotification)
      } catch {
        failures += 1
      }
      connection?.close()
      connection = nil
      guard !isStopped else { return }
      let longest = min(
        configuration.longestBackoffMilliseconds, configuration.firstBackoffMilliseconds << min(failures, 10))
      _ = await bell.wait(until: .after(milliseconds: longest / 2 + Int.random(in: 0...max(1, longest / 2))))
    }
  }

  /// Ends `run` soon.
  public func stop() {
    isStopped = true
    bell.ring()
  }

  private func listen() async throws(PostgresError) {
    let opened = try await PostgresConnection.open(configuration, loop: loop, slot: 0)
    opened.owner = self
    let queries = channels.map { channel in
      let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      return PostgresQuery(dynamic: "LISTEN \"\(quoted)\"")
    }
    guard await isAnswered(queries, by: opened, within: configuration.connectTimeoutMilliseconds) else {
      opened.close()
      throw PostgresError(.connectionFailed, "LISTEN was not answered")
    }
    connection = opened
  }

  /// Delivers until the connection is lost or `stop` is called.
  private func deliver(
    _ onReconnect: () async -> Void, _ onNotification: (PostgresNotification) async -> Void
  ) async {
    while !isStopped, let current = connection, !current.isClosed {
      if hasOverflowed {
        hasOverflowed = false
        await onReconnect()
      }
      var batch: [PostgresNotification] = []
      swap(&batch, &queue)
      for notification in batch { await onNotification(notification) }
      guard queue.isEmpty, !isStopped, !current.isClosed else { continue }
      let rang = await bell.wait(until: .after(milliseconds: Self.pingMilliseconds))
      if rang || isStopped || current.isClosed { continue }
      guard await isAnswered([PostgresQuery("select 1")], by: current, within: Self.pongMilliseconds) else { return }
    }
  }

  /// Sends statements and waits for their end, but no longer than that.
  private func isAnswered(
    _ queries: [PostgresQuery], by connection: PostgresConnection, within milliseconds: Int
  ) async -> Bool {
    settled = nil
    let deadline = Deadline.after(milliseconds: milliseconds)
    connection.send(PipelineRequest(queries: queries, deadline: deadline.nanoseconds, isWholeTransaction: false))
    while settled == nil, !connection.isClosed, !isStopped, !deadline.hasPassed {
      _ = await bell.wait(until: deadline)
    }
    if case .succeeded = settled { return true }
    return false
  }
}

extension PostgresListener: PostgresConnectionOwner {
  func connection(_ connection: PostgresConnection, settled request: PipelineRequest, _ result: PipelineEnd) {
    settled = result
    bell.ring()
  }

  func connectionRetired(_ connection: PostgresConnection) {}

  func connectionClosed(_ connection: PostgresConnection) { bell.ring() }

  func connection(_ connection: PostgresConnection, notified channel: String, payload: String) {
    if queue.count < Self.queueLimit {
      queue.append(PostgresNotification(channel: channel, payload: payload))
    } else {
      hasOverflowed = true
    }
    bell.ring()
  }
}
