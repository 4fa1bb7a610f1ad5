import XCTest

@testable import FHIRModels

/// Rules between definitions and what they define, extensions that are the specification's own, and what a caller may
/// ask for besides: one document that keeps the rule and one that does not.
final class DefinitionRuleTests: XCTestCase {
  private func findings(
    _ json: String, _ profiles: [StructureDefinition] = [], _ change: (inout ValidationOptions) -> Void = { _ in }
  ) throws -> [String] {
    var options = ValidationOptions()
    change(&options)
    let resource = try AnyResource(json: Array(json.utf8))
    return FHIRValidator(profiles: profiles, options: options).validate(resource)
      .filter { $0.severity == .error }.map { "\($0.code.rawValue) \($0.expression ?? "-")" }
  }

  // MARK: Extensions

  func testExtensionsOfTheSpecification() throws {
    func patient(_ extensions: String) -> String { "{\"resourceType\":\"Patient\",\"extension\":[\(extensions)]}" }
    let place =
      "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-birthPlace\",\"valueAddress\":{\"city\":\"Fès\"}}"
    XCTAssertEqual(try findings(patient(place)), [])
    // A type that it does not have, an element that it does not stand at, and a part that it must have.
    XCTAssertEqual(
      try findings(
        patient(place.replacingOccurrences(of: "valueAddress\":{\"city\":\"Fès\"}", with: "valueString\":\"Fès\""))),
      ["structure Patient.extension[0].value"])
    XCTAssertEqual(
      try findings("{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"},\"extension\":[\(place)]}"),
      ["structure Basic.extension[0]"])
    func animal(_ part: String) -> String {
      let concept = "\"valueCodeableConcept\":{\"text\":\"dog\"}"
      return patient(
        "{\"url\":\"http://hl7.org/fhir/StructureDefinition/patient-animal\",\"extension\":["
          + "{\"url\":\"species\",\(concept)},{\"url\":\"\(part)\",\(concept)}]}")
    }
    XCTAssertEqual(try findings(animal("breed")), [])
    XCTAssertEqual(try findings(animal("colour")), ["structure Patient.extension[0].extension[1]"])
    XCTAssertEqual(
      try findings(animal("breed").replacingOccurrences(of: "species", with: "breed")),
      ["required Patient.extension[0].extension", "structure Patient.extension[0].extension"])
  }

  /// Each compiles, and nothing of it is wrong.
  func testTheSpecificationsOwnCompile() {
    XCTAssertGreaterThan(BuiltInProfiles.shared.addresses.count, 300)
    for address in BuiltInProfiles.shared.addresses {
      var compiler = ProfileCompiler([], [:])
      XCTAssertNotNil(compiler.compile(address), address)
      XCTAssertEqual(compiler.issues.filter { $0.severity == .error }, [], address)
    }
  }

  func testVitalSigns() throws {
    let profile = "http://hl7.org/fhir/StructureDefinition/bodytemp"
    let coding = "{\"system\":\"http://loinc.org\",\"code\":\"8310-5\"}"
    let category =
      "{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"vital-signs\"}]}"
    let good =
      "{\"resourceType\":\"Observation\",\"meta\":{\"profile\":[\"\(profile)\"]},\"status\":\"final\",\"category\":[\(category)],"
      + "\"code\":{\"coding\":[\(coding)]},\"subject\":{\"reference\":\"Patient/1\"},\"effectiveDateTime\":\"2024-01-01\","
      + "\"valueQuantity\":{\"value\":37,\"unit\":\"°C\",\"system\":\"http://unitsofmeasure.org\",\"code\":\"Cel\"}}"
    XCTAssertEqual(try findings(good), [])
    XCTAssertEqual(
      try findings(good.replacingOccurrences(of: "8310-5", with: "8302-2")), ["required Observation.code.coding"])
    XCTAssertFalse(
      try findings(good.replacingOccurrences(of: ",\"subject\":{\"reference\":\"Patient/1\"}", with: "")).isEmpty)
  }

  func testExtensionsThatNobodyDefines() throws {
    let patient =
      "{\"resourceType\":\"Patient\",\"extension\":[{\"url\":\"https://clinic.test/ward\",\"valueString\":\"3B\"}]}"
    XCTAssertEqual(try findings(patient), [])
    XCTAssertEqual(try findings(patient) { $0.extensionDomains = [] }, ["not-found Patient.extension[0]"])
    XCTAssertEqual(try findings(patient) { $0.extensionDomains = ["https://clinic.test/"] }, [])
  }

  func testRulesOfWhereAnExtensionStands() throws {
    let url = "https://clinic.test/retired"
    let defined = try StructureDefinition(
      json: Array(
        """
        {"resourceType":"StructureDefinition","url":"\(url)","name":"Retired","status":"active","kind":"complex-type",
        "abstract":false,"context":[{"type":"element","expression":"Patient"}],"contextInvariant":["active.not()"],
        "type":"Extension","baseDefinition":"http://hl7.org/fhir/StructureDefinition/Extension",
        "derivation":"constraint","differential":{"element":[{"path":"Extension.url","fixedUri":"\(url)"}]}}
        """.utf8))
    func patient(_ active: Bool) -> String {
      "{\"resourceType\":\"Patient\",\"active\":\(active),\"extension\":[{\"url\":\"\(url)\",\"valueDate\":\"2024\"}]}"
    }
    XCTAssertEqual(try findings(patient(false), [defined]), [])
    XCTAssertEqual(try findings(patient(true), [defined]), ["invariant Patient.extension[0]"])
  }

  // MARK: What the caller asks for

  func testMarkup() throws {
    func patient(_ text: String) -> String { "{\"resourceType\":\"Patient\",\"name\":[{\"text\":\"\(text)\"}]}" }
    for text in ["<b>x</b>", "</p>", "a <script src='x'>", "<!-- x"] {
      XCTAssertEqual(try findings(patient(text)), [], text)
      XCTAssertEqual(try findings(patient(text)) { $0.refusesMarkup = true }, ["value Patient.name[0].text"], text)
    }
    for text in ["a < b", "<3", "x << y", "1 <", "<"] {
      XCTAssertEqual(try findings(patient(text)) { $0.refusesMarkup = true }, [], text)
    }
  }

  func testAddressesOfExamples() throws {
    func patient(_ url: String) -> String { "{\"resourceType\":\"Patient\",\"photo\":[{\"url\":\"\(url)\"}]}" }
    for url in [
      "http://example.org", "https://emr.Example.com:8443/a", "http://clinic.example/a?b", "http://example.net#c",
    ] {
      XCTAssertEqual(try findings(patient(url)), [], url)
      XCTAssertEqual(try findings(patient(url)) { $0.refusesExamples = true }, ["value Patient.photo[0].url"], url)
    }
    for url in ["http://myexample.org", "http://clinic.org/example.org", "urn:example.org", "http://example.organic"] {
      XCTAssertEqual(try findings(patient(url)) { $0.refusesExamples = true }, [], url)
    }
  }

  func testReferencesThatLeadNowhere() throws {
    let patient = "{\"resourceType\":\"Patient\",\"managingOrganization\":{\"reference\":\"Organization/1\"}}"
    XCTAssertEqual(try findings(patient), [])
    XCTAssertEqual(
      try findings(patient) { $0.requiresTargets = true }, ["not-found Patient.managingOrganization"])
    let there = AnyResource(Organization { $0.id = "1" })
    XCTAssertEqual(
      try findings(patient) {
        $0.requiresTargets = true
        $0.resolve = { $0 == "Organization/1" ? there : nil }
      }, [])
  }

  // MARK: Definitions

  func testSearchParameters() throws {
    func parameter(_ type: String, _ expression: String, _ more: String = "") -> String {
      "{\"resourceType\":\"SearchParameter\",\"url\":\"https://clinic.test/p\",\"name\":\"p\",\"status\":\"active\","
        + "\"description\":\"d\",\"code\":\"p\",\"base\":[\"Patient\"],\"type\":\"\(type)\",\"expression\":\"\(expression)\"\(more)}"
    }
    XCTAssertEqual(try findings(parameter("string", "Patient.name | Patient.alias.where(true)")), [])
    XCTAssertEqual(try findings(parameter("string", "Patient.name.")), ["invalid SearchParameter.expression"])
    // What can find nothing only warns: one of the specification's own examples is so.
    XCTAssertEqual(try findings(parameter("string", "Organization.name")), [])
    XCTAssertEqual(try findings(parameter("composite", "Patient")), ["required SearchParameter"])
    let parent = AnyResource(
      SearchParameter {
        $0.base = [ResourceType(rawValue: "Organization")]
        $0.type = .token
      })
    let derived = parameter("string", "Patient.name", ",\"derivedFrom\":\"https://clinic.test/parent\"")
    XCTAssertEqual(
      try findings(derived) { $0.resolve = { _ in parent } },
      ["structure SearchParameter", "structure SearchParameter"])
    let statement =
      "{\"resourceType\":\"CapabilityStatement\",\"status\":\"active\",\"date\":\"2024\",\"kind\":\"requirements\","
      + "\"description\":\"d\",\"fhirVersion\":\"4.0.1\",\"format\":[\"json\"],\"rest\":[{\"mode\":\"server\",\"resource\":["
      + "{\"type\":\"Patient\",\"searchParam\":[{\"name\":\"p\",\"definition\":\"https://clinic.test/parent\",\"type\":\"date\"}]}]}]}"
    XCTAssertEqual(try findings(statement), [])
    XCTAssertEqual(
      try findings(statement) { $0.resolve = { _ in parent } },
      ["structure CapabilityStatement.rest[0].resource[0].searchParam[0]"])
  }

  func testProfilesAreHeldAgainstTheirBase() throws {
    func profile(_ url: String, _ type: String, on base: String, _ element: String) -> String {
      "{\"resourceType\":\"StructureDefinition\",\"url\":\"\(url)\",\"name\":\"P\",\"status\":\"active\",\"kind\":\"resource\","
        + "\"abstract\":false,\"type\":\"\(type)\",\"baseDefinition\":\"\(base)\",\"derivation\":\"constraint\","
        + "\"differential\":{\"element\":[\(element)]}}"
    }
    func rule(_ path: String, _ more: String) -> String { "{\"id\":\"\(path)\",\"path\":\"\(path)\",\(more)}" }
    let patient = "http://hl7.org/fhir/StructureDefinition/Patient"
    let own = "https://clinic.test/p"
    let named = rule("Patient.name", "\"min\":1")
    XCTAssertEqual(try findings(profile(own, "Patient", on: patient, named)), [])
    let type = "\"type\":[{\"code\":\"Quantity\",\"profile\":[\"http://hl7.org/fhir/StructureDefinition/Count\"]}]"
    for (kind, bad) in [
      ("Patient", rule("Patient.nome", "\"min\":1")), ("Observation", rule("Observation.value[x]", type)),
    ] {
      let base = "http://hl7.org/fhir/StructureDefinition/\(kind)"
      XCTAssertEqual(try findings(profile(own, kind, on: base, bad)), ["invalid StructureDefinition"], bad)
    }
    // Any resource may be one that a profile is about.
    let entry =
      "\"type\":[{\"code\":\"Resource\",\"profile\":[\"http://hl7.org/fhir/StructureDefinition/Observation\"]}]"
    let bundle = "http://hl7.org/fhir/StructureDefinition/Bundle"
    XCTAssertEqual(try findings(profile(own, "Bundle", on: bundle, rule("Bundle.entry.resource", entry))), [])
    XCTAssertEqual(try findings(profile(own, "Patient", on: own, named)), ["invalid StructureDefinition"])
    let parent = try StructureDefinition(
      json: Array(
        profile(
          "https://clinic.test/parent", "Patient", on: patient, rule("Patient.gender", "\"fixedCode\":\"female\"")
        )
        .utf8))
    XCTAssertEqual(
      try findings(
        profile(own, "Patient", on: "https://clinic.test/parent", rule("Patient.gender", "\"fixedCode\":\"male\"")),
        [parent]), ["invalid StructureDefinition"])
  }

  /// References between the resources of Parameters are followed.
  func testReferencesInsideParameters() throws {
    func parameters(_ id: String) -> String {
      "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"a\",\"resource\":{\"resourceType\":\"Patient\",\"id\":\"1\"}},"
        + "{\"name\":\"b\",\"part\":[{\"name\":\"c\",\"resource\":{\"resourceType\":\"Basic\",\"code\":{\"text\":\"x\"},"
        + "\"subject\":{\"reference\":\"Patient/\(id)\"}}}]}]}"
    }
    XCTAssertEqual(try findings(parameters("1")) { $0.requiresTargets = true }, [])
    XCTAssertEqual(
      try findings(parameters("2")) { $0.requiresTargets = true },
      ["not-found Parameters.parameter[1].part[0].resource.subject"])
  }

  func testResultsOfASearch() throws {
    func bundle(_ link: String, _ resource: String, _ mode: String) -> String {
      "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"link\":[{\"relation\":\"self\",\"url\":\"https://x.test/\(link)\"}],"
        + "\"entry\":[{\"fullUrl\":\"https://x.test/Patient/1\",\"resource\":\(resource),\"search\":{\"mode\":\"\(mode)\"}}]}"
    }
    let patient = "{\"resourceType\":\"Patient\",\"id\":\"1\"}"
    for link in ["Patient?name=a", "?_type=Patient,Group", "Patient/_search", ""] {
      XCTAssertEqual(try findings(bundle(link, patient, "match")), [], link)
    }
    XCTAssertEqual(try findings(bundle("Group?x=y", patient, "include")), [])
    for (link, mode) in [("Group?name=a", "match"), ("?_type=Group", "match"), ("Patient?x=y", "outcome")] {
      XCTAssertEqual(try findings(bundle(link, patient, mode)), ["structure Bundle.entry[0]"], link)
    }
  }
}
