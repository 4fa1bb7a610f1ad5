import FHIRModels
import Foundation
import TestSupport
import XCTest

/// Every official example is valid in both formats, except those that break the specification's own rules.
final class OfficialValidationTests: XCTestCase {
  func testEveryExampleIsValid() throws {
    try validate(.json, atLeast: 3_500)
    try validate(.xml, atLeast: 1_500)
  }

  private func validate(_ format: FHIRFormat, atLeast least: Int) throws {
    let archive = "fhir-r4/examples-\(format.rawValue).tar.xz"
    let collection = try SharedCollection(archive)
    defer { collection.remove() }
    let files = FileManager.default.enumerator(at: collection.folder, includingPropertiesForKeys: nil)
    let validator = FHIRValidator()
    let faults = try ValidationTable.reasons(under: "Official examples")
    var (valid, invalid): (Int, Set<String>) = (0, [])
    for file in try XCTUnwrap(files?.allObjects as? [URL]) where file.pathExtension == format.rawValue {
      // What cannot be read is OfficialExamplesTests' matter.
      let bytes = Array(try Data(contentsOf: file))
      guard let resource = try? AnyResource.decode(bytes, as: format).value else { continue }
      let errors = validator.validate(resource).filter { $0.severity == .error }
      guard let first = errors.first else {
        valid += 1
        continue
      }
      // The page names twins by their JSON.
      let name = file.deletingPathExtension().lastPathComponent + ".json"
      invalid.insert(name)
      XCTAssertNotNil(faults[name], "\(file.lastPathComponent): \(first) and \(errors.count - 1) more")
    }
    print("\(valid) official \(format.rawValue) examples valid, \(invalid.count) not")
    XCTAssertGreaterThan(valid, least)
    // A fault that is no longer found is to be taken out.
    XCTAssertEqual(Set(faults.keys).subtracting(invalid), [])
  }
}
