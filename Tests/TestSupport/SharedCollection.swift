public import Foundation
import XCTest

/// One of the reference collections that lie beside the project, unpacked on demand: `../shared`, or where
/// `PASSERELLE_SHARED` says. None of them is part of the project, so a suite over one is skipped where they are absent.
public struct SharedCollection: Sendable {
  /// The unpacked files.
  public let folder: URL

  /// Unpacks `archive` (such as `fhir-r4/test-cases.tar.xz`) into a new folder, which the caller removes with `remove`.
  public init(_ archive: String) throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared =
      ProcessInfo.processInfo.environment["PASSERELLE_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? root.appendingPathComponent("../shared")
    let file = shared.appendingPathComponent(archive).standardizedFileURL
    guard FileManager.default.fileExists(atPath: file.path) else {
      // A machine may do without the collections, but CI may not lose one of them unnoticed.
      guard FileManager.default.fileExists(atPath: shared.path) else {
        throw XCTSkip("set PASSERELLE_SHARED to run over the public collections")
      }
      throw skip("\(file.path) is absent")
    }
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("collection-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "xf", file.path, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    guard tar.terminationStatus == 0 else { throw CocoaError(.fileReadCorruptFile) }
  }

  /// The bytes of a file of the collection.
  public func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  /// The regular files with one of these endings (an empty one: without ending), in the order of their paths.
  public func files(endings: Set<String>) -> [URL] {
    let walker = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: [.isRegularFileKey])
    let files = (walker?.allObjects as? [URL] ?? []).filter { file in
      endings.contains(file.pathExtension)
        && (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true
    }
    return files.sorted { $0.path < $1.path }
  }

  /// Takes the unpacked files away.
  public func remove() { try? FileManager.default.removeItem(at: folder) }
}
