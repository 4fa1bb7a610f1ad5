import Foundation
import XCTest

/// Holds docs/fhirmodels.md against the source that is compiled, so that the page cannot drift from it.
final class GuidePageTests: XCTestCase {
  func testEveryBlockOfThePageIsCompiled() throws {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let source = try lines(here.appendingPathComponent("GuideTests.swift")).joined(separator: "\n")
    var root = here
    while !FileManager.default.fileExists(atPath: root.appendingPathComponent("docs").path), root.path != "/" {
      root.deleteLastPathComponent()
    }
    let blocks = try blocks(of: root.appendingPathComponent("docs/fhirmodels.md"))
    XCTAssertGreaterThanOrEqual(blocks.count, 10)
    for block in blocks {
      XCTAssertTrue(source.contains(block), "this block of docs/fhirmodels.md is not in GuideTests.swift:\n\(block)")
    }
  }

  private func lines(_ file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// What stands between ```swift and ```, without indentation.
  private func blocks(of page: URL) throws -> [String] {
    var blocks: [String] = []
    var open: [String]?
    for line in try lines(page) {
      if line == "```swift" {
        open = []
      } else if line == "```", let block = open {
        blocks.append(block.joined(separator: "\n"))
        open = nil
      } else {
        open?.append(line)
      }
    }
    return blocks
  }
}
