import Gateway
import Glibc

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

/// Writes all of a text to a descriptor; a reader that went away ends it.
@Sendable func write(_ text: String, to descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}

// A pipe whose reader ended is an error of `write`, not the end of the process.
signal(SIGPIPE, SIG_IGN)
let dispatcher = CommandDispatcher(
  version: "0.1.0", Commands.all,
  output: { write($0, to: STDOUT_FILENO) }, errors: { write($0, to: STDERR_FILENO) })
exit(await dispatcher.run(Array(CommandLine.arguments.dropFirst()), environment: environment).rawValue)
