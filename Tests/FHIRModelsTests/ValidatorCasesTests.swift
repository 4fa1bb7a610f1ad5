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
    /// What the case says of references, extensions, markup and further profiles.
    let test: JSONValue
  }

  /// Extensions that the other validator knows and that are no part of R4's own: those of later versions, and of tests.
  private static let knownExtensions = [
    "http://hl7.org/fhir/StructureDefinition/", "http://hl7.org/fhir/test/", "http://hl7.org/fhir/tools/",
    "http://hl7.org/fhir/5.0/", "http://hl7.org/fhir/4.3/", "http://hl7.org/fhir/3.0/",
  ]

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
    let parameters = try searchParameters()
    let verdicts = try verdicts(collection, root)
    XCTAssertGreaterThan(verdicts.count, 200)
    let reasons = try ValidationTable.reasons(under: "Validator cases")
    var agreed = 0
    var differing: Set<String> = []
    for verdict in verdicts {
      guard let isValid = try judge(verdict, collection, root, parameters) else { continue }
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
        found.append(
          Verdict(name: name, file: file, profile: nil, supporting: supporting, isValid: isValid, test: test))
      }
      guard let profile = test["profile"], let source = profile["source"]?.string, exists(root + source, collection),
        let isValid = try isValid(profile["java"], collection, root)
      else { continue }
      let supporting = names([profile["supporting"], test["profiles"], test["supporting"]], collection, root)
      found.append(
        Verdict(
          name: name + " (profile)", file: file, profile: source, supporting: supporting, isValid: isValid,
          test: test))
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

  /// The specification's search parameters, which definitions name.
  private func searchParameters() throws -> [String: AnyResource] {
    let definitions = try SharedCollection("fhir-r4/definitions.tar.xz")
    defer { definitions.remove() }
    let file = try XCTUnwrap(
      definitions.files(endings: ["json"]).first { $0.lastPathComponent == "search-parameters.json" })
    let bundle = try AnyResource.decode(json: Array(try Data(contentsOf: file)), options: .lenient).value.as(
      Bundle.self)
    var found: [String: AnyResource] = [:]
    for entry in bundle?.entry ?? [] {
      if let resource = entry.resource, let url = resource.as(SearchParameter.self)?.url { found[url] = resource }
    }
    return found
  }

  /// What a case asks for beyond the plain validation.
  private func options(
    _ verdict: Verdict, _ collection: SharedCollection, _ root: String, _ known: [String: AnyResource]
  ) -> ValidationOptions {
    var options = ValidationOptions()
    let test = verdict.test
    options.refusesMarkup = test["security-checks"]?.bool == true || test["noHtmlInMarkdown"]?.bool == true
    options.refusesExamples = test["examples"]?.bool == false
    var domains = Self.knownExtensions
    if test["examples"]?.bool != false { domains += ["http://example.org", "http://example.com"] }
    domains += [test["allowed-extension-domain"]?.string].compactMap { $0 }
    domains += test["allowed-extension-domains"]?.array?.compactMap(\.string) ?? []
    options.extensionDomains = domains
    let checksReferences = test["validateReference"] != nil
    options.requiresTargets = test["validateReference"]?.string?.hasPrefix("CHECK_EXISTS") == true
    let folder = collection.folder.appendingPathComponent(root)
    options.resolve = { reference in
      if let definition = known[String(reference.prefix { $0 != "|" })] { return definition }
      // What a case may refer to lies beside it.
      guard checksReferences, let id = reference.split(separator: "/").last else { return nil }
      for format in [FHIRFormat.xml, .json] {
        let file = folder.appendingPathComponent("\(id).\(format.rawValue)")
        guard let bytes = try? Data(contentsOf: file) else { continue }
        return try? AnyResource.decode(Array(bytes), as: format).value
      }
      return nil
    }
    return options
  }

  /// Our verdict; nil where a profile of the case cannot be read.
  private func judge(
    _ verdict: Verdict, _ collection: SharedCollection, _ root: String, _ parameters: [String: AnyResource]
  ) throws -> Bool? {
    guard let resource = try read(root + verdict.file, collection) else { return false }
    var structures: [StructureDefinition] = []
    var sets: [ValueSet] = []
    var known = parameters
    // Profiles that hold for a type without being named: an ImplementationGuide's, and those of the case.
    var imposed: [String] = []
    for path in [verdict.profile].compactMap({ $0 }) + verdict.supporting {
      guard let profile = try read(root + path, collection, .lenient) else { continue }
      for given in profile.as(Bundle.self)?.entry.compactMap(\.resource) ?? [profile] {
        if let structure = given.as(StructureDefinition.self) { structures.append(structure) }
        if let set = given.as(ValueSet.self) { sets.append(set) }
        if let asked = given.as(Questionnaire.self), let url = asked.url { known[url] = given }
        let guide = given.as(ImplementationGuide.self)
        imposed += guide?.global.filter { $0.type?.rawValue == resource.resourceType }.compactMap(\.profile) ?? []
      }
    }
    if verdict.profile != nil, structures.isEmpty { return nil }
    let options = options(verdict, collection, root, known)
    let validator = FHIRValidator(profiles: structures, valueSets: sets, options: options)
    if verdict.profile != nil { imposed += [structures.first?.url].compactMap { $0 } }
    var found = validator.validate(resource, against: imposed)
    if let inside = verdict.test["bundle-param"]?["profile"]?.string,
      let first = resource.as(Bundle.self)?.entry.first?.resource
    {
      found += validator.validate(first, against: [inside])
    }
    return found.areValid
  }
}
