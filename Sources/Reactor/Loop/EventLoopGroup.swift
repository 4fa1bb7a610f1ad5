import Glibc

/// The loops of a process, usually one a core.
public struct EventLoopGroup: Sendable {
  public let loops: [EventLoop]

  /// Creates and starts `count` loops.
  public init(count: Int) throws(SystemError) {
    var loops: [EventLoop] = []
    for index in 0..<max(1, count) {
      let loop = try EventLoop(index: index)
      try loop.start()
      loops.append(loop)
    }
    self.loops = loops
  }

  /// The number of cores this process may use.
  public static var coreCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Ends every loop and waits for its thread.
  public func shutdown() {
    for loop in loops { loop.stop() }
    for loop in loops { loop.join() }
  }
}
