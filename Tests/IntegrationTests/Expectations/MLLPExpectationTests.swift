import Crypto
import Foundation
import HL7Parser
import TestSupport
import XCTest

@testable import Gateway

/// The framing and acknowledgement expectations of the public collections, each driven against our framing machine,
/// our acknowledgements or a listener with a database behind it. `docs/mappings/agreement.md` has the figures.
final class MLLPExpectationTests: XCTestCase {
  /// The list that the line numbers are of.
  private static let digest = "6946fae4ee511c27a59790efe91aeb287d44b06dab76734e4e00ccbf95ffda97"
  private static let all =
    FramingExpectations.all + WritingExpectations.all + HeaderExpectations.all + AnsweringExpectations.all

  func testEachExpectationOfTheCollections() async throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    let source = try XCTUnwrap(
      collection.files(endings: ["txt"]).first { $0.lastPathComponent == "EXPECTED-BEHAVIOURS.txt" })
    let list = [UInt8](try Data(contentsOf: source))
    XCTAssertEqual(Hex.encode(SHA256.hash(list)), Self.digest, "the list is another one: number its lines anew")
    let lines = list.text.split(separator: "\n").map(String.init)
    XCTAssertEqual(Self.all.flatMap(\.lines).sorted(), Array(1...lines.count), "each line is judged once")

    let folder = source.deletingLastPathComponent()
    let fixture = try await MLLPFixture(listener: {
      $0.partner = "hospital"
      $0.clinic = "anfa"
    })
    let bench = ExpectationBench(
      goldenFrames: try Self.contents(collection, below: folder.appendingPathComponent("files"), ending: "bin"),
      messages: try Self.contents(collection, below: folder.appendingPathComponent("literals"), ending: "hl7"),
      fixture: fixture)
    XCTAssertGreaterThan(bench.goldenFrames.count, 0)
    XCTAssertGreaterThan(bench.messages.count, 80)
    var report = Report()
    for expectation in Self.all {
      do { try await expectation.check(bench) } catch {
        for line in expectation.lines { XCTFail("line \(line), \(lines[line - 1]): \(error)") }
        continue
      }
      report.note(expectation)
    }
    try await fixture.stop()
    report.print()
    XCTAssertGreaterThan(report.agreeing * 5, report.applying * 3)
  }

  private static func contents(_ collection: SharedCollection, below folder: URL, ending: String) throws -> [[UInt8]] {
    try collection.files(endings: [ending]).filter { $0.path.hasPrefix(folder.path + "/") }.map {
      [UInt8](try Data(contentsOf: $0))
    }
  }

  /// What the suite says.
  private struct Report {
    private(set) var agreeing = 0
    private var foreign = 0
    private var differing: [(lines: [Int], whose: Expectation.Whose, reason: String)] = []
    var applying: Int { agreeing + differing.reduce(0) { $0 + $1.lines.count } }

    mutating func note(_ expectation: Expectation) {
      switch expectation.verdict {
      case .agrees: agreeing += expectation.lines.count
      case .foreign: foreign += expectation.lines.count
      case .differs(let whose, let reason): differing.append((expectation.lines, whose, reason))
      }
    }

    func print() {
      Swift.print(
        "MLLPExpectationTests: \(applying) apply, \(agreeing) agree, \(applying - agreeing) differ; \(foreign) are of "
          + "that library alone")
      for row in differing { Swift.print("  \(row.lines.count) \(row.whose.rawValue): \(row.reason)") }
    }
  }
}
