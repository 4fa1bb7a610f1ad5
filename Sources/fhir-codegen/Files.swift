import Glibc

/// What went wrong, and where.
struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Reading and writing whole files.
enum Files {
  static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else {
      throw Failure("cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  static func write(_ path: String, _ text: String) throws {
    guard let file = fopen(path, "wb") else {
      throw Failure("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let bytes = Array(text.utf8)
    let written = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, written == bytes.count else { throw Failure("cannot write all of \(path)") }
  }

  static func remove(_ path: String) throws {
    guard unlink(path) == 0 else { throw Failure("cannot remove \(path): \(String(cString: strerror(errno)))") }
  }

  /// Writes to standard error.
  static func complain(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(2, bytes, bytes.count)
  }

  /// The names of the Swift files in a folder and in those directly inside it (`Types/CX.swift`), sorted.
  static func names(in folder: String) -> [String] {
    entries(of: folder).flatMap { name in
      name.hasSuffix(".swift")
        ? [name] : entries(of: "\(folder)/\(name)").filter { $0.hasSuffix(".swift") }.map { "\(name)/\($0)" }
    }.sorted()
  }

  /// The names of the files in a folder that begin and end so, sorted.
  static func names(in folder: String, like start: String, _ end: String) -> [String] {
    entries(of: folder).filter { $0.hasPrefix(start) && $0.hasSuffix(end) }.sorted()
  }

  private static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }
}
