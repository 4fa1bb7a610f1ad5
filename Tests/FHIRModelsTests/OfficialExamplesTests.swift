import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// Every official example in JSON and in XML, where the archives lie beside the project.
final class OfficialExamplesTests: XCTestCase {
  private func examples(_ format: FHIRFormat) throws -> [URL] {
    let collection = try SharedCollection("fhir-r4/examples-\(format).tar.xz")
    addTeardownBlock { collection.remove() }
    return collection.files(endings: [format.rawValue])
  }

  /// Examples that the specification's own rules refuse, by the first thing that is wrong with them.
  private static let invalid: [String: String] = [
    "ImplementationGuide-fhir": "ImplementationGuide.name",
    "ig-r4": "ImplementationGuide.name",
    "Questionnaire-qs1": "Questionnaire.item[0].item[0].linkId",
    "SearchParameter-codesystem-extensions-CodeSystem-author": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-effective": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-end": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-keyword": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-workflow": "SearchParameter.base",
    // Its id is longer than 64 characters.
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject": "SearchParameter.id",
    "SearchParameter-valueset-extensions-ValueSet-author": "SearchParameter.base",
    "SearchParameter-valueset-extensions-ValueSet-effective": "SearchParameter.base",
    "SearchParameter-valueset-extensions-ValueSet-end": "SearchParameter.base",
    "SearchParameter-valueset-extensions-ValueSet-keyword": "SearchParameter.base",
    "SearchParameter-valueset-extensions-ValueSet-workflow": "SearchParameter.base",
  ]

  func testEveryJSONExampleIsReadAndWrittenWithoutLoss() throws {
    try check(.json) { bytes, resource, name in
      XCTAssertEqual(
        try JSONValue.parse(resource.json()).withSortedMembers, try JSONValue.parse(bytes).withSortedMembers, name)
    }
  }

  func testEveryXMLExampleIsReadAndWrittenWithoutLoss() throws { try check(.xml) { _, _, _ in } }

  private func check(_ format: FHIRFormat, _ more: ([UInt8], AnyResource, String) throws -> Void) throws {
    var read = 0
    for file in try examples(format) {
      let bytes = Array(try Data(contentsOf: file))
      let name = file.deletingPathExtension().lastPathComponent
      do throws(FHIRDecodingError) {
        let resource = try AnyResource.decode(bytes, as: format).value
        XCTAssertEqual(try? AnyResource(json: resource.json(pretty: true)), resource, name)
        XCTAssertEqual(try? AnyResource(xml: resource.xml()), resource, name)
        XCTAssertNoThrow(try more(bytes, resource, name))
        XCTAssertNil(Self.invalid[name], name)
        read += 1
      } catch {
        if let expected = Self.invalid[name], error.issues.first?.expression == expected { continue }
        XCTFail("\(name): \(error.issues.prefix(3).map(\.description).joined(separator: "; "))")
      }
    }
    print("\(read) official \(format) examples read and written")
    XCTAssertGreaterThan(read, 1_900)
  }
}
