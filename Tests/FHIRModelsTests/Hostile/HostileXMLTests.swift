import FHIRModels
import XCTest

/// XML that somebody wrote to do harm, or that no care was taken of.
final class HostileXMLTests: XCTestCase {
  private func check(
    _ text: String, _ code: IssueType = .structure, at expression: String?, byte: Int? = nil, line: UInt = #line
  ) {
    check(Array(text.utf8), code, at: expression, byte: byte, line: line)
  }

  private func check(
    _ document: [UInt8], _ code: IssueType = .structure, at expression: String?, byte: Int? = nil,
    file: StaticString = #filePath, line: UInt = #line
  ) {
    Hostile.check(document, .xml, code, at: expression, byte: byte, file: file, line: line)
  }

  private let head = "<Patient xmlns=\"http://hl7.org/fhir\">"
  private let tail = "</Patient>"

  func testEntitiesAndDocumentTypes() {
    var laughs = "<!DOCTYPE x [<!ENTITY a \"ha\">"
    for (name, inner) in zip("bcdefghij", "abcdefghi") {
      laughs += "<!ENTITY \(name) \"\(String(repeating: "&\(inner);", count: 10))\">"
    }
    let long = String(repeating: "a", count: 100_000)
    for type in [
      laughs + "]>", "<!DOCTYPE Patient>", "<!DOCTYPE x [<!ENTITY a \"\(long)\">]>",
      "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">", "<!DOCTYPE x PUBLIC \"-//X\" \"http://127.0.0.1:1/x.dtd\">",
      "<!DOCTYPE x [<!ENTITY j SYSTEM \"file:///etc/passwd\">]>",
      "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/\"> %p;]>",
      "<!DOCTYPE x [<!ATTLIST id value CDATA \"z\">]>",
    ] {
      for use in ["<id value=\"&j;\"/>", "<id value=\"a\"/>", "<id/>"] {
        let document = Array((type + head + use + tail).utf8)
        check(document, at: nil)
        Hostile.checkCost(document, .xml, "a document type")
      }
    }
    for entity in ["&x;", "&nbsp;", "&a b;", "&", "&;", "&#;", "&#x;", "&#xD800;", "&#0;", "&#x110000;"] {
      check(head + "<id value=\"\(entity)\"/>" + tail, at: "Patient")
    }
    XCTAssertEqual(try Patient(xml: Array((head + "<id value=\"&#x61;&#98;\"/>" + tail).utf8)).id, "ab")
  }

  func testWhatIsNoContent() {
    let include =
      "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"file:///etc/passwd\" parse=\"text\"/>"
    check(include, at: nil, byte: 0)
    check(head + include + tail, at: "Patient", byte: head.utf8.count)
    check(head + "<name>" + include + "</name>" + tail, at: "Patient.name[0]")
    // Schema hints, comments and instructions to tools are passed over, and nothing is fetched.
    let hints =
      "<?xml-stylesheet href=\"http://127.0.0.1:1/x.xsl\"?><!-- c --><Patient xmlns=\"http://hl7.org/fhir\" "
      + "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://hl7.org/fhir "
      + "http://127.0.0.1:1/p.xsd\"><?x y?><id value=\"a\"/><!-- d --></Patient>"
    XCTAssertEqual(try Patient(xml: Array(hints.utf8)).id, "a")
  }

  func testRootsAndNamespaces() {
    check(head + tail + head + tail, at: "Patient", byte: (head + tail).utf8.count)
    check(head + "<id value=\"a\"/>" + tail + "x", at: "Patient")
    check("x" + head + tail, at: nil)
    check("<Patient/>", at: nil, byte: 0)
    check("<Patient xmlns=\"http://hl7.org/fhir/\"/>", at: nil, byte: 0)
    check("<Patient xmlns=\"urn:hl7-org:v3\"/>", at: nil, byte: 0)
    check("<f:Patient/>", at: nil)
    check(head + "<id xmlns=\"urn:x\" value=\"a\"/>" + tail, at: "Patient")
    check(head + "<id xmlns=\"\" value=\"a\"/>" + tail, at: "Patient")
    check(head + "<id xmlns:x=\"urn:x\" x:value=\"a\"/>" + tail, at: "Patient.id")
    check(head + "<id value=\"a\" value=\"b\"/>" + tail, at: "Patient")
    let prefixed = "<f:Patient xmlns:f=\"http://hl7.org/fhir\"><f:id value=\"a\"/></f:Patient>"
    XCTAssertEqual(try Patient(xml: Array(prefixed.utf8)).id, "a")
  }

  func testCharacters() {
    let id = head + "<name><family value=\"a"
    for bad: [UInt8] in [[0x80], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF], [0]] {
      check(Array(id.utf8) + bad + Array("\"/></name></Patient>".utf8), at: "Patient.name[0]", byte: id.utf8.count)
    }
    for bad: [UInt8] in [[1], [0x1F], [0xEF, 0xBF, 0xBF]] {
      check(Array(id.utf8) + bad + Array("\"/></name></Patient>".utf8), at: "Patient.name[0]")
    }
    check([0xFE, 0xFF, 0, 0x3C, 0, 0x61], at: nil, byte: 0)
    check("<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + head + tail, at: nil)
    check("", at: nil, byte: 0)
    check(" \n", at: nil)
    check("{\"resourceType\":\"Patient\"}", at: nil, byte: 0)
    // A byte order mark may begin an XML document (XML 1.0, appendix F).
    let marked = [0xEF, 0xBB, 0xBF] + Array((head + "<id value=\"a\"/>" + tail).utf8)
    XCTAssertEqual(try Patient(xml: marked).id, "a")
  }

  func testNumbers() {
    func invoice(_ value: String) -> [UInt8] {
      Array(
        ("<Invoice xmlns=\"http://hl7.org/fhir\"><status value=\"issued\"/><totalNet><value value=\"\(value)\"/>"
          + "</totalNet></Invoice>").utf8)
    }
    let place = "Invoice.totalNet.value"
    let nines = String(repeating: "9", count: 10_000_000)
    for bad in ["01", "+1", ".5", "1.", "1e", "-", "0x10", "NaN", "Infinity", "", " 1", nines, "1e" + nines] {
      let issues = Hostile.issues(invoice(bad), .xml)
      Hostile.checkRefusal(issues, of: invoice(bad), String(bad.prefix(20)))
      XCTAssertEqual(issues.first?.expression, place, String(bad.prefix(20)))
    }
    for text in [String(repeating: "9", count: 256), "1e999999999", "-1e-999999999"] {
      XCTAssertEqual(try? Invoice(xml: invoice(text)).totalNet?.value?.text, text)
    }
    for whole in ["2147483648", "-2147483649", "1e1", "1.0"] {
      check(head + "<multipleBirthInteger value=\"\(whole)\"/>" + tail, .value, at: "Patient.multipleBirth")
    }
  }

  func testElementsThatStandTwice() {
    check(head + "<active value=\"true\"/><active value=\"true\"/>" + tail, at: "Patient.active")
    check(
      head + "<deceasedBoolean value=\"true\"/><deceasedDateTime value=\"2020\"/>" + tail, at: "Patient.deceased")
    check(head + "<id value=\"a\"/><name/><id value=\"b\"/>" + tail, at: "Patient.name[0]")
  }

  func testDepth() {
    let repeated = { (piece: String) in Array(String(repeating: piece, count: 100_000).utf8) }
    XCTAssertEqual(Hostile.issues(repeated("<a>"), .xml).map(\.code), [.structure, .tooCostly])
    let deep = "Patient" + String(repeating: ".extension[0]", count: 63)
    check(Array(head.utf8) + repeated("<extension url=\"u\">"), .tooCostly, at: deep)
    Hostile.checkCost(
      Array(head.utf8) + repeated("<contained><Patient>"), .xml, "resources in resources")
  }

  func testCosts() {
    let many = 200_000
    func document(_ body: String) -> [UInt8] { Array((head + body + tail).utf8) }
    func repeated(_ piece: String) -> String { String(repeating: piece, count: many) }
    let names = (0..<many).map { "<k\($0)/>" }.joined()
    let namespaces = (0..<many).map { "<a xmlns=\"u\($0)\"/>" }.joined()
    let attributes = (0..<many).map { " a\($0)=\"\"" }.joined()
    Hostile.checkCost(document(names), .xml, "unknown names")
    Hostile.checkCost(document(namespaces), .xml, "namespaces")
    Hostile.checkCost(document("<name\(attributes)/>"), .xml, "attributes")
    Hostile.checkCost(document(repeated("<x/>")), .xml, "one unknown name")
    Hostile.checkCost(document(repeated("<x/>")), .xml, options: .lenient, "one unknown name, kept")
    Hostile.checkCost(document(repeated("<name/>")), .xml, "empty elements")
    Hostile.checkCost(document("<name>\(repeated("<given/>"))</name>"), .xml, "empty primitives")
    Hostile.checkCost(document("<name>\(repeated("<given value=\"a\"/>"))</name>"), .xml, mayPass: true, "small texts")
    Hostile.checkCost(document("<!-- \(repeated("- "))-->"), .xml, mayPass: true, "a long comment")
    Hostile.checkCost(document("<id value=\"\(repeated("&lt;"))\"/>"), .xml, "a long attribute")
    Hostile.checkCost(document(repeated("<![CDATA[")), .xml, "sections that are not closed")
    Hostile.checkCost(document(repeated("</x>")), .xml, "end tags alone")
    Hostile.checkCost(Array((head + repeated("text &amp; ")).utf8), .xml, "text without end")
    let name = String(repeating: "n", count: 1 << 20)
    Hostile.checkCost(document("<\(name)></\(name.dropLast())>"), .xml, "long names that do not match")
    Hostile.checkCost(document("<name \(name)>"), .xml, "a long attribute without a value")
    let div = "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">"
    Hostile.checkCost(document(div + repeated("<b>x</b>") + "</div></text>"), .xml, mayPass: true, "a long narrative")
    Hostile.checkCost(document(div + repeated("<b>")), .xml, "tags that are not closed")
  }

  func testLenientReadingIsBoundedToo() {
    var options = FHIRDecodingOptions.lenient
    options.limits.kept = 10
    func issues(_ count: Int) -> [FHIRIssue] {
      Hostile.issues(Array((head + String(repeating: "<x/>", count: count) + tail).utf8), .xml, options: options)
    }
    XCTAssertEqual(issues(10), [])
    XCTAssertEqual(issues(11).last?.code, .tooCostly)
  }
}
