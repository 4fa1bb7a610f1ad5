import FHIRModels
import JSON
import TestSupport
import XCTest
import XML

/// The published patch suites, where they lie beside the project.
final class PatchSuiteTests: XCTestCase {
  func testJSONPatch() throws {
    let collection = try SharedCollection("fhir-r4/test-cases.tar.xz")
    defer { collection.remove() }
    let cases = try JSONValue.parse(try collection.bytes("fhir-test-cases/r4/patch/json-patch-tests.json")).array ?? []
    for entry in cases {
      let name = entry["comment"]?.string ?? ""
      let document = try XCTUnwrap(entry["doc"], name)
      do {
        let patch = try JSONPatch(try XCTUnwrap(entry["patch"], name))
        let found = try patch.apply(to: document)
        let expected = try XCTUnwrap(entry["expected"], "\(name): found \(found) where an error is expected")
        XCTAssertEqual(found.withSortedMembers, expected.withSortedMembers, name)
      } catch let error as FHIRPatchError {
        XCTAssertNotNil(entry["error"], "\(name): \(error)")
      }
    }
    print("JSON Patch: \(cases.count) cases")
    XCTAssertGreaterThan(cases.count, 15)
  }

  private struct Case {
    var name = ""
    var input: [UInt8] = []
    var diff: [UInt8] = []
    var output: [UInt8]?
  }

  func testFHIRPathPatch() throws {
    let collection = try SharedCollection("fhir-r4/test-cases.tar.xz")
    defer { collection.remove() }
    let files = ["fhir-test-cases/r4/patch/fhir-patch-tests.xml", "spec-test-cases/patch/fhir-path-tests.xml"]
    var count = 0
    for file in files {
      for entry in try Self.cases(try collection.bytes(file)) {
        // The older file counts the destination of a move before the item is taken out.
        if entry.name == "Reorder List #4", file.hasPrefix("spec") { continue }
        count += 1
        let input = try AnyResource.decode(xml: entry.input, options: .lenient).value
        let parameters = try XCTUnwrap(AnyResource(xml: entry.diff).as(Parameters.self), entry.name)
        do {
          let found = try input.patched(by: try FHIRPathPatch(parameters))
          let output = try XCTUnwrap(entry.output, "\(entry.name): an error is expected")
          let expected = try AnyResource.decode(xml: output, options: .lenient).value
          XCTAssertEqual(
            text(found), text(expected), "\(entry.name)\n\(String(decoding: found.json(), as: UTF8.self))")
        } catch let error as FHIRPatchError {
          XCTAssertNil(entry.output, "\(entry.name): \(error)")
        }
      }
    }
    print("FHIRPath Patch: \(count) cases")
    XCTAssertGreaterThan(count, 60)
  }

  /// White space of narratives and the spelling of quotes count for nothing: the suite's files have them as they like.
  private func text(_ resource: AnyResource) -> String {
    String(decoding: resource.json(), as: UTF8.self).replacingOccurrences(
      of: #"(\\n|\\t|\\r|\s)+"#, with: " ", options: .regularExpression
    ).replacingOccurrences(of: "&quot;", with: #"\""#)
  }

  private static func cases(_ bytes: [UInt8]) throws -> [Case] {
    var reader = try XMLReader(bytes)
    var cases: [Case] = []
    while let event = try reader.next() {
      guard event == .startElement else { continue }
      switch reader.localName {
      case "case": cases.append(Case(name: reader.attribute(named: "name") ?? ""))
      case "input": cases[cases.count - 1].input = try content(&reader)
      case "diff": cases[cases.count - 1].diff = try content(&reader)
      case "output": cases[cases.count - 1].output = try content(&reader)
      default: break
      }
    }
    return cases
  }

  private static func content(_ reader: inout XMLReader) throws -> [UInt8] {
    while let event = try reader.next() {
      if event == .startElement { return Array(try reader.elementSource()) }
    }
    return []
  }
}
