import Gateway
import Glibc
import Synchronization

let environment: [String: String] = {
  var variables: [String: String] = [:]
  var entry = environ
  while let pointer = entry.pointee {
    let text = String(cString: pointer)
    if let equals = text.firstIndex(of: "=") {
      variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    entry += 1
  }
  return variables
}()

/// Writes all bytes to a descriptor; answers the error that kept it from that. A reader that went away is none.
@discardableResult
@Sendable func write(_ bytes: some Collection<UInt8>, to descriptor: Int32) -> Int32? {
  var bytes = Array(bytes)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return errno == EPIPE ? nil : errno }
    bytes = bytes.dropFirst(count)
  }
  return nil
}

/// The first error that kept results from standard output, 0 for none: a full disk must not look like success.
enum LostOutput {
  static let error = Atomic<Int32>(0)

  @Sendable static func note(_ error: Int32?) {
    if let error { _ = LostOutput.error.compareExchange(expected: 0, desired: error, ordering: .relaxed) }
  }
}

// A pipe whose reader ended is an error of `write`, not the end of the process.
signal(SIGPIPE, SIG_IGN)
let dispatcher = CommandDispatcher(
  version: "0.1.0", Commands.all,
  output: { LostOutput.note(write($0, to: STDOUT_FILENO)) }, errors: { write($0.utf8, to: STDERR_FILENO) })
let code = await dispatcher.run(Array(CommandLine.arguments.dropFirst()), environment: environment)
let lost = LostOutput.error.load(ordering: .relaxed)
if lost != 0 { write("passerelle: standard output: \(String(cString: strerror(lost)))\n".utf8, to: STDERR_FILENO) }
exit(lost != 0 && code == .success ? ExitCode.failure.rawValue : code.rawValue)
