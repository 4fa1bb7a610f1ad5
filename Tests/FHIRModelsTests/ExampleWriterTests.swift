import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// Writes the official examples anew, and our fixtures, into the folder that `PASSERELLE_WRITE_EXAMPLES` names, for
/// outside tools to judge: `xml` and `json` as the typed codecs write them, `parsed` as `JSONValue` read and wrote them.
final class ExampleWriterTests: XCTestCase {
  func testWriteExamples() throws {
    guard let folder = ProcessInfo.processInfo.environment["PASSERELLE_WRITE_EXAMPLES"] else {
      throw XCTSkip("PASSERELLE_WRITE_EXAMPLES is not set; Scripts/test-fhir.sh sets it")
    }
    let root = URL(fileURLWithPath: folder, isDirectory: true)
    for kind in ["xml", "json", "parsed"] {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(kind), withIntermediateDirectories: true)
    }
    for (index, document) in Fixtures.documents.enumerated() { try write(document, "own-\(index)", root) }
    guard let collection = try SharedCollection("fhir-r4/examples-json.tar.xz", for: "ExampleWriterTests") else {
      return
    }
    defer { collection.remove() }
    let files = FileManager.default.enumerator(at: collection.folder, includingPropertiesForKeys: nil)
    for file in (files?.allObjects as? [URL] ?? []) where file.pathExtension == "json" {
      try write(Array(try Data(contentsOf: file)), file.deletingPathExtension().lastPathComponent, root)
    }
  }

  /// Leaves out what is refused: OfficialExamplesTests says which those are.
  private func write(_ document: [UInt8], _ name: String, _ root: URL) throws {
    try put(JSONValue.parse(document).serialized(), root, "parsed/\(name).json")
    guard let resource = try? AnyResource(json: document) else { return }
    try put(resource.detached().json(), root, "json/\(name).json")
    try put(resource.xml(), root, "xml/\(name).xml")
  }

  private func put(_ bytes: [UInt8], _ root: URL, _ name: String) throws {
    try Data(bytes).write(to: root.appendingPathComponent(name))
  }
}
