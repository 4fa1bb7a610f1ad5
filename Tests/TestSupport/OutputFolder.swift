import Foundation

/// Where a test writes what outside tools are to judge: the folder that an environment variable names, or, where it
/// names none, a temporary one, so that the writing is tested all the same.
public struct OutputFolder: Sendable {
  private let folder: URL
  /// Whether the variable named it.
  public let isNamed: Bool

  public init(_ variable: String) throws {
    let named = ProcessInfo.processInfo.environment[variable].map { URL(fileURLWithPath: $0, isDirectory: true) }
    isNamed = named != nil
    folder = named ?? FileManager.default.temporaryDirectory.appendingPathComponent("psl-written-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// Writes a file, named by a path inside the folder.
  public func write(_ bytes: [UInt8], _ path: String) throws {
    let file = folder.appendingPathComponent(path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  public func read(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(path)))
  }

  /// The names of the files, in order.
  public func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

  /// Takes a temporary folder away.
  public func removeUnlessNamed() {
    if !isNamed { try? FileManager.default.removeItem(at: folder) }
  }
}
