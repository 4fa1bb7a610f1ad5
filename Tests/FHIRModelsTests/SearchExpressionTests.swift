import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// The expressions of R4's own search parameters over the official examples, where both lie beside the project.
final class SearchExpressionTests: XCTestCase {
  /// Compiled expressions by the resource type that they are of, and by the parameter's id.
  private func parameters() throws -> [String: [(id: String, path: FHIRPath)]] {
    let definitions = try SharedCollection("fhir-r4/definitions.tar.xz")
    defer { definitions.remove() }
    let file = try XCTUnwrap(
      definitions.files(endings: ["json"]).first { $0.lastPathComponent == "search-parameters.json" })
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

  func testEverySearchParameterEvaluatesOnTheExamples() throws {
    let parameters = try parameters()
    let examples = try SharedCollection("fhir-r4/examples-json.tar.xz")
    defer { examples.remove() }
    var context = FHIRPathContext()
    context.asTakesCollections = true
    var evaluated = 0
    var hits: Set<String> = []
    for file in examples.files(endings: ["json"]) {
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
