import FHIRModels
import JSON
import XCTest

/// The XML codec: what it keeps, what it refuses and where.
final class XMLTests: XCTestCase {
  private func patient(_ body: String, namespace: String = "http://hl7.org/fhir") -> [UInt8] {
    Array("<Patient xmlns=\"\(namespace)\">\(body)</Patient>".utf8)
  }

  private func issues(_ document: [UInt8]) -> [FHIRIssue] {
    do throws(FHIRDecodingError) {
      _ = try AnyResource(xml: document)
      return []
    } catch {
      return error.issues
    }
  }

  private func check(_ body: String, _ code: IssueType, at expression: String, line: UInt = #line) {
    let found = issues(patient(body))
    XCTAssertEqual(found.map(\.code), [code], body, line: line)
    XCTAssertEqual(found.first?.expression, expression, body, line: line)
    XCTAssertNotNil(found.first?.offset, body, line: line)
  }

  func testDocumentsCrossToXMLAndBackWithoutLoss() throws {
    for json in Fixtures.documents {
      let resource = try AnyResource(json: json)
      for pretty in [false, true] {
        let back = try AnyResource(xml: resource.xml(pretty: pretty))
        XCTAssertEqual(back, resource)
        XCTAssertEqual(try JSONValue.parse(back.json()), try JSONValue.parse(resource.json()))
      }
    }
  }

  func testWhatIsWritten() throws {
    let patient = Patient {
      $0.id = "p"
      $0.extension = [Extension(url: "u", value: .string("a<b\n\"c\""))]
      $0.name = [HumanName(family: "Alaoui", given: ["Amina", "Zahra"])]
      $0.deceased = .boolean(false)
    }
    XCTAssertEqual(
      String(decoding: try patient.xml(), as: UTF8.self),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Patient xmlns=\"http://hl7.org/fhir\"><id value=\"p\"/>"
        + "<extension url=\"u\"><valueString value=\"a&lt;b&#10;&quot;c&quot;\"/></extension><name>"
        + "<family value=\"Alaoui\"/><given value=\"Amina\"/><given value=\"Zahra\"/></name>"
        + "<deceasedBoolean value=\"false\"/></Patient>")
    XCTAssertEqual(try Patient(xml: patient.xml()), patient)
  }

  func testShape() {
    check("<nickname value=\"x\"/>", .structure, at: "Patient")
    check("<active value=\"true\" nope=\"1\"/>", .structure, at: "Patient.active")
    check("<active value=\"yes\"/>", .value, at: "Patient.active")
    check("<active value=\"true\"/><active value=\"true\"/>", .structure, at: "Patient.active")
    check("<birthDate value=\"1980\"/><gender value=\"male\"/>", .structure, at: "Patient.gender")
    check("<birthDate/>", .structure, at: "Patient.birthDate")
    check("<name/>", .structure, at: "Patient.name[0]")
    check("<name>x<family value=\"a\"/></name>", .structure, at: "Patient.name[0]")
    check("<active value=\"true\">x</active>", .structure, at: "Patient.active")
    check("<active xmlns=\"urn:x\" value=\"true\"/>", .structure, at: "Patient")
    check("<birthDate value=\"2026-02-30\"/>", .value, at: "Patient.birthDate")
    check("<multipleBirthInteger value=\"01\"/>", .value, at: "Patient.multipleBirth")
    check(
      "<deceasedBoolean value=\"true\"/><deceasedDateTime value=\"2020\"/>", .structure, at: "Patient.deceased")
    check("<link><type value=\"refer\"/></link>", .required, at: "Patient.link[0].other")
    check("<contained/>", .structure, at: "Patient.contained[0]")
    check("<contained><Elephant/></contained>", .structure, at: "Patient.contained[0]")
    check(
      "<contained><Basic><code><text value=\"x\"/></code></Basic><Basic/></contained>", .structure,
      at: "Patient.contained[0]")
    XCTAssertEqual(issues(patient("", namespace: "urn:x")).map(\.code), [.structure])
    XCTAssertEqual(
      issues(patient("<active value=\"1\"/><birthDate value=\"x\"/>")).map(\.expression),
      ["Patient.active", "Patient.birthDate"])
  }

  func testNarratives() {
    func text(_ div: String) -> String { "<text><status value=\"generated\"/>\(div)</text>" }
    let xmlns = "xmlns=\"http://www.w3.org/1999/xhtml\""
    XCTAssertEqual(issues(patient(text("<div \(xmlns)><p class='a'>x &amp; y<br/><!-- c --></p></div>"))), [])
    for good in [
      "<ol start=\"3\" type=\"a\" compact=\"compact\"><li value=\"4\">x</li></ol>", "<p align=\"center\">x</p>",
      "<table bgcolor=\"#eee\"><tr><td height=\"2\" nowrap=\"nowrap\">x</td></tr></table>",
      "<img src=\"a.png\" alt=\"x\" hspace=\"1\" vspace=\"1\" align=\"left\"/>",
    ] {
      XCTAssertEqual(issues(patient(text("<div \(xmlns)>\(good)</div>"))), [], good)
    }
    for bad in [
      "<div \(xmlns)><p href=\"x\">x</p></div>", "<div \(xmlns)><p bgcolor=\"x\">x</p></div>",
      "<div \(xmlns)><script>x</script></div>", "<div \(xmlns) onclick=\"x\"/>",
      "<div \(xmlns)><a href=\"java&#115;cript:x\"/></div>",
      "<div \(xmlns)><a href=\" JavaScript:x\">x</a></div>", "<div \(xmlns)><form/></div>",
      "<div \(xmlns)><?php x?></div>",
    ] {
      XCTAssertEqual(issues(patient(text(bad))).map(\.expression), ["Patient.text.div"], bad)
    }
    for bad in [
      "<p>x</p>", "<div>x</div>", "x", "<div \(xmlns)><b>x</div>", "<div \(xmlns)>&nbsp;</div>",
      "<div \(xmlns)>&#0;</div>",
    ] {
      let narrative = Narrative(status: .generated, div: bad)
      XCTAssertThrowsError(try Patient { $0.text = narrative }.xml(), bad)
      XCTAssertThrowsError(try Patient(json: Patient { $0.text = narrative }.json()), bad)
    }
  }

  /// The namespace of a narrative may be declared further out; JSON gets one that stands by itself.
  func testNarrativesByPrefix() throws {
    let body = "<h:p class=\"a\">x &lt; y<h:br/></h:p>"
    let document =
      "<Patient xmlns=\"http://hl7.org/fhir\" xmlns:h=\"http://www.w3.org/1999/xhtml\"><text><status value=\"generated\"/>"
      + "<h:div xml:lang=\"fr\">\(body)<!-- lost --></h:div></text></Patient>"
    let read = try Patient(xml: Array(document.utf8))
    XCTAssertEqual(
      read.text?.div,
      "<div xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"fr\"><p class=\"a\">x &lt; y<br/></p></div>")
    XCTAssertEqual(try Patient(xml: read.xml()), read)
    for bad in ["<h:script>x</h:script>", "<p>x</p>", "<h:p h:class=\"a\" onclick=\"x\"/>"] {
      let changed = document.replacing(body, with: bad)
      XCTAssertEqual(issues(Array(changed.utf8)).first?.expression, "Patient.text.div", bad)
    }
  }

  /// A div that declares the namespace itself may hold tags with prefixes: they are written without them.
  func testPrefixesInsideANarrative() throws {
    func document(_ div: String) -> [UInt8] {
      patient("<text><status value=\"generated\"/>\(div)</text><active value=\"true\"/>")
    }
    let space = "xmlns=\"http://www.w3.org/1999/xhtml\""
    let prefixed = "xmlns:h=\"http://www.w3.org/1999/xhtml\""
    for (div, kept) in [
      ("<div \(space) \(prefixed)><h:p>x<br/></h:p></div>", "<p>x<br/></p>"),
      ("<div \(space)><p>a</p><h:p \(prefixed)>x</h:p></div>", "<p>a</p><p>x</p>"),
      // Neither in a comment nor behind the narrative does a prefix count.
      ("<div \(space)><!-- <h:p> --><p>x</p></div>", "<!-- <h:p> --><p>x</p>"),
    ] {
      let read = try Patient(xml: document(div))
      XCTAssertEqual(read.text?.div, "<div \(space)>\(kept)</div>")
      XCTAssertEqual(read.active, true)
      XCTAssertEqual(try Patient(xml: read.xml()), read)
      XCTAssertEqual(try Patient(json: read.json()), read)
    }
    for bad in ["<h:script \(prefixed)/>", "<f:p xmlns:f=\"http://hl7.org/fhir\"/>"] {
      let found = issues(document("<div \(space)>\(bad)</div>"))
      XCTAssertEqual(found.first?.expression, "Patient.text.div", bad)
    }
    let many = String(repeating: "<div \(space)/>", count: 20_000)
    Hostile.checkCost(document(many), .xml, "many narratives")
  }

  /// XML has no nulls: where no item of a list has a value, JSON's list of nulls does not come back. It says nothing
  /// that its underscored twin does not.
  func testListsOfNullsAreEqualToNone() throws {
    let json = #"{"resourceType":"Patient","name":[{"given":[null,null],"_given":[{"id":"a"},{"id":"b"}]}]}"#
    let read = try Patient(json: Array(json.utf8))
    XCTAssertEqual(String(decoding: read.json(), as: UTF8.self), json)
    let crossed = try Patient(xml: read.xml())
    XCTAssertEqual(crossed, read)
    XCTAssertEqual(read, crossed)
    XCTAssertEqual(
      String(decoding: crossed.json(), as: UTF8.self), json.replacing(#""given":[null,null],"#, with: ""))
    XCTAssertNotEqual(crossed, Patient { $0.name = [HumanName(given: ["a"])] })
  }

  /// What a lenient reading keeps of one format cannot be said in the other without knowing its type; its issue said so.
  func testWhatIsKeptStaysInItsFormat() throws {
    let json = Array(#"{"resourceType":"Patient","nickname":"x","active":true}"#.utf8)
    let (read, issues) = try Patient.decode(json: json, options: .lenient)
    XCTAssertEqual(issues.map(\.diagnostics), ["\"nickname\" is not an element of Patient"])
    XCTAssertTrue(String(decoding: read.json(), as: UTF8.self).contains(#""nickname":"x""#))
    XCTAssertEqual(try Patient(xml: read.xml()), Patient { $0.active = true })
  }

  func testCharactersThatXMLHasNotNameTheirPlace() {
    let patient = Patient { $0.name = [HumanName(family: "a"), HumanName(family: "\u{FFFF}")] }
    XCTAssertThrowsError(try patient.xml()) {
      XCTAssertEqual(($0 as? FHIREncodingError)?.issues.first?.expression, "Patient.name[1].family")
    }
  }

  func testLenientReadingKeepsAndReports() throws {
    let document = patient("<active value=\"true\"/><nickname><a value=\"1\"/></nickname>")
    let (read, issues) = try Patient.decode(xml: document, options: .lenient)
    XCTAssertEqual(issues.map(\.severity), [.warning])
    XCTAssertTrue(String(decoding: try read.xml(), as: UTF8.self).contains("<nickname><a value=\"1\"/></nickname>"))
  }
}
