import CLinux
import Glibc

/// A few threads for calls that block: files, names, processes. Never for anything on a hot path.
// @unchecked: `queue`, `threads` and `idle` are guarded by `lock`.
public final class BlockingPool: @unchecked Sendable {
  /// The pool of the process.
  public static let shared = BlockingPool(limit: 4)

  private let limit: Int
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let bell: UnsafeMutablePointer<pthread_cond_t>
  private var queue: [@Sendable () -> Void] = []
  private var threads = 0
  private var idle = 0

  /// A pool of at most `limit` threads, started as they are needed and kept for the life of the process.
  public init(limit: Int) {
    self.limit = max(1, limit)
    lock = .allocate(capacity: 1)
    bell = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(bell, nil)
  }

  /// Runs `work` on a thread of the pool; the caller suspends meanwhile and resumes on its own executor.
  public func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withUnsafeThrowingContinuation { continuation in
      submit { continuation.resume(with: Result(catching: work)) }
    }
  }

  private func submit(_ work: @escaping @Sendable () -> Void) {
    pthread_mutex_lock(lock)
    queue.append(work)
    if idle < queue.count, threads < limit { startThread() }
    pthread_cond_signal(bell)
    pthread_mutex_unlock(lock)
  }

  private func startThread() {
    let retained = Unmanaged.passRetained(self)
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        clinux_name_thread("blocking")
        Unmanaged<BlockingPool>.fromOpaque(argument).takeRetainedValue().serve()
        return nil
      }, retained.toOpaque())
    guard error == 0 else {
      retained.release()
      precondition(threads > 0, "the system gives no thread for blocking calls: error \(error)")
      return
    }
    threads += 1
    pthread_detach(thread)
  }

  private func serve() {
    while true {
      pthread_mutex_lock(lock)
      idle += 1
      while queue.isEmpty { pthread_cond_wait(bell, lock) }
      idle -= 1
      let work = queue.removeFirst()
      pthread_mutex_unlock(lock)
      work()
    }
  }
}
