import Synchronization

/// The context that new connections use, which a reload swaps while old connections keep theirs.
public final class TLSContextBox: Sendable {
  private let load: @Sendable () throws(TLSError) -> TLSContext
  private let held: Mutex<TLSContext>

  /// Loads for the first time.
  public init(load: @escaping @Sendable () throws(TLSError) -> TLSContext) throws(TLSError) {
    self.load = load
    held = Mutex(try load())
  }

  /// The context of the last load that succeeded. Any thread.
  public var current: TLSContext { held.withLock { $0 } }

  /// Reads the files again. A bad file throws and the context stays as it was.
  public func reload() throws(TLSError) {
    let fresh = try load()
    held.withLock { $0 = fresh }
  }
}
