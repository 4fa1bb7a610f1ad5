import FHIRModels
import Foundation
import JSON
import XCTest

/// Every official JSON example, where the archive lies beside the project.
final class OfficialExamplesTests: XCTestCase {
  private func examples() throws -> [URL] {
    let shared = ProcessInfo.processInfo.environment["PASSERELLE_SHARED"] ?? "../shared"
    let archive = "\(shared)/fhir-r4/examples-json.tar.xz"
    guard FileManager.default.fileExists(atPath: archive) else {
      throw XCTSkip("the official examples are not at \(archive)")
    }
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("fhir-examples-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    addTeardownBlock { try? FileManager.default.removeItem(at: folder) }
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "-xJf", archive, "-C", folder.path]
    try tar.run()
    tar.waitUntilExit()
    XCTAssertEqual(tar.terminationStatus, 0)
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "json" }
      .sorted { $0.path < $1.path }
  }

  /// Sorts members, so that documents compare whatever the order they were written in.
  private func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let items): return .array(items.map(sorted))
    case .object(let object):
      var result = JSONObject()
      for member in object.sorted(by: { $0.key < $1.key }) { result[member.key] = sorted(member.value) }
      return .object(result)
    default: return value
    }
  }

  /// Examples that the specification's own rules refuse, by the first thing that is wrong with them.
  private static let invalid: [String: String] = [
    "ImplementationGuide-fhir.json": "ImplementationGuide.name",
    "ig-r4.json": "ImplementationGuide.name",
    "Questionnaire-qs1.json": "Questionnaire.item[0].item[0].linkId",
    "SearchParameter-codesystem-extensions-CodeSystem-author.json": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-effective.json": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-end.json": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-keyword.json": "SearchParameter.base",
    "SearchParameter-codesystem-extensions-CodeSystem-workflow.json": "SearchParameter.base",
    // Its id is longer than 64 characters.
    "SearchParameter-questionnaireresponse-extensions-QuestionnaireResponse-item-subject.json": "SearchParameter.id",
    "SearchParameter-valueset-extensions-ValueSet-keyword.json": "SearchParameter.base",
    "SearchParameter-valueset-extensions-ValueSet-workflow.json": "SearchParameter.base",
  ]

  func testEveryExampleIsReadAndWrittenWithoutLoss() throws {
    var read = 0
    for file in try examples() {
      let bytes = Array(try Data(contentsOf: file))
      do {
        let resource = try AnyResource(json: bytes)
        let written = resource.json()
        XCTAssertEqual(sorted(try JSONValue.parse(written)), sorted(try JSONValue.parse(bytes)), file.lastPathComponent)
        XCTAssertEqual(try AnyResource(json: resource.json(pretty: true)), resource, file.lastPathComponent)
        XCTAssertEqual(try AnyResource(xml: resource.xml()), resource, file.lastPathComponent)
        XCTAssertNil(Self.invalid[file.lastPathComponent], file.lastPathComponent)
        read += 1
      } catch {
        let expected = Self.invalid[file.lastPathComponent]
        if let expected, error.issues.first?.expression == expected { continue }
        XCTFail("\(file.lastPathComponent): \(error.issues.prefix(3).map(\.description).joined(separator: "; "))")
      }
    }
    print("\(read) official examples read and written")
    XCTAssertGreaterThan(read, 2_000)
  }
}
