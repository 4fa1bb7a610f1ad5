import FHIRModels
import Glibc

/// FHIR documents that a command line names.
enum FHIRFiles {
  /// Bytes of one document.
  static let maximumBytes = FHIRDecodingOptions.strict.limits.bytes
  /// Files below the folders of one command.
  static let maximumFiles = 1_000_000
  /// Folders inside one another.
  static let maximumDepth = 64

  /// How the files below a folder end that are taken.
  private static let extensions = [".json", ".xml", ".ndjson"]

  /// The document's bytes; `-` is standard input.
  static func read(_ path: String) throws(SystemFailure) -> [UInt8] {
    try readWholeFile(path == "-" ? "/dev/stdin" : path, maximumBytes: maximumBytes)
  }

  /// Reads one document, whichever its format.
  static func resource(
    _ path: String, _ options: FHIRDecodingOptions = .strict
  ) throws(CommandFailure) -> (resource: AnyResource, format: FHIRFormat) {
    let bytes: [UInt8]
    do throws(SystemFailure) {
      bytes = try read(path)
    } catch {
      throw CommandFailure(access(path, F_OK) == 0 || path == "-" ? .failure : .notFound, "\(path): \(error.reason)")
    }
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
      guard path != "-", let kind = kind(path) else {
        guard path == "-" else { throw CommandFailure(.notFound, "\(path): \(String(cString: strerror(errno)))") }
        files.append(path)
        continue
      }
      guard kind == S_IFDIR else {
        files.append(path)
        continue
      }
      let count = files.count
      try appendFiles(below: path, to: &files)
      guard files.count > count else {
        throw CommandFailure(.notFound, "\(path): no .json, .xml or .ndjson file stands below this folder")
      }
      files[count...].sort()
    }
    return files
  }

  private static func kind(_ path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  private static func appendFiles(below folder: String, to files: inout [String]) throws(CommandFailure) {
    var folders = [(path: folder, depth: 1)]
    while let (folder, depth) = folders.popLast() {
      guard depth <= maximumDepth else {
        throw CommandFailure(.failure, "\(folder): over \(maximumDepth) folders deep")
      }
      for name in try names(in: folder) where !name.hasPrefix(".") {
        let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
        var status = stat()
        guard lstat(path, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          folders.append((path, depth + 1))
        } else if extensions.contains(where: name.hasSuffix), kind(path) == S_IFREG {
          guard files.count < maximumFiles else {
            throw CommandFailure(.failure, "over \(maximumFiles) files; name a folder further down")
          }
          files.append(path)
        }
      }
    }
  }

  private static func names(in folder: String) throws(CommandFailure) -> [String] {
    guard let directory = opendir(folder) else {
      throw CommandFailure(.failure, "\(folder): \(String(cString: strerror(errno)))")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }
}
