import CLinux
import Crypto
import Glibc

/// Passerelle's own files: the lock that keeps a second process out, and the keys that were not configured.
package struct DataFolder: Sendable {
  package let path: String
  private let lock: Int32

  package struct Failure: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// Makes the folder if need be and takes its lock, which ends with the process.
  package init(path: String) throws(Failure) {
    self.path = path
    try Self.makeFolder(path)
    let file = path + "/passerelle.lock"
    lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0 else { throw Failure(description: "\(file): \(SystemFailure.last.reason)") }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      throw Failure(
        description: "\(path) is in use by another Passerelle process; stop it or give this one another data_folder")
    }
  }

  /// Reads a key of 32 bytes, in base64 on one line; makes it on the first start.
  package func key(named name: String) throws(Failure) -> [UInt8] {
    let file = "\(path)/\(name)"
    if let text = try? readWholeFile(file, maximumBytes: 256) {
      guard let key = Base64.decode(String(decoding: text, as: UTF8.self).filter { $0 > " " }), key.count == 32 else {
        throw Failure(description: "\(file) does not hold 32 bytes in base64")
      }
      return key
    }
    do {
      let key = try secureRandomBytes(32)
      try Self.write(Array((Base64.encode(key) + "\n").utf8), to: file, mode: 0o600)
      return key
    } catch {
      throw Failure(description: "\(file): \(error)")
    }
  }

  /// Bytes that the file system still has for this folder.
  package var freeBytes: Int? {
    var facts = statvfs()
    guard statvfs(path, &facts) == 0 else { return nil }
    return Int(clamping: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
  }

  static func makeFolder(_ path: String) throws(Failure) {
    var built = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      built += "/" + part
      if mkdir(built, 0o700) != 0, errno != EEXIST {
        throw Failure(description: "\(built): \(SystemFailure.last.reason)")
      }
    }
  }

  /// Writes a file whole or not at all: to a neighbour first, which then takes its name.
  package static func write(_ bytes: [UInt8], to path: String, mode: UInt32) throws(Failure) {
    let draft = path + ".new"
    let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard file >= 0 else { throw Failure(description: "\(draft): \(SystemFailure.last.reason)") }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      guard count > 0 else {
        close(file)
        throw Failure(description: "\(draft): \(SystemFailure.last.reason)")
      }
      rest = rest.dropFirst(count)
    }
    let synced = fsync(file)
    close(file)
    guard synced == 0, rename(draft, path) == 0 else {
      throw Failure(description: "\(path): \(SystemFailure.last.reason)")
    }
  }

}
