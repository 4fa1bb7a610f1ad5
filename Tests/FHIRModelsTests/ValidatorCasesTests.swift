import FHIRModels
import Foundation
import JSON
import TestSupport
import XCTest

/// The public validator cases of R4 that need no terminology server and no package: whether both validators call a
/// document valid, by the base specification and by the profile of the case.
final class ValidatorCasesTests: XCTestCase {
  private struct Verdict {
    let name: String
    let file: String
    let profile: String?
    let supporting: [String]
    let isValid: Bool
  }

  /// What is left out, by the module of the case: what needs a terminology server, a package of another guide or
  /// another model, and formats that R4 does not have.
  private static let otherModules: Set<String> = [
    "tx", "tx-advanced", "package-versioning", "xver", "logical", "cda", "cdshooks", "measure", "scoring", "versions",
    "shc", "json5", "dsig", "matchetype",
  ]

  func testVerdictsAgree() throws {
    let collection = try SharedCollection("fhir-r4/test-cases.tar.xz")
    defer { collection.remove() }
    let root = "fhir-test-cases/validator/"
    let verdicts = try verdicts(collection, root)
    XCTAssertGreaterThan(verdicts.count, 200)
    let reasons = try ValidationTable.reasons(under: "Validator cases")
    var agreed = 0
    var differing: Set<String> = []
    for verdict in verdicts {
      guard let isValid = try judge(verdict, collection, root) else { continue }
      if isValid == verdict.isValid {
        agreed += 1
        continue
      }
      differing.insert(verdict.name)
      let reason = reasons[verdict.name]
      XCTAssertNotNil(reason, "\(verdict.name) (\(verdict.file)): expected \(verdict.isValid ? "valid" : "invalid")")
    }
    print("\(agreed) of \(agreed + differing.count) verdicts of the public validator cases agree")
    // A reason that no longer holds is to be taken out.
    XCTAssertEqual(Set(reasons.keys).subtracting(differing), [])
  }

  private func verdicts(_ collection: SharedCollection, _ root: String) throws -> [Verdict] {
    let manifest = try JSONValue.parse(try collection.bytes(root + "manifest.json"))
    var found: [Verdict] = []
    for test in manifest["test-cases"]?.array ?? [] {
      guard let name = test["name"]?.string, let file = test["file"]?.string,
        ["4.0", "4.0.1"].contains(test["version"]?.string), file.hasSuffix(".json") || file.hasSuffix(".xml"),
        exists(root + file, collection), !Self.otherModules.contains(test["module"]?.string ?? ""),
        test["packages"] == nil, test["fetcher"] == nil, test["package-map"] == nil
      else { continue }
      if let isValid = try isValid(test["java"], collection, root) {
        let supporting = names([test["supporting"], test["profiles"]], collection, root)
        found.append(Verdict(name: name, file: file, profile: nil, supporting: supporting, isValid: isValid))
      }
      guard let profile = test["profile"], let source = profile["source"]?.string, exists(root + source, collection),
        let isValid = try isValid(profile["java"], collection, root)
      else { continue }
      let supporting = names([profile["supporting"], test["profiles"], test["supporting"]], collection, root)
      found.append(
        Verdict(name: name + " (profile)", file: file, profile: source, supporting: supporting, isValid: isValid))
    }
    return found
  }

  private func names(_ lists: [JSONValue?], _ collection: SharedCollection, _ root: String) -> [String] {
    lists.compactMap { $0?.array }.joined().compactMap(\.string).filter { exists(root + $0, collection) }
  }

  private func exists(_ path: String, _ collection: SharedCollection) -> Bool {
    FileManager.default.fileExists(atPath: collection.folder.appendingPathComponent(path).path)
  }

  /// Whether the outcome of the case, in a file or in the manifest, has no error.
  private func isValid(_ outcome: JSONValue?, _ collection: SharedCollection, _ root: String) throws -> Bool? {
    var issues = outcome?["outcome"]?["issue"]?.array
    if let file = outcome?.string, exists(root + "outcomes/" + file, collection) {
      issues = try JSONValue.parse(try collection.bytes(root + "outcomes/" + file))["issue"]?.array
    }
    return issues.map { issues in !issues.contains { ["error", "fatal"].contains($0["severity"]?.string) } }
  }

  private func read(
    _ path: String, _ collection: SharedCollection, _ options: FHIRDecodingOptions = .strict
  ) throws -> AnyResource? {
    let bytes = try collection.bytes(path)
    guard let format = FHIRFormat(of: bytes) else { return nil }
    return try? AnyResource.decode(bytes, as: format, options: options).value
  }

  /// Our verdict; nil where a profile of the case cannot be read.
  private func judge(_ verdict: Verdict, _ collection: SharedCollection, _ root: String) throws -> Bool? {
    guard let resource = try read(root + verdict.file, collection) else { return false }
    var structures: [StructureDefinition] = []
    var sets: [ValueSet] = []
    for path in [verdict.profile].compactMap({ $0 }) + verdict.supporting {
      guard let profile = try read(root + path, collection, .lenient) else { continue }
      for resource in profile.as(Bundle.self)?.entry.compactMap(\.resource) ?? [profile] {
        if let structure = resource.as(StructureDefinition.self) { structures.append(structure) }
        if let set = resource.as(ValueSet.self) { sets.append(set) }
      }
    }
    if verdict.profile != nil, structures.isEmpty { return nil }
    let validator = FHIRValidator(profiles: structures, valueSets: sets)
    let asked = verdict.profile == nil ? nil : structures.first?.url
    let found = validator.validate(resource, against: asked.map { [$0] } ?? [])
    return found.areValid
  }
}
