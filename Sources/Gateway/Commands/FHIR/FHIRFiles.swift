import FHIRModels
import Glibc

/// FHIR documents that a command line names.
enum FHIRFiles {
  /// Bytes of one document.
  static let maximumBytes = FHIRDecodingOptions.strict.limits.bytes

  /// How the files below a folder end that are taken.
  private static let extensions = [".json", ".xml", ".ndjson"]

  /// The document's bytes; `-` is standard input.
  static func read(_ path: String) throws(SystemFailure) -> [UInt8] {
    try CommandFiles.read(path, maximumBytes: maximumBytes)
  }

  /// Reads one document, whichever its format.
  static func resource(
    _ path: String, _ options: FHIRDecodingOptions = .strict
  ) throws(CommandFailure) -> (resource: AnyResource, format: FHIRFormat) {
    let bytes = try CommandFiles.contents(of: path, maximumBytes: maximumBytes)
    guard let format = FHIRFormat(of: bytes) else {
      throw CommandFailure(.failure, "\(path): \(refusal(of: bytes))")
    }
    do throws(FHIRDecodingError) {
      return (try AnyResource.decode(bytes, as: format, options: options).value, format)
    } catch {
      throw CommandFailure(.failure, error.issues.map { "\(path): \($0)" }.joined(separator: "\n"))
    }
  }

  /// Whether every line of the file is a document.
  static func isLines(_ path: String) -> Bool { path.lowercased().hasSuffix(".ndjson") }

  /// Why bytes are no document at all.
  static func refusal(of bytes: [UInt8]) -> String {
    bytes.allSatisfy { $0 <= 0x20 } ? "The document is empty" : "The document begins neither as JSON nor as XML"
  }

  /// The files that `paths` name: each file itself, of each folder all files below it that end as FHIR's do, in
  /// the order of their names. Hidden files and linked folders are passed over.
  ///
  /// What is not there, and a folder without such files, stands in its place with the reason.
  static func all(_ paths: [String]) -> FHIRInputs {
    var inputs = FHIRInputs()
    for path in paths {
      guard path == "-" || CommandFiles.kind(of: path) != nil else {
        inputs.add(path, fault: SystemFailure.last.reason)
        continue
      }
      guard path != "-", CommandFiles.isFolder(path) else {
        inputs.files.append(path)
        continue
      }
      do throws(CommandFailure) {
        let found = try CommandFiles.files(below: path) { file, _ in
          extensions.contains(where: file.lowercased().hasSuffix) && CommandFiles.kind(of: file) == S_IFREG
        }
        if found.isEmpty { inputs.add(path, fault: "no .json, .xml or .ndjson file stands below this folder") }
        inputs.files += found
      } catch {
        inputs.add(path, fault: error.message)
      }
    }
    return inputs
  }
}

/// The files that a command line names, and what it names in vain.
struct FHIRInputs: Sendable {
  fileprivate(set) var files: [String] = []
  /// Why nothing can be read of a path, by the path.
  private var faults: [String: String] = [:]

  fileprivate mutating func add(_ path: String, fault: String) {
    files.append(path)
    faults[path] = fault
  }

  /// What `findings` has to say of the file's document, or of each where every line is one. What is named in vain is a
  /// failure as a file that cannot be read is.
  func issues(in path: String, _ findings: ([UInt8]) -> [FHIRIssue]) -> [FHIRIssue] {
    if let reason = faults[path] { return [FHIRInputs.unreadable(reason)] }
    if FHIRFiles.isLines(path) { return issues(inLinesOf: path, findings) }
    do throws(SystemFailure) {
      return findings(try FHIRFiles.read(path))
    } catch {
      return [FHIRInputs.unreadable(error.reason)]
    }
  }

  /// The same of every line of newline-delimited JSON; empty lines are passed over.
  private func issues(inLinesOf path: String, _ findings: ([UInt8]) -> [FHIRIssue]) -> [FHIRIssue] {
    var found: [FHIRIssue] = []
    do throws(SystemFailure) {
      var lines = try FHIRLines(path, maximumLineBytes: FHIRFiles.maximumBytes)
      while let line = try lines.next() {
        let tooLong = "The line is longer than \(FHIRFiles.maximumBytes) bytes"
        for var issue in line.isTooLong ? [FHIRIssue(.fatal, .tooCostly, tooLong, offset: 0)] : findings(line.bytes) {
          guard found.count < FHIRInputs.maximumIssues else { return found }
          issue.offset = issue.offset.map { $0 + line.offset }
          issue.diagnostics = "line \(line.number): \(issue.diagnostics)"
          found.append(issue)
        }
      }
    } catch {
      found.append(FHIRInputs.unreadable(error.reason))
    }
    return found
  }

  private static func unreadable(_ reason: String) -> FHIRIssue { FHIRIssue(.fatal, .notFound, reason) }

  /// Findings of one file of lines.
  private static let maximumIssues = 10_000

  /// How a command ends of whose inputs so many failed: what is named in vain alone is `notFound`.
  func exitCode(failed: Int) -> ExitCode {
    failed > files.count(where: { faults[$0] != nil }) ? .failure : .notFound
  }
}
