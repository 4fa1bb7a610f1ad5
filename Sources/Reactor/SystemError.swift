import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The call's name as in its manual page, such as `bind`.
  public let call: String
  public let errno: Int32

  public init(call: String, errno: Int32) {
    self.call = call
    self.errno = errno
  }

  /// The error that the last call on this thread left in `errno`.
  public static func last(_ call: String) -> SystemError { SystemError(call: call, errno: Glibc.errno) }

  public var description: String { "\(call): \(String(cString: strerror(errno)))" }
}
