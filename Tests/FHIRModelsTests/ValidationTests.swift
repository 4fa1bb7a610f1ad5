import XCTest

@testable import FHIRModels

/// What R4 itself says of a resource, rule by rule: each test states one document that keeps the rule and one that does
/// not, so that neither silence nor noise passes.
final class ValidationTests: XCTestCase {
  private func findings(_ json: String, lenient: Bool = false, file: StaticString = #filePath, line: UInt = #line)
    -> [String]
  {
    do {
      let resource = try AnyResource.decode(json: Array(json.utf8), options: lenient ? .lenient : .strict).value
      return FHIRValidator().validate(resource).filter { $0.severity != .warning && $0.severity != .information }
        .map { "\($0.code.rawValue) \($0.expression ?? "-") \($0.diagnostics.prefix { $0 != ":" })" }
    } catch {
      XCTFail("\(error)", file: file, line: line)
      return []
    }
  }

  private func assertValid(_ json: String, file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertEqual(findings(json, file: file, line: line), [], file: file, line: line)
  }

  /// `rule` is `code expression` and the beginning of the diagnostics.
  private func assertFinds(_ rule: String, _ json: String, file: StaticString = #filePath, line: UInt = #line) {
    let found = findings(json, file: file, line: line)
    XCTAssertTrue(found.contains { $0.hasPrefix(rule) }, "\(found)", file: file, line: line)
    XCTAssertEqual(found.count, 1, "\(found)", file: file, line: line)
  }

  private let observation = #""resourceType":"Observation","status":"final","code":{"text":"weight"}"#

  // MARK: Values

  func testRequiredCodes() {
    assertValid(#"{"resourceType":"Patient","gender":"female"}"#)
    assertFinds("code-invalid Patient.gender", #"{"resourceType":"Patient","gender":"f"}"#)
    assertFinds(
      "code-invalid Patient.name[1].use",
      #"{"resourceType":"Patient","name":[{"use":"usual","text":"A"},{"use":"mine","text":"B"}]}"#)
  }

  func testRequiredConcepts() {
    let good =
      #"{"resourceType":"AllergyIntolerance","patient":{"reference":"Patient/1"},"clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]}}"#
    assertValid(good)
    assertFinds(
      "code-invalid AllergyIntolerance.clinicalStatus", good.replacingOccurrences(of: "\"active\"", with: "\"alive\""))
    assertFinds(
      "code-invalid AllergyIntolerance.clinicalStatus",
      good.replacingOccurrences(of: "terminology.hl7.org", with: "x.test"))
  }

  func testExtensibleBindingsOnlyWarn() throws {
    let patient = #"{"resourceType":"Patient","maritalStatus":{"coding":[{"system":"http://x.test","code":"q"}]}}"#
    assertValid(patient)
    let all = FHIRValidator().validate(try AnyResource(json: Array(patient.utf8)))
    XCTAssertTrue(all.contains { $0.severity == .warning && $0.expression == "Patient.maritalStatus" }, "\(all)")
    XCTAssertTrue(all.areValid)
  }

  func testAnIdAloneIsNoElement() {
    assertFinds("invariant Patient.birthDate ele-1", #"{"resourceType":"Patient","_birthDate":{"id":"b"}}"#)
    assertFinds("invariant Patient.name[0] ele-1", #"{"resourceType":"Patient","name":[{"id":"n"}]}"#)
    assertValid(#"{"resourceType":"Patient","birthDate":"1980","_birthDate":{"id":"b"}}"#)
  }

  func testAddressesAreAbsoluteWhereTheyMustBe() {
    assertFinds(
      "value Patient.identifier[0]", #"{"resourceType":"Patient","identifier":[{"system":"cin","value":"A1"}]}"#)
    assertFinds(
      "value Patient.identifier[0]",
      #"{"resourceType":"Patient","identifier":[{"system":"urn:ietf:rfc:3986","value":"A1"}]}"#)
    assertFinds(
      "value Observation.code.coding[0]",
      #"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"mine","code":"a"}]}}"#)
    assertFinds(
      "value Patient.extension[0]", #"{"resourceType":"Patient","extension":[{"url":"e","valueBoolean":true}]}"#)
    assertValid(
      #"{"resourceType":"Patient","extension":[{"url":"http://x.test/e","extension":[{"url":"part","valueBoolean":true}]}]}"#
    )
  }

  func testNarratives() {
    func patient(_ div: String) -> String {
      #"{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\#(div)</div>"}}"#
    }
    assertValid(patient("A"))
    assertValid(patient("<img src='a.png' alt='>'/>"))
    assertValid(patient("<p title='>'>&#160;</p>"))
    assertFinds(
      "invariant Patient.text txt-2",
      patient("<!-- A -- ><p title='A'> </p><br/>".replacingOccurrences(of: "-- >", with: "-->")))
  }

  func testCodesOfStandards() {
    func invoice(_ currency: String) -> String {
      #"{"resourceType":"Invoice","status":"issued","totalNet":{"value":1,"currency":"\#(currency)"}}"#
    }
    func binary(_ type: String) -> String { #"{"resourceType":"Binary","contentType":"\#(type)"}"# }
    for code in ["MAD", "EUR", "XPF"] { assertValid(invoice(code)) }
    for code in ["EURO", "eur", "XXY"] { assertFinds("code-invalid Invoice.totalNet.currency", invoice(code)) }
    for type in ["image/png", "application/fhir+json; charset=utf-8", "text/cql", "application/vnd.a-b.c+xml"] {
      assertValid(binary(type))
    }
    for type in ["pdf", "image/", "/png", "a/b/c", "text/plain utf-8"] {
      assertFinds("code-invalid Binary.contentType", binary(type))
    }
  }

  func testURNsAreWhatTheySay() {
    func patient(_ uri: String) -> String { #"{"resourceType":"Patient","implicitRules":"\#(uri)"}"# }
    for uri in [
      "urn:uuid:0B4BD5AB-0a1f-4e5c-8a36-1f2d1c1a0001", "urn:oid:2.16.840.1.113883", "urn:oid:TBD", "urn:isbn:1",
    ] {
      assertValid(patient(uri))
    }
    for uri in ["urn:uuid:c9f6", "urn:uuid:"] { assertFinds("value Patient.implicitRules", patient(uri)) }
  }

  func testProfilesThatAResourceClaims() throws {
    func found(_ profile: String) throws -> [FHIRIssue] {
      let text = #"{"resourceType":"Patient","meta":{"profile":["\#(profile)"]}}"#
      return FHIRValidator().validate(try AnyResource(json: Array(text.utf8))).filter { $0.code != .invariant }
    }
    let unknown = try found("http://x.test/nobody")
    XCTAssertEqual(unknown.map(\.severity), [.warning])
    XCTAssertEqual(unknown.map(\.expression), ["Patient.meta.profile[0]"])
    XCTAssertEqual(try found("http://hl7.org/fhir/StructureDefinition/Patient"), [])
    XCTAssertEqual(try found("http://hl7.org/fhir/StructureDefinition/DomainResource|4.0.1"), [])
    XCTAssertEqual(try found("http://hl7.org/fhir/StructureDefinition/Observation").map(\.severity), [.error])
  }

  // MARK: Structure

  func testWhatLenientReadingKeptIsFound() {
    let found = findings(#"{"resourceType":"Patient","nick":"Z","link":[{"type":"seealso"}]}"#, lenient: true)
    XCTAssertTrue(found.contains { $0.hasPrefix("structure Patient \"nick\" is not an element") }, "\(found)")
    XCTAssertTrue(found.contains { $0.hasPrefix("required Patient.link[0].other") }, "\(found)")
  }

  func testWhatIsBuiltInCodeIsHeldToTheSameRules() {
    var observation = Observation()
    observation.status = "final"
    observation.code = CodeableConcept(text: "weight")
    XCTAssertTrue(FHIRValidator().validate(observation).areValid)
    observation.status = nil
    observation.id = "not an id"
    let found = FHIRValidator().validate(observation).filter { $0.severity == .error }
    XCTAssertEqual(found.map(\.expression), ["Observation.id", "Observation.status"])
  }

  // MARK: References

  func testReferencesHoldNoSpace() {
    assertFinds(
      "value Observation.subject", "{\(observation),\"subject\":{\"reference\":\"http://x.test/a b/Patient/1\"}}")
  }

  func testReferenceTargets() {
    assertValid("{\(observation),\"subject\":{\"reference\":\"Patient/1\"}}")
    assertValid("{\(observation),\"subject\":{\"reference\":\"https://x.test/fhir/Patient/1/_history/2\"}}")
    assertFinds("structure Observation.subject", "{\(observation),\"subject\":{\"reference\":\"Claim/1\"}}")
    assertFinds(
      "structure Observation.subject", "{\(observation),\"subject\":{\"type\":\"Claim\",\"display\":\"c\"}}")
    assertFinds("value Observation.subject", "{\(observation),\"subject\":{\"reference\":\"Patent/1\"}}")
    assertFinds(
      "structure Observation.subject", "{\(observation),\"subject\":{\"reference\":\"Patient/1\",\"type\":\"Group\"}}")
    assertFinds("value Observation.subject", "{\(observation),\"subject\":{\"reference\":\"Patient?name=A\"}}")
  }

  func testContainedResources() {
    func contained(_ inside: String, _ reference: String = "#p") -> String {
      "{\(observation),\"contained\":[{\"resourceType\":\"Patient\"\(inside)}],\"subject\":{\"reference\":\"\(reference)\"}}"
    }
    assertValid(contained(#","id":"p""#))
    assertFinds("invariant Observation.contained[0] dom-3", contained(#","id":"p""#, "Patient/1"))
    assertFinds("invariant Observation.contained[0] dom-4", contained(#","id":"p","meta":{"versionId":"1"}"#))
    assertFinds(
      "structure Observation.subject",
      contained(#","id":"p""#).replacingOccurrences(of: "Patient", with: "Claim")
        .replacingOccurrences(of: #""Claim","id":"p""#, with: #""Account","id":"p","status":"active""#))
    // An image or link of the narrative leads to it too.
    let image = contained(#","id":"p""#, "Patient/1").replacingOccurrences(
      of: #""status":"final""#,
      with:
        ##""text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\"><a href=\"#p\">p</a></div>"},"status":"final""##
    )
    assertValid(image)
    let dangling = findings(contained(#","id":"p""#, "#q"))
    XCTAssertEqual(dangling.count, 2, "\(dangling)")
    XCTAssertTrue(dangling.contains { $0.hasPrefix("invariant Observation.subject ref-1") }, "\(dangling)")
  }

  // MARK: Invariants

  func testInvariants() {
    assertFinds(
      "invariant Observation obs-6",
      "{\(observation),\"valueString\":\"a\",\"dataAbsentReason\":{\"text\":\"b\"}}")
    assertFinds(
      "invariant Patient.contact[0] pat-1", #"{"resourceType":"Patient","contact":[{"gender":"male"}]}"#)
    assertFinds(
      "invariant Patient.name[0].period per-1",
      #"{"resourceType":"Patient","name":[{"text":"A","period":{"start":"2021","end":"2020"}}]}"#)
    assertFinds(
      "invariant Patient.extension[0] ext-1", #"{"resourceType":"Patient","extension":[{"url":"http://x.test/e"}]}"#)
  }

  func testInvariantsInsideABundleSeeTheirOwnResource() {
    assertFinds(
      "invariant Bundle.entry[1].resource.referenceRange[0] obs-3",
      """
      {"resourceType":"Bundle","type":"collection","entry":[
      {"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}},
      {"fullUrl":"https://x.test/Observation/b","resource":{"id":"b",\(observation),"referenceRange":[{"age":{"low":{"value":1}}}]}}]}
      """)
  }

  func testEveryInvariantIsChecked() {
    XCTAssertEqual(FHIRValidator.uncheckedInvariants.map(\.key), [])
  }

  // MARK: Bundles

  private func bundle(_ type: String, _ entries: String...) -> String {
    "{\"resourceType\":\"Bundle\",\"type\":\"\(type)\",\"entry\":[\(entries.joined(separator: ","))]}"
  }

  func testFullURLs() {
    let a = #"{"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}}"#
    assertValid(bundle("collection", a))
    assertFinds("duplicate Bundle.entry[1] bdl-7", bundle("collection", a, a))
    assertFinds(
      "value Bundle.entry[0] A fullUrl is absolute",
      bundle("collection", a.replacingOccurrences(of: "https://x.test/", with: "")))
    assertFinds(
      "value Bundle.entry[0]", bundle("collection", a.replacingOccurrences(of: "\"id\":\"a\"", with: "\"id\":\"b\"")))
    assertFinds("required Bundle.entry[0]", bundle("collection", #"{"resource":{"resourceType":"Patient"}}"#))
    assertValid(bundle("searchset", #"{"resource":{"resourceType":"Patient"}}"#))
  }

  func testTransactions() {
    let patient = #""resource":{"resourceType":"Patient"}"#
    assertValid(bundle("transaction", "{\(patient),\"request\":{\"method\":\"POST\",\"url\":\"Patient\"}}"))
    assertFinds("invariant Bundle bdl-3", bundle("transaction", "{\(patient)}"))
    assertFinds("required Bundle.entry[0]", bundle("transaction", #"{"request":{"method":"PUT","url":"Patient/1"}}"#))
    assertFinds(
      "structure Bundle.entry[0]",
      bundle("transaction", "{\(patient),\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/1\"}}"))
    assertFinds(
      "value Bundle.entry[0]", bundle("transaction", "{\(patient),\"request\":{\"method\":\"POST\",\"url\":\"Claim\"}}")
    )
    assertValid(
      bundle(
        "transaction",
        "{\"resource\":{\(observation),\"subject\":{\"reference\":\"Patient?identifier=1\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}"
      ))
  }

  func testReferencesInsideABundleAreFollowed() {
    func entries(_ reference: String, _ target: String) -> String {
      bundle(
        "collection", "{\"fullUrl\":\"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0\",\"resource\":\(target)}",
        "{\"fullUrl\":\"https://x.test/Observation/o\",\"resource\":{\(observation),\"id\":\"o\",\"subject\":{\"reference\":\"\(reference)\"}}}"
      )
    }
    let uuid = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    assertValid(entries(uuid, #"{"resourceType":"Patient"}"#))
    assertFinds(
      "structure Bundle.entry[1].resource.subject",
      entries(uuid, #"{"resourceType":"Account","status":"active"}"#))
    // What a reference says it leads to and what stands there must agree.
    assertFinds(
      "structure Bundle.entry[1].resource.subject What this refers to is a Group",
      bundle(
        "batch-response",
        #"{"fullUrl":"https://x.test/Patient/p","resource":{"resourceType":"Group","type":"person","actual":true},"response":{"status":"200"}}"#,
        "{\"fullUrl\":\"https://x.test/Observation/o\",\"response\":{\"status\":\"200\"},\"resource\":{\(observation),\"id\":\"o\",\"subject\":{\"reference\":\"Patient/p\"}}}"
      ))
    assertFinds(
      "not-found Bundle.entry[0].resource.subject",
      bundle(
        "transaction",
        "{\"resource\":{\(observation),\"subject\":{\"reference\":\"\(uuid)\"}},\"request\":{\"method\":\"POST\",\"url\":\"Observation\"}}"
      ))
  }

  func testWhatADocumentRefersToIsInIt() {
    func document(_ author: String, _ entries: String...) -> String {
      let composition =
        #"{"fullUrl":"https://x.test/Composition/c","resource":{"resourceType":"Composition","id":"c","status":"final","type":{"text":"t"},"date":"2026","title":"t","author":[{"reference":"\#(author)"}]}}"#
      return
        #"{"resourceType":"Bundle","type":"document","identifier":{"system":"urn:x","value":"1"},"timestamp":"2026-01-01T00:00:00Z","entry":[\#(([composition] + entries).joined(separator: ","))]}"#
    }
    func author(_ server: String) -> String {
      #"{"fullUrl":"\#(server)/Organization/o","resource":{"resourceType":"Organization","id":"o","name":"O"}}"#
    }
    assertValid(document("Organization/o", author("https://x.test")))
    assertFinds(
      "not-found Bundle.entry[0].resource.author[0]", document("Organization/p", author("https://x.test")))
    // Relative references are relative to the server of the entry that holds them.
    assertFinds(
      "not-found Bundle.entry[0].resource.author[0]", document("Organization/o", author("https://y.test")))
  }

  func testAttachmentsAndLinks() {
    assertValid(#"{"resourceType":"Patient","photo":[{"contentType":"a/b","data":"AAEC","size":3}]}"#)
    assertFinds(
      "value Patient.photo[0]", #"{"resourceType":"Patient","photo":[{"contentType":"a/b","data":"AAE=","size":3}]}"#)
    let link = #"{"relation":"self","url":"https://x.test"}"#
    assertFinds(
      "duplicate Bundle.link[1]", "{\"resourceType\":\"Bundle\",\"type\":\"searchset\",\"link\":[\(link),\(link)]}")
  }

  func testDocumentsAndMessages() {
    let found = findings(
      bundle("document", #"{"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}}"#))
    XCTAssertEqual(
      found.map { $0.split(separator: " ")[2] }.sorted(), ["bdl-10", "bdl-11", "bdl-9"], "\(found)")
    assertFinds(
      "invariant Bundle bdl-12",
      bundle("message", #"{"fullUrl":"https://x.test/Patient/a","resource":{"resourceType":"Patient","id":"a"}}"#))
  }

  // MARK: Limits and places

  func testLimitsEndTheWork() throws {
    let names = Array(repeating: #"{"use":"q"}"#, count: 500).joined(separator: ",")
    let patient = try AnyResource(json: Array("{\"resourceType\":\"Patient\",\"name\":[\(names)]}".utf8))
    var options = ValidationOptions()
    options.issues = 10
    let few = FHIRValidator(options: options).validate(patient)
    XCTAssertEqual(few.count, 11)
    XCTAssertEqual(few.last?.code, .tooCostly)
    options.issues = 1_000
    options.steps = 50
    let broken = FHIRValidator(options: options).validate(patient)
    XCTAssertEqual(broken.last?.code, .tooCostly)
    XCTAssertFalse(broken.areValid)
  }

  func testWarningsLeaveRoomForErrors() throws {
    let contained = (0..<50).map { "{\"resourceType\":\"Basic\",\"id\":\"b\($0)\",\"code\":{\"text\":\"c\"}}" }
    let json = "{\"resourceType\":\"Patient\",\"contained\":[\(contained.joined(separator: ","))],\"gender\":\"x\"}"
    var options = ValidationOptions()
    options.issues = 60
    let all = FHIRValidator(options: options).validate(try AnyResource(json: Array(json.utf8)))
    XCTAssertTrue(all.contains { $0.expression == "Patient.gender" && $0.severity == .error }, "\(all)")
    XCTAssertEqual(all.filter { $0.diagnostics.hasPrefix("dom-3") }.count, 50)
    XCTAssertFalse(all.contains { $0.code == .tooCostly })
  }

  func testFindingsAreLocatedInBothFormats() throws {
    let json = Array(
      #"{"resourceType":"Patient","name":[{"text":"A"},{"use":"mine","text":"B"}],"contact":[{"gender":"male"}],"maritalStatus":{"text":"m"},"deceasedDateTime":"2020"}"#
        .utf8)
    let resource = try AnyResource(json: json)
    let found = FHIRValidator().validate(resource).filter { $0.severity == .error }
    let text = String(decoding: json, as: UTF8.self)
    func byte(_ part: String) -> Int? {
      text.range(of: part).map { text.utf8.distance(from: text.utf8.startIndex, to: $0.lowerBound) }
    }
    XCTAssertEqual(found.located(in: json, as: .json).map(\.offset), [byte(#""mine""#), byte(#"{"gender"#)])
    let xml = try resource.xml()
    let shown = String(decoding: xml, as: UTF8.self)
    let places = try found.located(in: xml, as: .xml).map { try XCTUnwrap($0.offset) }
    XCTAssertTrue(shown.dropFirst(places[0]).hasPrefix("<use value=\"mine\""), "\(places)")
    XCTAssertTrue(shown.dropFirst(places[1]).hasPrefix("<contact>"), "\(places)")
    // A choice, what is missing, and a place in a resource inside.
    let others = [
      FHIRIssue(.error, .value, at: "Patient.deceased", "x"),
      FHIRIssue(.error, .value, at: "Patient.name[0].given", "x"),
      FHIRIssue(.error, .value, at: "Patient.photo[3]", "x"),
    ]
    XCTAssertEqual(
      others.located(in: json, as: .json).map(\.offset), [byte(#""2020""#), byte(#"{"text":"A""#), 0])
  }
}
