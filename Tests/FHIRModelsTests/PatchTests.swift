import FHIRModels
import XCTest

/// Patches of our own: what each makes of a patient, and how each wrong one is refused.
final class PatchTests: XCTestCase {
  private let patient = #"""
    {"resourceType":"Patient","id":"p1","name":[{"family":"Alaoui","given":["Amina","Zahra"],"_given":[null,{"id":"g2"}]}],
     "contact":[{"gender":"male"}],"multipleBirthInteger":2,"_birthDate":{"id":"b"},"birthDate":"1980-04",
     "extension":[{"url":"http://x.test/weight","valueDecimal":70.50}]}
    """#

  private func original() throws -> AnyResource { try AnyResource(json: Array(patient.utf8)) }
  private func text(_ resource: AnyResource) -> String { String(decoding: resource.json(), as: UTF8.self) }

  // MARK: JSON Patch

  private func patchedJSON(_ patch: String) throws -> String {
    text(try original().patched(by: try JSONPatch(json: Array(patch.utf8))))
  }

  func testJSONPatchLeavesTheRestAsItIsWritten() throws {
    let found = try patchedJSON(
      #"""
      [{"op":"test","path":"/extension/0/valueDecimal","value":70.5},{"op":"replace","path":"/birthDate","value":"1980-04-01"},
       {"op":"add","path":"/name/0/given/-","value":"Lina"},{"op":"add","path":"/name/0/_given/-","value":null},
       {"op":"remove","path":"/contact"},{"op":"copy","from":"/name/0/family","path":"/name/0/text"},
       {"op":"move","from":"/multipleBirthInteger","path":"/active"},{"op":"replace","path":"/active","value":true}]
      """#)
    XCTAssertEqual(
      found,
      #"{"resourceType":"Patient","id":"p1","extension":[{"url":"http://x.test/weight","valueDecimal":70.50}],"active":true,"#
        + #""name":[{"text":"Alaoui","family":"Alaoui","given":["Amina","Zahra","Lina"],"_given":[null,{"id":"g2"},null]}],"#
        + #""birthDate":"1980-04-01","_birthDate":{"id":"b"}}"#)
  }

  func testWrongJSONPatchesAreRefused() throws {
    let cases: [(String, FHIRPatchError.Code, Int?)] = [
      ("{}", .syntax, nil), ("[", .syntax, nil), ("[1]", .syntax, 0), (#"[{"op":"up","path":""}]"#, .syntax, 0),
      (#"[{"op":"remove","path":"id"}]"#, .syntax, 0), (#"[{"op":"remove","path":"/a~2"}]"#, .syntax, 0),
      (#"[{"op":"add","path":"/id"}]"#, .syntax, 0), (#"[{"op":"move","path":"/id"}]"#, .syntax, 0),
      (#"[{"op":"remove","path":"/contact"},{"op":"remove","path":"/contact/0"}]"#, .path, 1),
      (#"[{"op":"add","path":"/name/7","value":{}}]"#, .path, 0), (#"[{"op":"remove","path":"/name/-"}]"#, .path, 0),
      (#"[{"op":"remove","path":"/name/00"}]"#, .path, 0), (#"[{"op":"remove","path":""}]"#, .path, 0),
      (#"[{"op":"move","from":"/name","path":"/name/0"}]"#, .path, 0),
      (#"[{"op":"test","path":"/id","value":"p2"}]"#, .test, 0),
      // Strings are compared code point by code point (RFC 6902, section 4.6).
      (#"[{"op":"replace","path":"/id","value":"\u00e9"},{"op":"test","path":"/id","value":"e\u0301"}]"#, .test, 1),
      (#"[{"op":"add","path":"/nme","value":1}]"#, .result, nil),
      (#"[{"op":"remove","path":"/name/0/given"}]"#, .result, nil),
      (#"[{"op":"replace","path":"","value":7}]"#, .result, nil),
      ("[" + String(repeating: "[", count: 500), .syntax, nil),
      (
        "[" + Array(repeating: #"{"op":"remove","path":"/id"}"#, count: 1_001).joined(separator: ",") + "]", .limit, nil
      ),
      (
        "[" + Array(repeating: #"{"op":"copy","from":"","path":"/x"}"#, count: 120).joined(separator: ",") + "]",
        .limit,
        nil
      ),
    ]
    for (patch, code, operation) in cases {
      XCTAssertThrowsError(try patchedJSON(patch), patch) { error in
        let found = error as? FHIRPatchError
        XCTAssertEqual(found?.code, code, "\(patch.prefix(200)): \(error)")
        if let operation { XCTAssertEqual(found?.operation, operation, "\(patch): \(error)") }
      }
    }
    XCTAssertThrowsError(try patchedJSON(#"[{"op":"remove","path":"/name/3"}]"#)) { error in
      let found = error as? FHIRPatchError
      XCTAssertEqual(found?.path, "/name/3")
      XCTAssertFalse("\(error)".contains("/name"), "the path may name a patient and is no part of the text")
      XCTAssertEqual(found?.operationOutcome.issue.first?.code, .notFound)
      XCTAssertTrue(found?.operationOutcome.issue.first?.diagnostics?.contains("/name/3") == true)
    }
  }

  func testPointers() {
    XCTAssertEqual(JSONPointer("/a~1b/~0/0")?.tokens, ["a/b", "~", "0"])
    XCTAssertEqual(JSONPointer("/~01")?.tokens, ["~1"])
    XCTAssertEqual(JSONPointer("/a~1b/~0/")?.description, "/a~1b/~0/")
    XCTAssertEqual(JSONPointer("")?.tokens, [])
    XCTAssertNil(JSONPointer("a"))
    XCTAssertNil(JSONPointer("/~"))
  }

  // MARK: FHIRPath Patch

  private func operation(
    _ type: String, _ path: String, name: String? = nil, value: Parameters.Parameter? = nil,
    numbers: [String: Int] = [:]
  ) -> Parameters.Parameter {
    var parts = [
      Parameters.Parameter(name: "type", value: .code(type)), Parameters.Parameter(name: "path", value: .string(path)),
    ]
    if let name { parts.append(Parameters.Parameter(name: "name", value: .string(name))) }
    if let value { parts.append(value) }
    for (name, number) in numbers { parts.append(Parameters.Parameter(name: name, value: .integer(number))) }
    return Parameters.Parameter(name: "operation", part: parts)
  }

  private func value(_ value: OpenValue) -> Parameters.Parameter { Parameters.Parameter(name: "value", value: value) }

  private func patched(_ operations: Parameters.Parameter...) throws -> String {
    text(try original().patched(by: try FHIRPathPatch(Parameters { $0.parameter = operations })))
  }

  func testFHIRPathPatch() throws {
    XCTAssertEqual(
      try patched(
        operation("add", "Patient", name: "active", value: value(.boolean(true))),
        operation("insert", "Patient.name[0].given", value: value(.string("Lina")), numbers: ["index": 1]),
        operation("move", "Patient.name.first().given", numbers: ["source": 2, "destination": 0]),
        operation("replace", "Patient.multipleBirth", value: value(.boolean(true))),
        operation("delete", "Patient.contact[0].gender"), operation("delete", "Patient.photo"),
        operation("delete", "Patient.birthDate.id")),
      #"{"resourceType":"Patient","id":"p1","extension":[{"url":"http://x.test/weight","valueDecimal":70.50}],"active":true,"#
        + #""name":[{"family":"Alaoui","given":["Zahra","Amina","Lina"],"_given":[{"id":"g2"},null,null]}],"#
        + #""birthDate":"1980-04","multipleBirthBoolean":true}"#)
  }

  func testAnonymousTypesAndPrimitives() throws {
    let contact = Parameters.Parameter(
      name: "value",
      part: [
        Parameters.Parameter(name: "name", value: .humanName(HumanName(family: "Idrissi"))),
        Parameters.Parameter(name: "telecom", value: .contactPoint(ContactPoint(value: "1"))),
        Parameters.Parameter(name: "telecom", value: .contactPoint(ContactPoint(value: "2"))),
      ])
    let url = Parameters.Parameter(
      name: "value",
      part: [
        Parameters.Parameter(name: "url", value: .uri("http://x.test/time")),
        Parameters.Parameter(name: "value", value: .string("dawn")),
      ])
    let found = try patched(
      operation("add", "Patient", name: "contact", value: contact),
      operation("add", "Patient.birthDate", name: "extension", value: url),
      operation(
        "add", "Patient", name: "communication",
        value: Parameters.Parameter(
          name: "value",
          part: [Parameters.Parameter(name: "language", value: .codeableConcept(CodeableConcept(text: "ar")))])))
    XCTAssertTrue(
      found.contains(
        #"{"name":{"family":"Idrissi"},"telecom":[{"value":"1"},{"value":"2"}]}"#), found)
    XCTAssertTrue(
      found.contains(#""_birthDate":{"id":"b","extension":[{"url":"http://x.test/time","valueString":"dawn"}]}"#), found
    )
    XCTAssertTrue(found.contains(#""communication":[{"language":{"text":"ar"}}]"#), found)
  }

  func testWrongFHIRPathPatchesAreRefused() throws {
    let text = value(.string("x"))
    let cases: [(Parameters.Parameter, FHIRPatchError.Code)] = [
      (Parameters.Parameter(name: "other"), .syntax), (operation("up", "Patient"), .syntax),
      (operation("add", "Patient", value: text), .syntax), (operation("insert", "Patient.name", value: text), .syntax),
      (operation("delete", "Patient.(", value: text), .path), (operation("delete", "Patient.name.given"), .path),
      (operation("replace", "Patient.photo", value: text), .path), (operation("delete", "Patient"), .path),
      (operation("add", "Patient", name: "nme", value: text), .path), (operation("delete", "'x'"), .path),
      (operation("add", "Patient", name: "birthDate", value: value(.date(try XCTUnwrap(FHIRDate("1980"))))), .value),
      (operation("add", "Patient", name: "gender", value: value(.string(" x"))), .value),
      (operation("add", "Patient", name: "active", value: text), .value),
      (operation("add", "Patient", name: "deceased", value: text), .value),
      (operation("add", "Patient", name: "multipleBirth", value: value(.boolean(true))), .value),
      (operation("add", "Patient", name: "maritalStatus", value: value(.coding(Coding(code: "M")))), .value),
      (
        operation("insert", "Patient.name", value: value(.humanName(HumanName(family: "A"))), numbers: ["index": 2]),
        .path
      ),
      (operation("insert", "Patient.birthDate", value: text, numbers: ["index": 0]), .path),
      (operation("insert", "Patient.name[0]", value: text, numbers: ["index": 0]), .path),
      (operation("move", "Patient.name", numbers: ["source": 0, "destination": 1]), .path),
      (operation("delete", "Patient.extension[0].url"), .result),
    ]
    for (operation, code) in cases {
      XCTAssertThrowsError(try patched(self.operation("delete", "Patient.photo"), operation)) { error in
        let found = error as? FHIRPatchError
        XCTAssertEqual(found?.code, code, "\(String(decoding: operation.json(), as: UTF8.self)): \(error)")
        if code != .result { XCTAssertEqual(found?.operation, 1) }
      }
    }
    var limits = FHIRPatchLimits()
    limits.steps = 50
    let patch = try FHIRPathPatch(
      Parameters { $0.parameter = [self.operation("delete", "descendants().where(id = 'none')")] }, limits: limits)
    XCTAssertThrowsError(try original().patched(by: patch)) { XCTAssertEqual(($0 as? FHIRPatchError)?.code, .limit) }
  }
}
