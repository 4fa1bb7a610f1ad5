import Glibc
import HL7Parser
import JSON

/// What goes wrong with one message of those that a command goes through: the reason, for a line of its own.
struct HL7Refusal: Error, Sendable {
  let reason: String
}

/// The messages of the files and folders that a command line names, one after another.
///
/// A single file is shown; of several, or of a folder, each failure is a line and the last line says how many passed and
/// failed. In a folder, files that hold nothing of the kind are passed over; a file named by itself must hold some.
struct HL7Files {
  /// The largest file that is read.
  static let maximumBytes = 1 << 30

  struct Item {
    /// The file, and the message's number in it where it holds several.
    let name: String
    let bytes: ArraySlice<UInt8>
    /// Whether results are to be shown, not only counted.
    let isShown: Bool
  }

  let context: CommandContext
  /// Whether the bytes of a file are what is looked for.
  let isCandidate: ([UInt8]) -> Bool
  /// Parts a file into what it holds.
  let split: ([UInt8]) throws -> [ArraySlice<UInt8>]

  /// Calls `body` with each message; its refusals are the failures.
  func each(_ body: (Item) throws -> Void) throws(CommandFailure) {
    let paths = context.arguments.all("file")
    let isFolder = paths.map(CommandFiles.isFolder)
    let isShown = paths.count == 1 && !isFolder[0]
    var (passed, failed) = (0, 0)
    for (path, isFolder) in zip(paths, isFolder) {
      for file in try Self.files(at: path) {
        let bytes = try Self.contents(of: file)
        guard isCandidate(bytes) || !isFolder else { continue }
        do {
          guard isCandidate(bytes) else { throw HL7Refusal(reason: "holds nothing that this command reads") }
          let parts = try split(bytes)
          for (index, part) in parts.enumerated() {
            let name = parts.count == 1 ? file : "\(file)#\(index + 1)"
            do {
              try body(Item(name: name, bytes: part, isShown: isShown))
              passed += 1
            } catch let failure as CommandFailure {
              throw failure
            } catch {
              failed += 1
              try report(name, error, isOnly: isShown && parts.count == 1)
            }
          }
        } catch let failure as CommandFailure {
          throw failure
        } catch {
          failed += 1
          try report(file, error, isOnly: isShown)
        }
      }
    }
    try close(passed, failed, isShown: isShown && passed + failed == 1)
  }

  private func report(_ name: String, _ error: any Error, isOnly: Bool) throws(CommandFailure) {
    let reason = (error as? HL7Refusal)?.reason ?? "\(error)"
    guard !isOnly else { throw CommandFailure(.failure, "\(name): \(reason)") }
    context.output.result(
      json: ["file": .string(name), "failed": .string(reason)], text: "\(name): \(reason)")
  }

  private func close(_ passed: Int, _ failed: Int, isShown: Bool) throws(CommandFailure) {
    guard passed + failed > 0 else {
      throw CommandFailure(.notFound, "nothing to read in \(context.arguments.all("file").joined(separator: ", "))")
    }
    guard !isShown else { return }
    context.output.result(
      json: ["passed": .init(passed), "failed": .init(failed)], text: "\(passed) passed, \(failed) failed")
    // The lines have said it all; "N passed, N failed" is the last one.
    if failed > 0 { throw CommandFailure(.failure, "") }
  }

  // MARK: Files

  static func contents(of path: String) throws(CommandFailure) -> [UInt8] {
    try CommandFiles.contents(of: path, maximumBytes: maximumBytes)
  }

  /// A file itself; of a folder the regular files below it. Links are not followed.
  static func files(at path: String) throws(CommandFailure) -> [String] {
    guard CommandFiles.isFolder(path) else { return [path] }
    return try CommandFiles.files(below: path) { $1 == S_IFREG }
  }
}

extension HL7Files {
  /// Files that hold ER7: one message, several, a batch, or MLLP frames.
  static func messages(_ context: CommandContext) -> HL7Files {
    HL7Files(context: context, isCandidate: { HL7Contents.isHL7($0) }) { bytes in
      let contents = try HL7Contents(of: bytes, options: HL7Inspection.options)
      if let finding = contents.findings.first { throw HL7Refusal(reason: "\(finding)") }
      return contents.messages
    }
  }

  /// Files that hold a message in XML.
  static func documents(_ context: CommandContext) -> HL7Files {
    HL7Files(context: context, isCandidate: { $0.isHL7XML }) { [$0[...]] }
  }
}

extension [UInt8] {
  fileprivate var isHL7XML: Bool {
    let head = prefix(65_536)
    guard head.first(where: { !($0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) || $0 >= 0xBB) }) == 0x3C else { return false }
    return head.firstRange(of: Array("MSH.1>".utf8)) != nil
  }
}
