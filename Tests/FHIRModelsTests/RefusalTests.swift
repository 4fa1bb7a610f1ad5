import FHIRModels
import XCTest

/// Everything a strict reading refuses, with its place, and what a lenient one keeps.
final class RefusalTests: XCTestCase {
  private func issues(_ body: String, _ type: String = "Patient") -> [FHIRIssue] {
    do throws(FHIRDecodingError) {
      _ = try AnyResource(json: Array("{\"resourceType\":\"\(type)\"\(body.isEmpty ? "" : ",")\(body)}".utf8))
      return []
    } catch {
      return error.issues
    }
  }

  private func check(
    _ body: String, _ code: IssueType, at expression: String, line: UInt = #line
  ) {
    let found = issues(body)
    XCTAssertEqual(found.map(\.code), [code], body, line: line)
    XCTAssertEqual(found.first?.expression, expression, body, line: line)
    XCTAssertNotNil(found.first?.offset, body, line: line)
  }

  func testShape() {
    check(#""nickname":"x""#, .structure, at: "Patient")
    check(#""_nickname":{"id":"x"}"#, .structure, at: "Patient")
    check(#""_name":[{"id":"x"}]"#, .structure, at: "Patient")
    check(#""active":true,"active":true"#, .structure, at: "Patient.active")
    check(#""active":true,"\u0061ctive":true"#, .structure, at: "Patient.active")
    check(#""resourceType":"Patient""#, .structure, at: "Patient")
    check(#""_resourceType":"Patient""#, .structure, at: "Patient")
    check(#""_resourceType":{"id":"x"}"#, .structure, at: "Patient")
    check(#""active":"true""#, .structure, at: "Patient.active")
    check(#""active":null"#, .structure, at: "Patient.active")
    check(#""birthDate":1980"#, .structure, at: "Patient.birthDate")
    check(#""birthDate":["1980"]"#, .structure, at: "Patient.birthDate")
    check(#""name":{"family":"x"}"#, .structure, at: "Patient.name")
    check(#""name":["x"]"#, .structure, at: "Patient.name[0]")
    check(#""name":[null]"#, .structure, at: "Patient.name[0]")
    check(#""name":[]"#, .structure, at: "Patient.name")
    check(#""name":[{}]"#, .structure, at: "Patient.name[0]")
    check(#""name":[{"given":["a",null]}]"#, .structure, at: "Patient.name[0].given[1]")
    check(#""name":[{"_given":[null]}]"#, .structure, at: "Patient.name[0].given[0]")
    check(
      #""name":[{"given":["a"],"_given":[null,{"id":"x"}]}]"#, .structure, at: "Patient.name[0].given")
    check(#""_birthDate":{}"#, .structure, at: "Patient.birthDate")
    check(#""_birthDate":[{"id":"x"}]"#, .structure, at: "Patient.birthDate")
    check(#""deceasedBoolean":true,"deceasedDateTime":"2020""#, .structure, at: "Patient.deceased")
    check(#""deceasedString":"x""#, .structure, at: "Patient")
    check(#""contained":[{"id":"x"}]"#, .structure, at: "Patient.contained[0]")
    check(#""contained":[{"resourceType":"Elephant"}]"#, .structure, at: "Patient.contained[0]")
    check(#""contained":[{"resourceType":7}]"#, .structure, at: "Patient.contained[0]")
    check(#""contained":[{"resourceType":"DomainResource"}]"#, .structure, at: "Patient.contained[0]")
  }

  func testCardinality() {
    check(#""link":[{"type":"refer"}]"#, .required, at: "Patient.link[0].other")
    check(#""link":[{"other":{"reference":"x"}}]"#, .required, at: "Patient.link[0].type")
    // Its value is missing but something of it is present.
    XCTAssertEqual(issues(#""link":[{"other":{"reference":"x"},"_type":{"id":"t"}}]"#), [])
    XCTAssertEqual(issues("", "Invoice").map(\.expression), ["Invoice.status"])
    XCTAssertEqual(issues(#""_status":{"extension":[{"url":"u","valueCode":"unknown"}]}"#, "Invoice"), [])
  }

  func testPrimitives() {
    let bad: [(String, String)] = [
      (#""birthDate":"2026-02-30""#, "birthDate"), (#""birthDate":"2026-13""#, "birthDate"),
      (#""birthDate":"26""#, "birthDate"), (#""birthDate":"2026-1-1""#, "birthDate"),
      (#""birthDate":"2026-01-01T00:00:00Z""#, "birthDate"), (#""birthDate":"2100-02-29""#, "birthDate"),
      (#""birthDate":"""#, "birthDate"), (#""id":"a b""#, "id"), (#""id":"é""#, "id"),
      (#""language":" en""#, "language"), (#""language":"a  b""#, "language"),
      (#""implicitRules":"http://a b""#, "implicitRules"),
      (#""multipleBirthInteger":1.5"#, "multipleBirth"), (#""multipleBirthInteger":2147483648"#, "multipleBirth"),
      (#""deceasedDateTime":"2020-01-01T10:00""#, "deceased"),
      (#""deceasedDateTime":"2020-01-01T10:00:00""#, "deceased"),
      (#""deceasedDateTime":"2020-01-01T24:00:00Z""#, "deceased"),
      (#""deceasedDateTime":"2020-01-01T10:00:00+14:30""#, "deceased"),
      (#""meta":{"lastUpdated":"2020-01-01"}"#, "meta.lastUpdated"),
      (#""photo":[{"data":"a"}]"#, "photo[0].data"), (#""photo":[{"data":"ab=c"}]"#, "photo[0].data"),
      (#""photo":[{"size":-1}]"#, "photo[0].size"), (#""telecom":[{"rank":0}]"#, "telecom[0].rank"),
      (#""name":[{"family":"a\u0001b"}]"#, "name[0].family"),
    ]
    for (body, place) in bad { check(body, .value, at: "Patient.\(place)") }
    let good = [
      #""birthDate":"2024-02-29""#, #""birthDate":"0001""#, #""id":"A-z.0""#, #""multipleBirthInteger":-2147483648"#,
      #""deceasedDateTime":"2020-01-01T23:59:60.123456789-12:00""#, #""photo":[{"data":"YWI=\n"}]"#,
      #""name":[{"family":"a\tb"}]"#, #""name":[{"given":[null,"b"],"_given":[{"id":"x"},null]}]"#,
    ]
    for body in good { XCTAssertEqual(issues(body), [], body) }
  }

  func testAllIssuesAreCollectedUpToTheLimit() {
    let found = issues(#""active":1,"birthDate":"x","name":[{"family":7},{"nope":1}]"#)
    XCTAssertEqual(
      found.map(\.expression), ["Patient.active", "Patient.birthDate", "Patient.name[0].family", "Patient.name[1]"])
    let many = (0..<500).map { _ in "{\"x\":1}" }.joined(separator: ",")
    XCTAssertEqual(issues("\"name\":[\(many)]").count, 100)
  }

  /// Bytes outside UTF-8 are errors among the others; what follows them is read on.
  func testTextOutsideUTF8IsCollectedToo() {
    func issues(_ options: FHIRDecodingOptions) -> [FHIRIssue] {
      var bytes = Array(
        #"{"resourceType":"Patient","id":"*","name":[{"family":"A"},{"family":"*é*"}],"x":"*","n*":1}"#.utf8)
      for place in bytes.indices where bytes[place] == UInt8(ascii: "*") { bytes[place] = 0xFF }
      do throws(FHIRDecodingError) {
        _ = try Patient.decode(json: bytes, options: options)
        return []
      } catch {
        return error.issues
      }
    }
    let found = issues(.strict)
    XCTAssertEqual(
      found.map(\.expression),
      ["Patient.id", "Patient.id", "Patient.name[1].family", "Patient", "Patient", "Patient", "Patient"])
    XCTAssertEqual(found.map(\.offset), [32, 32, 69, 77, 82, 87, 85])
    // What is not UTF-8 cannot be kept.
    XCTAssertEqual(issues(.lenient).map(\.severity), [.fatal])
  }

  func testPlacesAreThoseOfWhatIsWrong() {
    XCTAssertEqual(
      issues(#""name":[{"given":["a",null,"b",null],"_given":[{"id":"x"},null,null,{"id":"y"}]}]"#).map(\.offset), [48])
    XCTAssertEqual(issues(#""name":[{"_given":[{"id":"x"},null]}]"#).map(\.offset), [56])
    // Of a narrative the byte of the document, whatever escapes stand before it.
    let narrative =
      #""text":{"status":"empty","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\u00e9\ud83d\ude00é\n<u>x</u></div>"}"#
    let begin = #"{"resourceType":"Patient","#.utf8.count
    let place = narrative.utf8.count - "u>x</u></div>\"}".utf8.count
    XCTAssertEqual(issues(narrative).map(\.offset), [begin + place])
    XCTAssertEqual(issues(#""contained":[{"id":"a","resourceType":"Elephant"}]"#).map(\.offset), [64])
  }

  /// What is there but wrong is not missing besides, and may not come again.
  func testOneFaultIsOneIssue() {
    XCTAssertEqual(issues(#""status":5"#, "Invoice").map(\.expression), ["Invoice.status"])
    XCTAssertEqual(
      issues(#""birthDate":5,"birthDate":"1980""#).map(\.diagnostics),
      ["Expected a string", "The key stands twice in one object"])
    XCTAssertEqual(issues(#""name":[{"given":"a","_given":[null,{"id":"x"}]}]"#).count, 1)
  }

  func testSyntaxErrorsNameThePlace() {
    let found = issues(#""name":[{"family":"a"},{"family":"b"#)
    XCTAssertEqual(found.map(\.severity), [.fatal])
    XCTAssertEqual(found.first?.expression, "Patient.name[1].family")
    XCTAssertEqual(
      issues(String(repeating: #""contained":[{"resourceType":"Patient","#, count: 100)).last?.code, .tooCostly)
  }

  func testDocumentsThatAreNoResource() {
    for text in ["", "[]", "1", "{}", #"{"resourceType":"patient"}"#, #"{"resourceType":"Patient"} x"#, "null"] {
      XCTAssertThrowsError(try AnyResource(json: Array(text.utf8)), text)
    }
    XCTAssertThrowsError(try Patient(json: Array(#"{"resourceType":"Basic","code":{"text":"x"}}"#.utf8)))
    XCTAssertNoThrow(try Patient(json: Array(#"{"id":"x","resourceType":"Patient"}"#.utf8)))
  }

  func testLenientReadingKeepsAndReports() throws {
    let text = #"{"resourceType":"Patient","nickname":{"a":[1.00]},"active":"yes","name":[{"family":"A","x":1}]}"#
    let (patient, issues) = try Patient.decode(json: Array(text.utf8), options: .lenient)
    XCTAssertEqual(issues.map(\.severity), [.warning, .warning, .warning])
    XCTAssertNil(patient.active)
    XCTAssertEqual(patient.name.first?.family, "A")
    XCTAssertEqual(
      String(decoding: patient.json(), as: UTF8.self),
      #"{"resourceType":"Patient","name":[{"family":"A","x":1}],"nickname":{"a":[1.00]},"active":"yes"}"#)
  }
}
