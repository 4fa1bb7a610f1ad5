import XCTest

@testable import FHIRModels

/// Every invariant of R4 compiles, and names only elements that its type has.
final class InvariantCompilationTests: XCTestCase {
  /// Invariants that name elements which R4 does not have there, by key.
  private static let faulty = ["cid-0": "ChargeItemDefinition has no element \"name\""]

  func testEveryInvariantCompiles() {
    var compiled = 0
    for line in invariantTable.description.split(separator: "\n") {
      let parts = line.split(separator: "\t", maxSplits: 3).map(String.init)
      guard parts.count == 4 else {
        XCTFail("An invariant has four columns: \(line)")
        continue
      }
      let (path, key, expression) = (parts[0].trimmingCharacters(in: .whitespaces), parts[1], parts[3])
      XCTAssertNoThrow(try FHIRPath(expression), "\(key): \(expression)")
      compiled += 1
      guard FHIRSchema.fields(of: path) != nil else { continue }
      do {
        _ = try FHIRPath(expression, for: path)
        XCTAssertNil(Self.faulty[key], key)
      } catch {
        XCTAssertEqual(Self.faulty[key], error.message, "\(path) \(key): \(expression)")
      }
    }
    XCTAssertEqual(compiled, 243)
  }
}
