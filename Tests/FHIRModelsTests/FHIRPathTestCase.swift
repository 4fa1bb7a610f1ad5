import FHIRModels
import XCTest

/// Evaluates expressions on one document: what each line gives, and what is refused.
class FHIRPathTestCase: XCTestCase {
  /// The resource, in JSON.
  var document: String { "" }

  func evaluate(_ expression: String, _ context: FHIRPathContext = FHIRPathContext()) throws -> [String] {
    let root = FHIRItem(try AnyResource(json: Array(document.utf8)))
    return try FHIRPath(expression).evaluate(on: root, in: context).map(\.description)
  }

  func assert(_ cases: [(String, [String])], file: StaticString = #filePath, line: UInt = #line) {
    for (expression, expected) in cases {
      do {
        let found = try evaluate(expression)
        XCTAssertEqual(found, expected, expression, file: file, line: line)
      } catch {
        XCTFail("\(expression): \(error)", file: file, line: line)
      }
    }
  }

  func assertRefused(_ cases: [(String, FHIRPathError.Code)], file: StaticString = #filePath, line: UInt = #line) {
    for (expression, code) in cases {
      XCTAssertThrowsError(try evaluate(expression), expression, file: file, line: line) { error in
        XCTAssertEqual((error as? FHIRPathError)?.code, code, "\(expression): \(error)", file: file, line: line)
      }
    }
  }
}
