import Foundation
import Glibc
import TestSupport
import XCTest

/// A file system of a few megabytes, to be filled. Needs the right to mount.
struct SmallDisk {
  let folder: String
  private var ballast: String { folder + "/ballast" }

  init(megabytes: Int) throws {
    folder = String(format: "/tmp/psld-%08x", UInt32.random(in: 0 ... .max))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    guard mount("tmpfs", folder, "tmpfs", 0, "size=\(megabytes)m,mode=0755") == 0 else {
      rmdir(folder)
      throw skip("needs the right to mount a small file system: \(String(cString: strerror(errno)))")
    }
  }

  /// Makes the owner of a file or folder the owner of this one too.
  func give(toOwnerOf path: some StringProtocol) throws {
    var facts = stat()
    guard stat(String(path), &facts) == 0, chown(folder, facts.st_uid, facts.st_gid) == 0 else {
      throw ChildProcess.Failure("\(path): \(String(cString: strerror(errno)))")
    }
  }

  /// Takes all the room that is left.
  func fill() throws {
    let file = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw ChildProcess.Failure(String(cString: strerror(errno))) }
    defer { close(file) }
    for size in [1 << 20, 4_096, 1] {
      let piece = [UInt8](repeating: 0, count: size)
      while write(file, piece, size) == size {}
    }
  }

  func empty() { unlink(ballast) }

  func unmount() {
    umount2(folder, Int32(MNT_DETACH))
    rmdir(folder)
  }
}
