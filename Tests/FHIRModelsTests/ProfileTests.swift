import FHIRModels
import XCTest

/// Profiles of our own: what a differential adds to the base specification, kept and broken.
final class ProfileTests: XCTestCase {
  private static let base = "https://passerelle.test/profiles"

  /// A profile of `type` with a differential of `elements`.
  private func profile(_ name: String, of type: String, on parent: String? = nil, _ elements: String...) throws
    -> StructureDefinition
  {
    let parent = parent.map { "\(Self.base)/\($0)" } ?? "http://hl7.org/fhir/StructureDefinition/\(type)"
    return try StructureDefinition(
      json: Array(
        """
        {"resourceType":"StructureDefinition","url":"\(Self.base)/\(name)","name":"\(name)","status":"active",
        "kind":"\(type == "Extension" ? "complex-type" : "resource")","abstract":false,"type":"\(type)",
        "baseDefinition":"\(parent)","derivation":"constraint","differential":{"element":[\(elements.joined(separator: ","))]}}
        """.utf8))
  }

  private func findings(
    _ json: String, _ profiles: [StructureDefinition], sets: [ValueSet] = [], against name: String? = nil,
    file: StaticString = #filePath, line: UInt = #line
  ) throws -> [String] {
    let validator = FHIRValidator(profiles: profiles, valueSets: sets)
    XCTAssertEqual(validator.profileIssues, [], file: file, line: line)
    let address = name ?? profiles[0].name ?? ""
    let against = address.isEmpty ? [] : ["\(Self.base)/\(address)"]
    return validator.validate(try AnyResource(json: Array(json.utf8)), against: against)
      .filter { $0.severity == .error }.map { "\($0.expression ?? "-") \($0.diagnostics)" }
  }

  /// Expects findings that begin so, in this order, and no others.
  private func assert(
    _ found: [String], _ expected: String..., file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertEqual(found.count, expected.count, "\(found)", file: file, line: line)
    for (finding, beginning) in zip(found, expected) {
      XCTAssertTrue(finding.hasPrefix(beginning), "\(finding) is not \(beginning)", file: file, line: line)
    }
  }

  // MARK: Elements

  func testCardinality() throws {
    let profile = try profile(
      "cardinality", of: "Patient", #"{"path":"Patient.birthDate","min":1}"#, #"{"path":"Patient.photo","max":"0"}"#,
      #"{"path":"Patient.name","min":1,"max":"1"}"#, #"{"path":"Patient.name.family","min":1}"#)
    assert(
      try findings(#"{"resourceType":"Patient","name":[{"family":"A"}],"birthDate":"1980"}"#, [profile]))
    assert(
      try findings(
        #"{"resourceType":"Patient","photo":[{"title":"p"}],"name":[{"text":"A"},{"family":"B"}]}"#, [profile]),
      "Patient.birthDate At least 1", "Patient.photo None", "Patient.name At most 1",
      "Patient.name[0].family At least 1")
  }

  func testValuesThatMustStand() throws {
    func rule(_ name: String, _ value: String) -> String {
      "{\"url\":\"http://hl7.org/fhir/\(name)\",\(value)}"
    }
    let later = "5.0/StructureDefinition/extension-ElementDefinition."
    let alternative = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    let profile = try profile(
      "values", of: "Patient",
      "{\"path\":\"Patient.id\",\"extension\":[\(rule("StructureDefinition/minLength", "\"valueInteger\":3"))]}",
      "{\"path\":\"Patient.active\",\"extension\":[\(rule(later + "mustHaveValue", "\"valueBoolean\":true"))]}",
      "{\"path\":\"Patient.birthDate\",\"extension\":[\(rule(later + "valueAlternatives", "\"valueCanonical\":\"\(alternative)\""))]}"
    )
    func patient(_ id: String, _ active: String, _ url: String) -> String {
      "{\"resourceType\":\"Patient\",\"id\":\"\(id)\",\(active),\"_birthDate\":{\"extension\":[{\"url\":\"\(url)\","
        + "\"valueCode\":\"unknown\"}]}}"
    }
    let empty = "\"_active\":{\"extension\":[{\"url\":\"https://x.test/e\",\"valueCode\":\"unknown\"}]}"
    assert(try findings(patient("abc", "\"active\":true", alternative), [profile]))
    assert(
      try findings(patient("ab", empty, "https://x.test/e"), [profile]), "Patient.id The text is shorter",
      "Patient.active The profile wants", "Patient.birthDate Without a value")
  }

  func testFixedPatternAndRange() throws {
    let profile = try profile(
      "values", of: "Observation", #"{"path":"Observation.status","fixedCode":"final"}"#,
      #"{"path":"Observation.code","patternCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"29463-7"}]}}"#,
      #"{"path":"Observation.value[x]","type":[{"code":"Quantity"}],"minValueQuantity":{"value":1,"system":"http://unitsofmeasure.org","code":"kg"}}"#,
      #"{"path":"Observation.note.text","maxLength":5}"#)
    func observation(_ status: String, _ code: String, _ value: String, _ note: String) -> String {
      #"{"resourceType":"Observation","status":"\#(status)","code":{"text":"w","coding":[{"system":"x:y","code":"1"},{"system":"http://loinc.org","code":"\#(code)","display":"d"}]},\#(value),"note":[{"text":"\#(note)"}]}"#
    }
    func kilograms(_ value: String, _ unit: String = "kg") -> String {
      #""valueQuantity":{"value":\#(value),"system":"http://unitsofmeasure.org","code":"\#(unit)"}"#
    }
    assert(try findings(observation("final", "29463-7", kilograms("1.00"), "short"), [profile]))
    assert(try findings(observation("final", "29463-7", kilograms("2000", "g"), "short"), [profile]))
    assert(
      try findings(observation("amended", "1-1", kilograms("900", "g"), "longer"), [profile]),
      "Observation.status The value is fixed", "Observation.code The value does not hold",
      "Observation.value The value is below", "Observation.note[0].text The text is longer")
    assert(
      try findings(observation("final", "29463-7", #""valueString":"heavy""#, "short"), [profile]),
      "Observation.value The type string")
  }

  func testBindingsAndInvariants() throws {
    let set = try ValueSet(
      json: Array(
        #"{"resourceType":"ValueSet","url":"https://passerelle.test/sets/units","status":"active","compose":{"include":[{"system":"https://passerelle.test/units","concept":[{"code":"a"},{"code":"b"}]}]}}"#
          .utf8))
    let profile = try profile(
      "rules", of: "Encounter",
      #"{"path":"Encounter.serviceType","binding":{"strength":"required","valueSet":"https://passerelle.test/sets/units|1.0"}}"#,
      #"{"path":"Encounter.period","constraint":[{"key":"pas-1","severity":"error","human":"h","expression":"start.exists()"}]}"#
    )
    func encounter(_ code: String, _ period: String) -> String {
      #"{"resourceType":"Encounter","status":"planned","class":{"code":"AMB"},"serviceType":{"coding":[{"system":"https://passerelle.test/units","code":"\#(code)"}]},"period":{"\#(period)":"2026-01-01"}}"#
    }
    assert(try findings(encounter("a", "start"), [profile], sets: [set]))
    assert(
      try findings(encounter("c", "end"), [profile], sets: [set]),
      "Encounter.serviceType No coding is of the value set https://passerelle.test/sets/units",
      "Encounter.period pas-1: start.exists()")
  }

  func testAProfileOnAProfileKeepsBoth() throws {
    let parent = try profile("parent", of: "Patient", #"{"path":"Patient.birthDate","min":1}"#)
    let child = try profile("child", of: "Patient", on: "parent", #"{"path":"Patient.gender","min":1}"#)
    assert(
      try findings(#"{"resourceType":"Patient"}"#, [child, parent]), "Patient.birthDate At least 1",
      "Patient.gender At least 1")
    assert(try findings(#"{"resourceType":"Patient","birthDate":"1980"}"#, [child, parent], against: "parent"))
  }

  func testProfilesThatCannotBeUsedSaySo() throws {
    let lost = try profile("lost", of: "Patient", on: "nowhere", #"{"path":"Patient.nme","min":1}"#)
    let issues = FHIRValidator(profiles: [lost]).profileIssues.map(\.diagnostics)
    XCTAssertEqual(issues.count, 2, "\(issues)")
    XCTAssertTrue(issues.contains { $0.contains("has the base") }, "\(issues)")
    XCTAssertTrue(issues.contains { $0.contains("Patient.nme is no element of Patient") }, "\(issues)")
    let unknown = FHIRValidator().validate(Patient(), against: ["https://passerelle.test/none"])
    XCTAssertTrue(unknown.contains { $0.code == .notFound }, "\(unknown)")
  }

  // MARK: Slicing

  private func identifiers(_ rules: String, ordered: Bool = false) throws -> StructureDefinition {
    try profile(
      "identifiers", of: "Patient",
      #"{"path":"Patient.identifier","slicing":{"discriminator":[{"type":"value","path":"system"}],"rules":"\#(rules)","ordered":\#(ordered)}}"#,
      #"{"id":"Patient.identifier:cin","path":"Patient.identifier","sliceName":"cin","min":1,"max":"1"}"#,
      #"{"id":"Patient.identifier:cin.system","path":"Patient.identifier.system","fixedUri":"urn:cin","min":1}"#,
      #"{"id":"Patient.identifier:cin.value","path":"Patient.identifier.value","min":1,"maxLength":8}"#,
      #"{"id":"Patient.identifier:passport","path":"Patient.identifier","sliceName":"passport","max":"1"}"#,
      #"{"id":"Patient.identifier:passport.system","path":"Patient.identifier.system","fixedUri":"urn:passport","min":1}"#
    )
  }

  private func patient(_ systems: String...) -> String {
    let items = systems.map { #"{"system":"\#($0)","value":"AB123456"}"# }.joined(separator: ",")
    return #"{"resourceType":"Patient","identifier":[\#(items)]}"#
  }

  func testSlicingByValue() throws {
    let open = try identifiers("open")
    assert(try findings(patient("urn:other", "urn:cin", "urn:passport"), [open]))
    assert(try findings(patient("urn:other"), [open]), "Patient.identifier At least 1 of the slice cin")
    assert(
      try findings(patient("urn:cin", "urn:passport", "urn:passport"), [open]),
      "Patient.identifier At most 1 of the slice passport")
    let long = patient("urn:cin").replacingOccurrences(of: "AB123456", with: "AB1234567")
    assert(try findings(long, [open]), "Patient.identifier[0].value The text is longer")
    // The rules of a slice are for its items alone.
    assert(
      try findings(
        patient("urn:cin", "urn:passport").replacingOccurrences(
          of: #""urn:passport","value":"AB123456""#, with: #""urn:passport","value":"A very long number""#), [open]))
  }

  func testClosedAndOrderedSlicing() throws {
    assert(try findings(patient("urn:cin", "urn:passport"), [try identifiers("closed", ordered: true)]))
    assert(
      try findings(patient("urn:cin", "urn:other"), [try identifiers("closed")]),
      "Patient.identifier[1] This item is of no slice")
    assert(
      try findings(patient("urn:passport", "urn:cin"), [try identifiers("open", ordered: true)]),
      "Patient.identifier[1] The slices of identifier stand in another order")
    assert(
      try findings(patient("urn:other", "urn:cin"), [try identifiers("openAtEnd", ordered: true)]),
      "Patient.identifier[1] Items of no slice")
    assert(try findings(patient("urn:cin", "urn:other"), [try identifiers("openAtEnd", ordered: true)]))
  }

  func testSlicingByPatternInComponents() throws {
    func component(_ name: String, _ code: String) -> [String] {
      [
        #"{"id":"Observation.component:\#(name)","path":"Observation.component","sliceName":"\#(name)","min":1,"max":"1"}"#,
        #"{"id":"Observation.component:\#(name).code","path":"Observation.component.code","patternCodeableConcept":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}]}}"#,
        #"{"id":"Observation.component:\#(name).value[x]","path":"Observation.component.value[x]","min":1,"type":[{"code":"Quantity"}]}"#,
        #"{"id":"Observation.component:\#(name).value[x].code","path":"Observation.component.value[x].code","min":1,"fixedCode":"mm[Hg]"}"#,
      ]
    }
    let slicing =
      #"{"path":"Observation.component","slicing":{"discriminator":[{"type":"pattern","path":"code"}],"rules":"open"}}"#
    let elements = ([slicing] + component("systolic", "8480-6") + component("diastolic", "8462-4")).joined(
      separator: ",")
    let profile = try profile("pressure", of: "Observation", elements)
    func part(_ code: String, _ unit: String) -> String {
      #"{"code":{"coding":[{"system":"http://loinc.org","code":"\#(code)"}],"text":"t"},"valueQuantity":{"value":120,"code":"\#(unit)","system":"http://unitsofmeasure.org"}}"#
    }
    func observation(_ parts: String...) -> String {
      #"{"resourceType":"Observation","status":"final","code":{"text":"bp"},"component":[\#(parts.joined(separator: ","))]}"#
    }
    assert(try findings(observation(part("8462-4", "mm[Hg]"), part("1-8", "x"), part("8480-6", "mm[Hg]")), [profile]))
    assert(
      try findings(observation(part("8480-6", "kPa")), [profile]),
      "Observation.component[0].value.code The value is fixed",
      "Observation.component At least 1 of the slice diastolic")
  }

  func testSlicingByTypeAndExistence() throws {
    let byType = try profile(
      "typed", of: "Observation",
      #"{"path":"Observation.value[x]","slicing":{"discriminator":[{"type":"type","path":"$this"}],"rules":"open"}}"#,
      #"{"id":"Observation.value[x]:valueQuantity","path":"Observation.value[x]","sliceName":"valueQuantity","type":[{"code":"Quantity"}]}"#,
      #"{"id":"Observation.value[x]:valueQuantity.unit","path":"Observation.value[x].unit","min":1}"#)
    func observation(_ value: String) -> String {
      #"{"resourceType":"Observation","status":"final","code":{"text":"w"},\#(value)}"#
    }
    assert(try findings(observation(#""valueQuantity":{"value":1,"unit":"kg"}"#), [byType]))
    assert(try findings(observation(#""valueString":"heavy""#), [byType]))
    assert(
      try findings(observation(#""valueQuantity":{"value":1}"#), [byType]), "Observation.value.unit At least 1")
    let byExistence = try profile(
      "existing", of: "Patient",
      #"{"path":"Patient.name","slicing":{"discriminator":[{"type":"exists","path":"period"}],"rules":"closed"}}"#,
      #"{"id":"Patient.name:past","path":"Patient.name","sliceName":"past","max":"1"}"#,
      #"{"id":"Patient.name:past.period","path":"Patient.name.period","min":1}"#,
      #"{"id":"Patient.name:now","path":"Patient.name","sliceName":"now","min":1,"max":"1"}"#,
      #"{"id":"Patient.name:now.period","path":"Patient.name.period","max":"0"}"#)
    assert(
      try findings(
        #"{"resourceType":"Patient","name":[{"text":"A","period":{"end":"2020"}},{"text":"B"}]}"#, [byExistence]))
    assert(
      try findings(#"{"resourceType":"Patient","name":[{"text":"A"},{"text":"B"}]}"#, [byExistence]),
      "Patient.name At most 1 of the slice now")
  }

  // MARK: Extensions, references, Bundles

  func testExtensionsByTheirProfiles() throws {
    let ext = try profile(
      "nationality", of: "Extension", #"{"path":"Extension.url","fixedUri":"\#(Self.base)/nationality"}"#,
      #"{"path":"Extension.value[x]","min":1,"type":[{"code":"CodeableConcept"}]}"#)
    let patient = try profile(
      "national", of: "Patient",
      #"{"id":"Patient.extension:nationality","path":"Patient.extension","sliceName":"nationality","min":1,"type":[{"code":"Extension","profile":["\#(Self.base)/nationality"]}]}"#
    )
    func document(_ value: String) -> String {
      #"{"resourceType":"Patient","extension":[{"url":"\#(Self.base)/nationality",\#(value)}]}"#
    }
    assert(try findings(document(#""valueCodeableConcept":{"text":"MA"}"#), [patient, ext]))
    assert(
      try findings(document(#""valueString":"MA""#), [patient, ext]), "Patient.extension[0].value The type string")
    assert(try findings(#"{"resourceType":"Patient"}"#, [patient, ext]), "Patient.extension At least 1 of the slice")
    // An extension is held against its definition wherever it stands.
    assert(
      try findings(document(#""valueString":"MA""#), [ext], against: ""), "Patient.extension[0].value The type string")
  }

  func testWhereExtensionsMayStand() throws {
    var note = try profile("note", of: "Extension", #"{"path":"Extension.value[x]","min":1}"#)
    func found(_ json: String) throws -> [String] {
      try findings(
        json.replacingOccurrences(of: "EXT", with: #""extension":[{"url":"\#(Self.base)/note","valueBoolean":true}]"#),
        [note], against: "")
    }
    note.context = [
      .init(type: .element, expression: "Patient.contact"), .init(type: .element, expression: "HumanName"),
    ]
    assert(try found(#"{"resourceType":"Patient","contact":[{"name":{"text":"A"},EXT}]}"#))
    assert(try found(#"{"resourceType":"Patient","contact":[{"name":{"text":"A",EXT}}]}"#))
    assert(try found(#"{"resourceType":"Patient",EXT}"#), "Patient.extension[0] The extension")
    assert(
      try found(#"{"resourceType":"Patient","_birthDate":{EXT}}"#), "Patient.birthDate.extension[0] The extension")
    note.context = [.init(type: .element, expression: "BackboneElement")]
    assert(try found(#"{"resourceType":"Patient","contact":[{"name":{"text":"A"},EXT}]}"#))
    assert(try found(#"{"resourceType":"Patient","name":[{"text":"A",EXT}]}"#), "Patient.name[0].extension[0] The")
    note.context = [.init(type: .element, expression: "DomainResource.language")]
    assert(try found(#"{"resourceType":"Patient","language":"fr","_language":{EXT}}"#))
    note.context = [.init(type: .element, expression: "Resource")]
    assert(try found(#"{"resourceType":"Patient",EXT}"#))
    note.context = [.init(type: .extension, expression: "https://x.test/outer")]
    assert(
      try found(#"{"resourceType":"Patient","extension":[{"url":"https://x.test/outer",EXT}]}"#))
    assert(
      try found(#"{"resourceType":"Patient","extension":[{"url":"https://x.test/other",EXT}]}"#),
      "Patient.extension[0].extension[0] The extension")
  }

  func testWhereAnExtensionMayStandByPath() throws {
    var note = try profile("note", of: "Extension", #"{"path":"Extension.value[x]","min":1}"#)
    note.context = [.init(type: .fhirpath, expression: "Patient.address.where(use = 'home')")]
    func found(_ use: String) throws -> [String] {
      try findings(
        #"{"resourceType":"Patient","address":[{"text":"a"},{"use":"\#(use)","extension":[{"url":"\#(Self.base)/note","valueBoolean":true}]}]}"#,
        [note], against: "")
    }
    assert(try found("home"))
    assert(try found("work"), "Patient.address[1].extension[0] The extension")
  }

  func testInvariantsMayAskForSetsAndProfiles() throws {
    let set = try ValueSet(
      json: Array(
        #"{"resourceType":"ValueSet","url":"https://passerelle.test/sets/c","status":"active","compose":{"include":[{"system":"x:y","concept":[{"code":"a"}]}]}}"#
          .utf8))
    let named = try profile("named", of: "Patient", #"{"path":"Patient.name","min":1}"#)
    let basic = try profile(
      "basic", of: "Basic",
      #"{"path":"Basic.code","constraint":[{"key":"b-1","severity":"error","human":"h","expression":"memberOf('https://passerelle.test/sets/c')"}]}"#,
      #"{"path":"Basic.contained","constraint":[{"key":"b-2","severity":"error","human":"h","expression":"conformsTo('\#(Self.base)/named')"}]}"#
    )
    func document(_ code: String, _ name: String) -> String {
      #"{"resourceType":"Basic","code":{"coding":[{"system":"x:y","code":"\#(code)"}]},"subject":{"reference":"REF"},"contained":[{"resourceType":"Patient","id":"p",\#(name)}]}"#
        .replacingOccurrences(of: "REF", with: "#p")
    }
    assert(try findings(document("a", #""name":[{"text":"n"}]"#), [basic, named], sets: [set]))
    assert(
      try findings(document("b", #""active":true"#), [basic, named], sets: [set]), "Basic.code b-1",
      "Basic.contained[0] b-2")
  }

  func testASliceIsToldByWhatItForbids() throws {
    let profile = try profile(
      "telecom", of: "Patient",
      #"{"path":"Patient.telecom","slicing":{"discriminator":[{"type":"value","path":"system"},{"type":"value","path":"use"}],"rules":"closed"}}"#,
      #"{"id":"Patient.telecom:home","path":"Patient.telecom","sliceName":"home","min":1}"#,
      #"{"id":"Patient.telecom:home.system","path":"Patient.telecom.system","fixedCode":"phone"}"#,
      #"{"id":"Patient.telecom:home.use","path":"Patient.telecom.use","fixedCode":"home"}"#,
      #"{"id":"Patient.telecom:mail","path":"Patient.telecom","sliceName":"mail"}"#,
      #"{"id":"Patient.telecom:mail.system","path":"Patient.telecom.system","fixedCode":"email"}"#,
      #"{"id":"Patient.telecom:mail.use","path":"Patient.telecom.use","max":"0"}"#)
    func patient(_ mail: String) -> String {
      #"{"resourceType":"Patient","telecom":[{"system":"phone","use":"home","value":"1"},{"system":"email","value":"a@x.test"\#(mail)}]}"#
    }
    assert(try findings(patient(""), [profile]))
    assert(
      try findings(patient(#","use":"home""#), [profile]), "Patient.telecom[1] This item is of no slice")
  }

  func testTargetsOfReferencesInABundle() throws {
    let known = try profile("known", of: "Patient", #"{"path":"Patient.birthDate","min":1}"#)
    let seen = try profile(
      "seen", of: "Observation",
      #"{"path":"Observation.subject","min":1,"type":[{"code":"Reference","targetProfile":["\#(Self.base)/known"]}]}"#)
    func bundle(_ patient: String, _ reference: String = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0") -> String {
      """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":{"resourceType":"Patient"\(patient)}},
      {"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1","resource":{"resourceType":"Observation",
      "meta":{"profile":["\(Self.base)/seen"]},"status":"final","code":{"text":"c"},"subject":{"reference":"\(reference)"}}}]}
      """
    }
    assert(try findings(bundle(#","birthDate":"1980""#), [seen, known], against: ""))
    assert(
      try findings(bundle(""), [seen, known], against: ""),
      "Bundle.entry[1].resource.subject What is referred to does not conform")
    assert(
      try findings(bundle(#","birthDate":"1980""#, "https://x.test/Group/1"), [seen, known], against: ""),
      "Bundle.entry[1].resource.subject A reference to Group")
  }
}
