import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// Writes documents for outside tools to judge: `xml` and `json` as the typed codecs write them, `parsed` as `JSONValue`
/// read and wrote them. Our fixtures always; the official examples too where `PASSERELLE_WRITE_EXAMPLES` names a folder,
/// as `Scripts/test-fhir.sh` does.
final class ExampleWriterTests: XCTestCase {
  func testExamplesAreWrittenInEachForm() throws {
    let folder = try OutputFolder("PASSERELLE_WRITE_EXAMPLES")
    defer { folder.removeUnlessNamed() }
    for (index, document) in Fixtures.documents.enumerated() {
      let name = "own-\(index)"
      try write(document, name, to: folder)
      let resource = try AnyResource(json: document)
      XCTAssertEqual(try AnyResource(json: folder.read("json/\(name).json")), resource, name)
      XCTAssertEqual(try AnyResource(xml: folder.read("xml/\(name).xml")), resource, name)
      XCTAssertEqual(
        try JSONValue.parse(folder.read("parsed/\(name).json")), try JSONValue.parse(document), name)
    }
    guard folder.isNamed else { return }
    let collection = try SharedCollection("fhir-r4/examples-json.tar.xz")
    defer { collection.remove() }
    for file in collection.files(endings: ["json"]) {
      try write(Array(try Data(contentsOf: file)), file.deletingPathExtension().lastPathComponent, to: folder)
    }
  }

  /// Leaves out what is refused: OfficialExamplesTests says which those are.
  private func write(_ document: [UInt8], _ name: String, to folder: OutputFolder) throws {
    try folder.write(JSONValue.parse(document).serialized(), "parsed/\(name).json")
    guard let resource = try? AnyResource(json: document) else { return }
    try folder.write(resource.detached().json(), "json/\(name).json")
    try folder.write(resource.xml(), "xml/\(name).xml")
  }
}
