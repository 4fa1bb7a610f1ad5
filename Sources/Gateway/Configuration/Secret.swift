import Glibc

/// A value that must not be shown: printing, logging or interpolating it gives `<secret>`.
///
/// In the file it stands as `file:/path` (the file's content without its last line end) or `env:NAME`; text of any other
/// form is the secret itself.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package static let maximumBytes = 65_536

  private let text: String

  package init(_ text: String) { self.text = text }

  /// The secret itself: to be handed to the library that needs it and to nothing else.
  package func reveal() -> String { text }

  package var isEmpty: Bool { text.isEmpty }
  package var description: String { "<secret>" }
  package var debugDescription: String { "<secret>" }
  package var customMirror: Mirror { Mirror(self, children: []) }

  /// Why a reference to a secret could not be followed. Never holds the secret.
  package struct Failure: Error, Sendable, Equatable {
    package let message: String
  }

  /// Follows `file:` and `env:`.
  /// - Parameters:
  ///   - environment: the variables that `env:` may name.
  ///   - readFile: gives a file's bytes, at most `maximumBytes` + 1 of them.
  package static func resolve(
    _ reference: String, environment: [String: String],
    readFile: (String) throws(SystemFailure) -> [UInt8] = { (path) throws(SystemFailure) in
      try readWholeFile(path, maximumBytes: Secret.maximumBytes)
    }
  ) throws(Failure) -> Secret {
    if reference.hasPrefix("env:") {
      let name = String(reference.dropFirst(4))
      guard let value = environment[name], !value.isEmpty else {
        throw Failure(message: "environment variable \(name.debugDescription) is not set")
      }
      return Secret(value)
    }
    guard reference.hasPrefix("file:") else { return Secret(reference) }
    let path = String(reference.dropFirst(5))
    var bytes: [UInt8]
    do throws(SystemFailure) {
      bytes = try readFile(path)
    } catch {
      throw Failure(message: "secret file \(path): \(error.reason)")
    }
    if bytes.last == 0x0A { bytes.removeLast() }
    if bytes.last == 0x0D { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
      throw Failure(message: "secret file \(path) is empty or not UTF-8")
    }
    return Secret(text)
  }
}

/// A call of the system that failed, in the system's words.
package struct SystemFailure: Error, Sendable, Equatable {
  package let reason: String

  /// The last one of this thread, by `errno`.
  static var last: SystemFailure { SystemFailure(reason: String(cString: strerror(errno))) }
}

/// Reads a small file at start-up or from the command line; blocking, so never on an event loop.
package func readWholeFile(_ path: String, maximumBytes: Int) throws(SystemFailure) -> [UInt8] {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw SystemFailure.last }
  defer { close(descriptor) }
  var content: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while content.count <= maximumBytes {
    let count = read(descriptor, &chunk, chunk.count)
    if count < 0 {
      if errno == EINTR { continue }
      throw SystemFailure.last
    }
    if count == 0 { return content }
    content.append(contentsOf: chunk[..<count])
  }
  throw SystemFailure(reason: "over \(maximumBytes) bytes")
}
