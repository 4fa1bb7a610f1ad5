import Glibc
import JSON

/// Where a converted message goes: to standard output, to the file that `--output` names, or, of many, to a file each in
/// the folder that it names.
struct HL7Output {
  private let context: CommandContext
  private let ending: String

  /// - Parameter ending: of the names of files in a folder, such as `.xml`.
  init(_ context: CommandContext, ending: String) {
    self.context = context
    self.ending = ending
  }

  func put(_ bytes: [UInt8], of item: HL7Files.Item) throws {
    guard let path = context.arguments["output"] else {
      guard item.isShown else { return }
      // ER7 ends its lines with CR, which a terminal would write over; a pipe or a file gets every byte.
      if ending == ".hl7", !context.output.isJSON, isatty(STDOUT_FILENO) != 1 { return context.output.bytes(bytes) }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw HL7Refusal(reason: "is not in UTF-8, which this output is; name a file with --output")
      }
      let shown = ending == ".hl7" ? text.replacing("\r", with: "\n") : text
      return context.output.result(json: ["file": .string(item.name), "document": .string(text)], text: shown)
    }
    guard !item.isShown || CommandFiles.isFolder(path) else { return try Self.write(bytes, to: path) }
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw Self.failure(path) }
    let flat = item.name.split(separator: "/").filter { $0 != "." && $0 != ".." }.joined(separator: "_")
    try Self.write(bytes, to: "\(path)/\(flat)\(ending)")
  }

  /// Writes a file; what stood in it is replaced.
  static func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest = rest.dropFirst(count)
    }
  }

  private static func failure(_ path: String) -> CommandFailure {
    CommandFailure(.failure, "\(path): \(SystemFailure.last.reason)")
  }
}
