import Glibc

/// Files and folders that a command line names.
enum CommandFiles {
  /// Files below one folder at most.
  static let maximumFiles = 1_000_000
  /// Folders inside one another at most.
  static let maximumDepth = 64

  /// The bytes of a file of at most so many; `-` is standard input.
  static func read(_ path: String, maximumBytes: Int) throws(SystemFailure) -> [UInt8] {
    try readWholeFile(path == "-" ? "/dev/stdin" : path, maximumBytes: maximumBytes)
  }

  /// The same, for a command that cannot go on without the file: throws `notFound` where it is not there.
  static func contents(of path: String, maximumBytes: Int) throws(CommandFailure) -> [UInt8] {
    do throws(SystemFailure) {
      return try read(path, maximumBytes: maximumBytes)
    } catch {
      throw CommandFailure(access(path, F_OK) == 0 || path == "-" ? .failure : .notFound, "\(path): \(error.reason)")
    }
  }

  /// What a path leads to, `S_IFREG` or `S_IFDIR` for instance, links followed; nil, and `errno`, when to nothing.
  static func kind(of path: String) -> mode_t? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  static func isFolder(_ path: String) -> Bool { kind(of: path) == S_IFDIR }

  /// The files below a folder that are wanted, in the order of their names. Hidden files and linked folders are passed
  /// over.
  /// - Parameter takes: whether a file is wanted, by its path and its kind, links not followed.
  static func files(
    below folder: String, where takes: (_ path: String, _ kind: mode_t) -> Bool
  ) throws(CommandFailure) -> [String] {
    var files: [String] = []
    var folders = [(path: folder, depth: 1)]
    while let (next, depth) = folders.popLast() {
      guard depth <= maximumDepth else { throw CommandFailure(.failure, "\(next): over \(maximumDepth) folders deep") }
      guard let handle = opendir(next) else {
        throw CommandFailure(.failure, "\(next): \(SystemFailure.last.reason)")
      }
      defer { closedir(handle) }
      while let entry = readdir(handle) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        let path = next.hasSuffix("/") ? next + name : "\(next)/\(name)"
        var status = stat()
        guard lstat(path, &status) == 0 else { continue }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR {
          folders.append((path, depth + 1))
        } else if takes(path, kind) {
          guard files.count < maximumFiles else {
            throw CommandFailure(.failure, "\(folder) holds more than \(maximumFiles) files; name a part of it")
          }
          files.append(path)
        }
      }
    }
    return files.sorted()
  }
}
