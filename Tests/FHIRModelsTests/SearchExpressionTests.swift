import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// The expressions of R4's own search parameters over the official examples, where both lie beside the project.
final class SearchExpressionTests: XCTestCase {
  /// Compiled expressions by the resource type that they are of, and by the parameter's id.
  private func parameters() throws -> [String: [(id: String, path: FHIRPath)]]? {
    guard let definitions = try SharedCollection("fhir-r4/definitions.tar.xz", for: "SearchExpressionTests") else {
      return nil
    }
    defer { definitions.remove() }
    let file = try XCTUnwrap(Self.file("search-parameters.json", below: definitions.folder))
    var byType: [String: [(id: String, path: FHIRPath)]] = [:]
    for entry in try JSONValue.parse(Array(try Data(contentsOf: file)))["entry"]?.array ?? [] {
      guard let parameter = entry["resource"], let expression = parameter["expression"]?.string else { continue }
      let id = parameter["id"]?.string ?? ""
      do {
        let path = try FHIRPath(expression)
        for base in parameter["base"]?.array ?? [] { byType[base.string ?? "", default: []].append((id, path)) }
      } catch {
        XCTFail("\(id): \(expression): \(error)")
      }
    }
    return byType
  }

  private static func file(_ name: String, below folder: URL) -> URL? {
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    return (files?.allObjects as? [URL] ?? []).first { $0.lastPathComponent == name }
  }

  func testEverySearchParameterEvaluatesOnTheExamples() throws {
    guard let parameters = try parameters() else { return }
    guard let examples = try SharedCollection("fhir-r4/examples-json.tar.xz", for: "SearchExpressionTests") else {
      return
    }
    defer { examples.remove() }
    var context = FHIRPathContext()
    context.asTakesCollections = true
    var evaluated = 0
    var hits: Set<String> = []
    let files = FileManager.default.enumerator(at: examples.folder, includingPropertiesForKeys: nil)
    for case let file as URL in files ?? .init() where file.pathExtension == "json" {
      guard let resource = try? AnyResource(json: Array(try Data(contentsOf: file))) else { continue }
      let item = FHIRItem(resource, keepsPlaces: false)
      for base in [resource.resourceType, "DomainResource", "Resource"] {
        for parameter in parameters[base] ?? [] {
          do {
            if try !parameter.path.evaluate(on: item, in: context).isEmpty { hits.insert(parameter.id) }
            evaluated += 1
          } catch {
            XCTFail("\(parameter.id) on \(file.lastPathComponent): \(error)")
          }
        }
      }
    }
    let known = Set(parameters.values.flatMap { $0.map(\.id) })
    print("\(known.count) search parameters evaluated \(evaluated) times; \(hits.count) of them found something")
    XCTAssertGreaterThan(known.count, 1_000)
    XCTAssertGreaterThan(hits.count, 700)
  }
}
