import FHIRModels
import Foundation
import JSON
import XCTest

/// The matchers of primitives are written by hand. Here they meet the specification's regular expressions.
final class PrimitiveExpressionTests: XCTestCase {
  private static let samples = [
    "", " ", "a", "a b", "a  b", " a", "a ", "a\nb", "true", "1", "0", "-0", "01", "-1", "+1", "1.0", "1.", ".5", "1e5",
    "1E-5", "1e", "2147483647", "http://x.test/a", "http://x.test/a b", "urn:oid:1.2.3", "urn:oid:1", "urn:oid:3.1",
    "urn:oid:1.02", "urn:oid:1.2.", "urn:uuid:0b4bd5ab-0a1f-4e5c-8a36-1f2d1c1a0001",
    "urn:uuid:0B4BD5AB-0A1F-4E5C-8A36-1F2D1C1A0001", "urn:uuid:0b4bd5ab0a1f4e5c8a361f2d1c1a0001", "YWJj", "YWJ", "YW==",
    "YWJj YWJj", "YW-j", "a.b-c", "a_b", "2020", "0000", "0001", "20200", "2020-01", "2020-13", "2020-1", "2020-01-31",
    "2020-01-32", "2020-01-01T", "2020-01-01T00:00", "2020-01-01T00:00:00", "2020-01-01T00:00:00Z",
    "2020-01-01T23:59:60Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00.1+14:00", "2020-01-01T00:00:00+14:01",
    "2020-01-01T00:00:00+13:59", "2020-01-01T00:00:00-00:00", "2020-01-01T00:00:00.Z", "00:00:00", "23:59:60",
    "24:00:00", "12:00", "12:00:00.123456789", String(repeating: "a", count: 64), String(repeating: "a", count: 65),
  ]

  /// Where the specification's prose says more than its expression.
  private static func isStricter(_ type: String, _ sample: String) -> Bool {
    switch type {
    case "base64Binary": sample == "YWJ" || sample.contains("-")
    // Elements have no empty values.
    case "uri", "url", "canonical": sample.isEmpty
    case "string", "markdown": sample.isEmpty
    default: false
    }
  }

  private func expressions() throws -> [(type: String, pattern: String)] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let file = folder.appendingPathComponent("../../Sources/fhir-codegen/Definitions/primitives.tsv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.first != "#" }.map {
      let parts = $0.split(separator: "\t", maxSplits: 1)
      return (String(parts[0]), String(parts[1]))
    }
  }

  private func isRead(_ sample: String, as type: String) -> Bool {
    let isBare = ["boolean", "integer", "positiveInt", "unsignedInt", "decimal"].contains(type)
    let value = isBare ? sample : String(decoding: JSONValue.string(sample).serialized(), as: UTF8.self)
    let name = "value" + type.prefix(1).uppercased() + type.dropFirst()
    return (try? Extension(json: Array("{\"url\":\"u\",\"\(name)\":\(value)}".utf8))) != nil
  }

  func testEveryPrimitiveTakesWhatItsExpressionTakes() throws {
    let expressions = try expressions()
    XCTAssertEqual(expressions.count, 19)
    for (type, pattern) in expressions {
      let expression = try NSRegularExpression(pattern: "^(?:\(pattern))$")
      for sample in Self.samples where !Self.isStricter(type, sample) {
        let range = NSRange(sample.startIndex..., in: sample)
        let isMatch = expression.firstMatch(in: sample, range: range)?.range == range
        XCTAssertEqual(isRead(sample, as: type), isMatch, "\(type) \(sample.debugDescription)")
      }
    }
  }
}
