internal import Glibc

/// A libpq call that blocks (name lookup, handshake, cancel) on a thread of its own.
///
/// Such calls are rare, one per connection made or lost, so a thread each is cheaper than a pool that a stopped server
/// could fill up.
enum BlockingCall {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` on a new detached thread with every signal blocked. Returns whether the thread could be made.
  static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let work = Unmanaged.passRetained(Work(body))
    let error = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    if error != 0 { work.release() }
    return error == 0
  }

  /// The value of `body`, computed on a new thread; nil when no thread could be made.
  static func value<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Value?, Never>) in
      if !start({ continuation.resume(returning: body()) }) { continuation.resume(returning: nil) }
    }
  }
}
