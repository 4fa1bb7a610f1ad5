import Foundation
import XCTest

/// What a reader of this repository would otherwise have to remember, as tests.
final class TidyTests: XCTestCase {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Who may import whom: the arrows of docs/architecture.md, written out.
  private static let arrows: [String: Set<String>] = [
    "passerelle": ["Gateway"],
    "fhir-codegen": ["JSON"],
    "Gateway": [
      "Mappers", "FHIRModels", "HL7Parser", "ClinicModel", "HTTP", "PostgresClient", "Reactor", "Crypto", "JSON",
      "XML", "CLinux",
    ],
    "Mappers": ["FHIRModels", "HL7Parser", "ClinicModel", "JSON", "XML"],
    "FHIRModels": ["JSON", "XML"],
    "HL7Parser": [],
    "ClinicModel": [],
    "HTTP": ["Reactor"],
    "PostgresClient": ["Reactor", "CPostgres", "CLinux"],
    "Reactor": ["CLinux", "COpenSSL"],
    "Crypto": ["COpenSSL"],
    "JSON": [],
    "XML": ["CLibXML2"],
  ]

  private static let systemModules: Set<String> = ["Glibc", "Foundation", "FoundationEssentials", "Synchronization"]

  private static let lineLimit = 600

  /// Files over the limit, each with its reason.
  private static let longFiles: [String: String] = [:]

  private struct Source {
    let path: String
    let target: String
    let lines: [Substring]
    var isGenerated: Bool { lines.first?.contains("Generated") ?? false }
  }

  private func sources(under folder: String) throws -> [Source] {
    let base = Self.root.appendingPathComponent(folder)
    guard let walker = FileManager.default.enumerator(at: base, includingPropertiesForKeys: nil) else { return [] }
    var found: [Source] = []
    for case let file as URL in walker where file.pathExtension == "swift" {
      let path = String(file.path.dropFirst(Self.root.path.count + 1))
      let parts = path.split(separator: "/")
      let text = try String(contentsOf: file, encoding: .utf8)
      found.append(
        Source(
          path: path, target: String(parts[1]), lines: text.split(separator: "\n", omittingEmptySubsequences: false))
      )
    }
    XCTAssertFalse(found.isEmpty, "no Swift files under \(folder)")
    return found
  }

  /// The module of an import declaration, which stands at the beginning of its line.
  private func importedModule(_ line: Substring) -> String? {
    guard line.first != " " else { return nil }
    var words = line.split(separator: " ")
    while let first = words.first, ["public", "package", "internal", "@testable", "@preconcurrency"].contains(first) {
      words.removeFirst()
    }
    guard words.first == "import", words.count >= 2 else { return nil }
    let name = ["struct", "class", "enum", "func", "var"].contains(words[1]) && words.count > 2 ? words[2] : words[1]
    return String(name.split(separator: ".")[0])
  }

  func testImportsFollowTheArrows() throws {
    for source in try sources(under: "Sources") {
      guard let allowed = Self.arrows[source.target] else {
        XCTFail("\(source.path): the target \(source.target) has no arrows; add it here and to docs/architecture.md")
        continue
      }
      for (number, line) in source.lines.enumerated() {
        guard let module = importedModule(line), !Self.systemModules.contains(module) else { continue }
        XCTAssertTrue(
          allowed.contains(module), "\(source.path):\(number + 1): \(source.target) must not import \(module)")
      }
    }
  }

  func testFilesAreShort() throws {
    for source in try sources(under: "Sources") + sources(under: "Tests") where !source.isGenerated {
      guard Self.longFiles[source.path] == nil else { continue }
      XCTAssertLessThanOrEqual(
        source.lines.count, Self.lineLimit, "\(source.path) has \(source.lines.count) lines; split it or give a reason")
    }
  }

  func testNothingThatInputCanReachCrashesTheProcess() throws {
    let traps = ["try" + "!", "fatal" + "Error(", "as" + "! "]
    for source in try sources(under: "Sources") {
      for (number, line) in source.lines.enumerated() {
        let code = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        for trap in traps where code.contains(trap) {
          XCTFail("\(source.path):\(number + 1): \(trap) — throw a typed error instead")
        }
      }
    }
  }

  func testUncheckedSendableSaysWhatGuardsIt() throws {
    for source in try sources(under: "Sources") {
      for (number, line) in source.lines.enumerated() where line.contains("@unchecked Sendable") {
        if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") { continue }
        let above = source.lines[max(0, number - 6)...number]
        XCTAssertTrue(
          above.contains { $0.contains("//") && $0.lowercased().contains("unchecked") },
          "\(source.path):\(number + 1): say in a comment above why it is unchecked and what guards it")
      }
    }
  }

  /// Tests throw `skip` of TestSupport, which fails in CI.
  func testSkipsFailInCI() throws {
    let name = "XCT" + "Skip"
    for source in try sources(under: "Tests") where source.target != "TestSupport" {
      for (number, line) in source.lines.enumerated() where line.contains(name) {
        XCTFail("\(source.path):\(number + 1): throw skip(…) instead of \(name)")
      }
    }
  }

  func testNothingIsPostponed() throws {
    let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"]
    for source in try sources(under: "Sources") + sources(under: "Tests") {
      for (number, line) in source.lines.enumerated() {
        for mark in marks where line.contains(mark) && !line.contains("issue ") {
          XCTFail("\(source.path):\(number + 1): \(mark) without the issue that it waits for")
        }
      }
    }
  }

  func testFunctionsFitAScreen() throws {
    for source in try sources(under: "Sources") where !source.isGenerated {
      var start: (line: Int, indent: Int)?
      for (number, line) in source.lines.enumerated() {
        let indent = line.prefix { $0 == " " }.count
        let trimmed = line.dropFirst(indent)
        if let open = start {
          if indent == open.indent, trimmed.hasPrefix("}") {
            let length = number - open.line + 1
            XCTAssertLessThanOrEqual(length, 100, "\(source.path):\(open.line + 1): a function of \(length) lines")
            start = nil
          }
        } else if trimmed.contains("func "), trimmed.hasSuffix("{"), !trimmed.hasPrefix("//") {
          start = (number, indent)
        }
      }
    }
  }
}
