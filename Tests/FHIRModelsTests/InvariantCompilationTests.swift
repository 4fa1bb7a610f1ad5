import XCTest

@testable import FHIRModels

/// Every invariant of R4 compiles, except those whose functions are not there.
final class InvariantCompilationTests: XCTestCase {
  /// What docs/fhirmodels.md says is not there.
  private static let missing = ["matches(", "replaceMatches(", "htmlChecks("]

  func testEveryInvariantCompiles() {
    var compiled = 0
    var left = 0
    for line in invariantTable.description.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 3)
      guard parts.count == 4 else {
        XCTFail("An invariant has four columns: \(line)")
        continue
      }
      let expression = String(parts[3])
      if Self.missing.contains(where: expression.contains) {
        XCTAssertThrowsError(try FHIRPath(expression), String(parts[1])) { error in
          XCTAssertEqual((error as? FHIRPathError)?.code, .semantic)
        }
        left += 1
      } else {
        XCTAssertNoThrow(try FHIRPath(expression), "\(parts[1]): \(expression)")
        compiled += 1
      }
    }
    print("\(compiled) invariants compile, \(left) need functions that are not there")
    XCTAssertGreaterThan(compiled, 150)
  }
}
