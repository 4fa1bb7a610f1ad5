import TestSupport
import XCTest
import XML

/// What must not get in: see "XML and JSON" in docs/security.md.
final class XMLRefusalTests: XCTestCase {
  private func assertFault(
    _ document: String, _ code: XMLError.Code, _ limits: XMLLimits = .standard, file: StaticString = #filePath,
    line: UInt = #line
  ) {
    let error = fault(of: document, limits: limits)
    XCTAssertEqual(error?.code, code, "\(String(describing: error))", file: file, line: line)
    XCTAssertGreaterThan(error?.line ?? 0, 0, "\(String(describing: error))", file: file, line: line)
  }

  func testDocumentTypesAreRefused() {
    assertFault("<!DOCTYPE a><a/>", .doctype)
    assertFault("<?xml version='1.0'?>\n<!DOCTYPE a [<!ELEMENT a ANY>]>\n<a/>", .doctype)
    assertFault("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", .doctype)
    assertFault("<!DOCTYPE a PUBLIC \"-//X\" \"http://127.0.0.1:1/x.dtd\"><a/>", .doctype)
  }

  func testBillionLaughs() {
    var document = "<!DOCTYPE z [<!ENTITY a \"ha\">"
    for (name, inner) in zip("bcdefghij", "abcdefghi") {
      document += "<!ENTITY \(name) \"" + String(repeating: "&\(inner);", count: 10) + "\">"
    }
    let began = ContinuousClock.now
    assertFault(document + "]><z>&j;</z>", .doctype)
    XCTAssertLessThan(began.duration(to: .now), .seconds(5))
  }

  func testExternalAndParameterEntities() {
    assertFault("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", .doctype)
    assertFault("<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/\"> %x;]><a/>", .doctype)
    assertFault("<a>&x;</a>", .entity)
    assertFault("<a b='&x;'/>", .entity)
    assertFault("<a>&nbsp;</a>", .entity)
  }

  func testXIncludeIsAnElementLikeAnother() throws {
    let lines = try events(
      of: "<a xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='/etc/passwd' parse='text'/></a>")
    XCTAssertEqual(
      lines, ["<a", "<{http://www.w3.org/2001/XInclude}include", "@href=/etc/passwd", "@parse=text", ">", ">"])
  }

  func testShapeOfTheDocument() {
    assertFault("", .empty)
    assertFault(" \n", .empty)
    XCTAssertNotNil(fault(of: "<a/><b/>"))
    XCTAssertNotNil(fault(of: "<a/>text"))
    XCTAssertNotNil(fault(of: "text<a/>"))
    XCTAssertNotNil(fault(of: "<a></b>"))
    XCTAssertNotNil(fault(of: "<a b='1' b='2'/>"))
    XCTAssertNotNil(fault(of: "<a b='<'/>"))
    XCTAssertNotNil(fault(of: "<a b=1/>"))
    XCTAssertNotNil(fault(of: "<a>]]></a>"))
    XCTAssertNotNil(fault(of: "<a><!-- -- --></a>"))
    assertFault("<p:a/>", .namespace)
    assertFault("<a p:b='1'/>", .namespace)
    assertFault("<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", .namespace)
  }

  func testIllegalCharacters() {
    XCTAssertEqual(fault(of: Array("<a>x".utf8) + [0] + Array("</a>".utf8))?.code, .illegalCharacter)
    XCTAssertEqual(fault(of: Array("<a>x".utf8) + [0] + Array("</a>".utf8))?.byteOffset, 4)
    for control: UInt8 in [1, 8, 0x0B, 0x0C, 0x0E, 0x1F] {
      XCTAssertNotNil(fault(of: Array("<a>x".utf8) + [control] + Array("</a>".utf8)), "\(control)")
      XCTAssertNotNil(fault(of: Array("<a b='x".utf8) + [control] + Array("'/>".utf8)), "\(control)")
    }
    XCTAssertNotNil(fault(of: "<a>\u{FFFE}</a>"))
    XCTAssertNotNil(fault(of: "<a>\u{FFFF}</a>"))
    assertFault("<a>&#0;</a>", .illegalCharacter)
    assertFault("<a>&#xFFFF;</a>", .illegalCharacter)
    assertFault("<a>&#xD800;</a>", .illegalCharacter)
    assertFault("<a b='&#1;'/>", .illegalCharacter)
  }

  func testEncodings() {
    for bytes: [UInt8] in [
      [0xC0, 0xAF], [0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xC3], [0xE2, 0x82],
    ] {
      let error = fault(of: Array("<a>".utf8) + bytes + Array("</a>".utf8))
      XCTAssertEqual(error?.code, .encoding)
      XCTAssertEqual(error?.byteOffset, 3, "\(bytes)")
    }
    assertFault("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", .encoding)
    assertFault("<?xml version='1.0' encoding=\"UTF-7\"?><a/>", .encoding)
    XCTAssertEqual(fault(of: [0xFE, 0xFF, 0, 0x3C, 0, 0x61, 0, 0x2F, 0, 0x3E])?.code, .encoding)
    XCTAssertEqual(fault(of: [0xFF, 0xFE, 0x3C, 0, 0x61, 0, 0x2F, 0, 0x3E, 0])?.code, .encoding)
    XCTAssertNil(fault(of: "<?xml version='1.0' encoding='us-ascii'?><a/>"))
  }

  func testEveryTruncationIsAnError() throws {
    let document = Array(
      "<?xml version=\"1.0\"?><a x=\"1&amp;2\"><!-- c --><b>é😀</b><![CDATA[x]]><p:c xmlns:p='u'/></a>".utf8)
    XCTAssertNil(fault(of: document))
    for count in 0..<document.count {
      let error = fault(of: document[..<count])
      XCTAssertNotNil(error, "the first \(count) bytes were taken for a document")
    }
    XCTAssertEqual(fault(of: document[..<(document.count - 1)])?.code, .truncated)
    let cut = fault(of: "<a><b></b>")
    XCTAssertEqual(cut?.code, .truncated)
    XCTAssertEqual(cut?.message, "the document ends with 1 elements open")
  }

  func testLimits() {
    let deep = String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)
    assertFault(deep, .limit)
    XCTAssertNil(fault(of: deep, limits: XMLLimits(depth: 65)))
    assertFault(String(repeating: "<a>", count: 1_000_000), .limit)
    assertFault("<a>" + String(repeating: "<b/>", count: 10) + "</a>", .limit, XMLLimits(elements: 10))
    assertFault("<a>0123456789</a>", .limit, XMLLimits(textBytes: 9))
    assertFault("<a/>", .limit, XMLLimits(bytes: 3))
  }

  func testManyAttributesAreRefusedBeforeTheyAreCompared() {
    let attributes = (0..<300_000).map { " a\($0)='>'" }.joined()
    let began = ContinuousClock.now
    assertFault("<a\(attributes)/>", .limit)
    let namespaces = (0..<300_000).map { " xmlns:a\($0)='u'" }.joined()
    assertFault("<a><!-- <x a='1'> --><![CDATA[<y a='>]]><?p '?><b\(namespaces)/></a>", .limit)
    XCTAssertLessThan(began.duration(to: .now), .seconds(3))
    let few = (0..<64).map { " a\($0)='1'" }.joined()
    XCTAssertNil(fault(of: "<a\(few)/>"))
    assertFault("<a\(few) b='2'/>", .limit)
  }

  func testErrorsSayWhere() {
    let error = fault(of: "<a>\n  <b>\n  </c>\n</a>")
    XCTAssertEqual(error?.line, 3)
    XCTAssertEqual(error?.code, .malformed)
    XCTAssertTrue(error?.description.contains("line 3") ?? false)
    let bad = fault(of: Array("<a>\n\n é".utf8) + [0xFF] + Array("</a>".utf8))
    XCTAssertEqual(bad.map { [$0.line, $0.column, $0.byteOffset] }, [3, 4, 8])
  }

  /// Bytes changed at random: an answer each time, never a crash, and a document that is read writes back to itself.
  func testRandomMutations() {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("XMLRefusalTests.testRandomMutations seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let document = Array(
      "<?xml version='1.0'?><a x=\"1&amp;2\"><!-- c --><b y='&#65;'>é😀</b><![CDATA[x]]><p:c xmlns:p='u'/></a>".utf8)
    let pool: [UInt8] = Array("<>&\"'/=! -[]?;#x:a\n".utf8) + [0, 1, 0x80, 0xC3, 0xEF, 0xFF]
    var refused = 0
    for _ in 0..<5000 {
      var bytes = document
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = pool.randomElement(using: &random) ?? 0
        case 1: bytes.insert(pool.randomElement(using: &random) ?? 0, at: index)
        default: bytes.remove(at: index)
        }
      }
      if fault(of: bytes) != nil { refused += 1 }
    }
    XCTAssertGreaterThan(refused, 2000)
  }
}
