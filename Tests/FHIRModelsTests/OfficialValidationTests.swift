import FHIRModels
import Foundation
import TestSupport
import XCTest

/// Every official example is valid, except those that break the specification's own rules.
final class OfficialValidationTests: XCTestCase {
  func testEveryExampleIsValid() throws {
    guard let collection = try SharedCollection("fhir-r4/examples-json.tar.xz", for: "OfficialValidationTests") else {
      return
    }
    defer { collection.remove() }
    let files =
      FileManager.default.enumerator(at: collection.folder, includingPropertiesForKeys: nil)?.allObjects as? [URL]
    let validator = FHIRValidator()
    let faults = try ValidationTable.reasons(under: "Official examples")
    var (valid, invalid): (Int, Set<String>) = (0, [])
    for file in try XCTUnwrap(files) where file.pathExtension == "json" {
      // What cannot be read is OfficialExamplesTests' matter.
      guard let resource = try? AnyResource(json: Array(try Data(contentsOf: file))) else { continue }
      let errors = validator.validate(resource).filter { $0.severity == .error }
      let name = file.lastPathComponent
      guard let first = errors.first else {
        valid += 1
        continue
      }
      invalid.insert(name)
      XCTAssertNotNil(faults[name], "\(name): \(first) and \(errors.count - 1) more")
    }
    print("\(valid) official examples valid, \(invalid.count) not")
    XCTAssertGreaterThan(valid, 3_500)
    // A fault that is no longer found is to be taken out.
    XCTAssertEqual(Set(faults.keys).subtracting(invalid), [])
  }
}
