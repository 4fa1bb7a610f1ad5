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
      throw CommandFailure(.failure, "\(path): the document begins neither as JSON nor as XML")
    }
    do throws(FHIRDecodingError) {
      return (try AnyResource.decode(bytes, as: format, options: options).value, format)
    } catch {
      throw CommandFailure(.failure, error.issues.map { "\(path): \($0)" }.joined(separator: "\n"))
    }
  }

  /// The files that `paths` name: each file itself, of each folder all files below it that end as FHIR's do, in
  /// the order of their names. Hidden files and linked folders are passed over.
  ///
  /// Throws `notFound` for a path that is not there and for a folder without such files.
  static func all(_ paths: [String]) throws(CommandFailure) -> [String] {
    var files: [String] = []
    for path in paths {
      if path == "-" {
        files.append(path)
        continue
      }
      guard let kind = CommandFiles.kind(of: path) else {
        throw CommandFailure(.notFound, "\(path): \(SystemFailure.last.reason)")
      }
      guard kind == S_IFDIR else {
        files.append(path)
        continue
      }
      let found = try CommandFiles.files(below: path) { file, _ in
        extensions.contains(where: file.hasSuffix) && CommandFiles.kind(of: file) == S_IFREG
      }
      guard !found.isEmpty else {
        throw CommandFailure(.notFound, "\(path): no .json, .xml or .ndjson file stands below this folder")
      }
      files += found
    }
    return files
  }
}
