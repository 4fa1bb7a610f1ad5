import CLinux
import Glibc

/// One thread with an epoll set that runs Swift tasks: the executor of everything that happens on its connections.
///
/// A task started with a loop as its executor preference runs, suspends and resumes on that loop's thread alone, so
/// state that only such tasks touch needs no lock. Nor does calling an `async` function let another job run first: a
/// condition looked at just before a wait still holds when the wait parks. That is why it is no `SerialExecutor`: the
/// runtime would take each nonisolated call for a change of executor and queue it anew. Jobs are kept raw, run in
/// batches, and a wake-up from another thread costs one `eventfd` write however many jobs it brings.
///
/// Isolation: `enqueue`, `stop` and `isCurrent` may be called from any thread; all else on the loop's own thread only.
// @unchecked: `inbox`, `isAsleep` and `isStopping` are guarded by `inboxLock`; every other stored variable belongs to
// the loop's thread.
public final class EventLoop: TaskExecutor, @unchecked Sendable {
  /// The position of the loop in its group; also the name of its thread.
  public let index: Int

  // Guarded by inboxLock.
  private let inboxLock: UnsafeMutablePointer<pthread_mutex_t>
  private var inbox: [UnownedJob] = []
  private var isAsleep = false
  private var isStopping = false

  // Owned by the loop's thread.
  private var queue: [UnownedJob] = []
  private var endOfTurn: [() -> Void] = []
  var table = ReadinessTable()
  var timers = TimerQueue()
  var sleepers: [UInt64: UnsafeContinuation<Void, Never>] = [:]
  var nextSleeper: UInt64 = 0
  /// Where streams receive into before they copy what came; its content means nothing between two calls.
  let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)

  /// The monotonic time, in nanoseconds, when the current turn began. Cheap; at most one turn old.
  public private(set) var now: UInt64

  let epoll: Int32
  private let wakeFD: Int32
  private var thread = pthread_t()
  private let started: UnsafeMutablePointer<sem_t>

  /// Creates a loop; `start()` gives it a thread.
  /// - Throws: `SystemError` when the process is out of file descriptors.
  public init(index: Int = 0) throws(SystemError) {
    self.index = index
    epoll = clinux_epoll_create()
    guard epoll >= 0 else { throw SystemError.last("epoll_create1") }
    wakeFD = clinux_eventfd()
    guard wakeFD >= 0 else { throw SystemError.last("eventfd") }
    inboxLock = .allocate(capacity: 1)
    pthread_mutex_init(inboxLock, nil)
    started = .allocate(capacity: 1)
    sem_init(started, 0, 0)
    now = clinux_monotonic_nanoseconds()
    guard clinux_epoll_ctl(epoll, EPOLL_CTL_ADD, wakeFD, EPOLLIN.rawValue, Self.wakeToken) == 0 else {
      throw SystemError.last("epoll_ctl")
    }
  }

  deinit {
    scratch.deallocate()
    close(epoll)
    close(wakeFD)
    pthread_mutex_destroy(inboxLock)
    inboxLock.deallocate()
    sem_destroy(started)
    started.deallocate()
  }

  private static let wakeToken = UInt64.max

  // MARK: Executor

  /// Puts a job in the queue: without a lock from the loop's own thread, through the inbox from any other.
  public func enqueue(_ job: consuming ExecutorJob) {
    let raw = UnownedJob(job)
    if isCurrent {
      queue.append(raw)
      return
    }
    pthread_mutex_lock(inboxLock)
    inbox.append(raw)
    let mustWake = isAsleep
    isAsleep = false
    pthread_mutex_unlock(inboxLock)
    if mustWake { wake() }
  }

  /// Whether the caller runs on this loop's thread.
  public var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

  // MARK: Life

  /// Starts the loop's thread and returns when it runs.
  public func start() throws(SystemError) {
    clinux_ignore_broken_pipe()
    let retained = Unmanaged.passRetained(self)
    var created = pthread_t()
    let error = pthread_create(
      &created, nil,
      { argument in
        guard let argument else { return nil }
        let loop = Unmanaged<EventLoop>.fromOpaque(argument).takeRetainedValue()
        clinux_name_thread("loop-\(loop.index)")
        loop.thread = pthread_self()
        sem_post(loop.started)
        loop.run()
        return nil
      }, retained.toOpaque())
    guard error == 0 else {
      retained.release()
      throw SystemError(call: "pthread_create", errno: error)
    }
    while sem_wait(started) != 0 {}
  }

  /// Asks the loop to end after the turn under way. Any thread. Tasks still suspended on it are abandoned.
  public func stop() {
    pthread_mutex_lock(inboxLock)
    isStopping = true
    isAsleep = false
    pthread_mutex_unlock(inboxLock)
    wake()
  }

  /// Waits until the loop's thread has ended. Not from the loop itself.
  public func join() { pthread_join(thread, nil) }

  /// Starts a loop for `body`, which runs where its caller does; the loop's thread has ended when this returns.
  public static func withLoop<Value>(_ body: (EventLoop) async throws -> Value) async throws -> Value {
    let loop = try EventLoop()
    try loop.start()
    defer {
      loop.stop()
      loop.join()
    }
    return try await body(loop)
  }

  /// Runs an operation on a loop of its own; the loop's thread has ended when this returns.
  public static func onLoop<Value: Sendable>(
    _ operation: @escaping @Sendable (EventLoop) async throws -> Value
  ) async throws -> Value {
    try await withLoop { loop in try await loop.run { try await operation(loop) } }
  }

  /// Runs an operation as a task of this loop and waits for its value from outside the loop.
  public func run<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
    try await Task(executorPreference: self, operation: operation).value
  }

  /// Runs `action` once, when every job that is ready now has run and before the loop waits for the kernel again.
  ///
  /// The place where work of concurrent requests is gathered: one flush, one commit, one write for all of them.
  public func atEndOfTurn(_ action: @escaping () -> Void) {
    assert(isCurrent)
    endOfTurn.append(action)
  }

  // MARK: The turn

  private func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 512)
    while true {
      runJobs()
      let isIdle = queue.isEmpty && endOfTurn.isEmpty
      guard takeInbox(mayDoze: isIdle) else { return }
      let timeout = isIdle && queue.isEmpty ? timers.millisecondsToNext(from: clinux_monotonic_nanoseconds()) : 0
      let count = epoll_wait(epoll, &events, Int32(events.count), timeout)
      now = clinux_monotonic_nanoseconds()
      markAwake()
      if count > 0 {
        for index in 0..<Int(count) { deliver(events[index]) }
      }
      fireTimers()
    }
  }

  /// Runs what is queued, then the end-of-turn actions, until neither makes more work or the batch limit is reached.
  private func runJobs() {
    let task = asUnownedTaskExecutor()
    var rounds = 0
    while rounds < 16, !queue.isEmpty || !endOfTurn.isEmpty {
      rounds += 1
      var batch: [UnownedJob] = []
      swap(&batch, &queue)
      for job in batch { job.runSynchronously(on: task) }
      batch.removeAll(keepingCapacity: true)
      if queue.isEmpty {
        swap(&batch, &queue)  // keep the storage
        if !endOfTurn.isEmpty {
          var actions: [() -> Void] = []
          swap(&actions, &endOfTurn)
          for action in actions { action() }
        }
      }
    }
  }

  /// Moves jobs of other threads into the queue. Returns false when the loop must end.
  private func takeInbox(mayDoze: Bool) -> Bool {
    pthread_mutex_lock(inboxLock)
    defer { pthread_mutex_unlock(inboxLock) }
    if isStopping { return false }
    if !inbox.isEmpty {
      queue.append(contentsOf: inbox)
      inbox.removeAll(keepingCapacity: true)
    } else {
      isAsleep = mayDoze
    }
    return true
  }

  private func markAwake() {
    pthread_mutex_lock(inboxLock)
    isAsleep = false
    if !inbox.isEmpty {
      queue.append(contentsOf: inbox)
      inbox.removeAll(keepingCapacity: true)
    }
    pthread_mutex_unlock(inboxLock)
  }

  private func deliver(_ event: epoll_event) {
    if event.data.u64 == Self.wakeToken {
      var count: UInt64 = 0
      _ = read(wakeFD, &count, 8)
      return
    }
    table.deliver(events: event.events, token: event.data.u64)
  }

  private func fireTimers() {
    while let due = timers.popDue(at: now) {
      switch due.key {
      case .sleeper(let number): sleepers.removeValue(forKey: number)?.resume()
      case .descriptor(let fd):
        if let next = table.expire(fd: fd, now: now) { timers.push(deadline: next, key: due.key) }
      }
    }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = write(wakeFD, &one, 8)
  }
}
