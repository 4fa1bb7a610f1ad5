import TestSupport
import XCTest
import XML

final class XMLReaderTests: XCTestCase {
  func testEventsNamespacesAndReferences() throws {
    let document = """
      <?xml version="1.0" encoding="utf-8"?>
      <!-- before --><a xmlns="urn:d" xmlns:p="urn:p" x="1 &amp; &lt;2&#x1F600;" p:y='"'>t&amp;<![CDATA[<&]]>u<!-- c -->v\
      <p:b/><?pi x?></a>
      """
    XCTAssertEqual(
      try events(of: document),
      ["<{urn:d}a", "@x=1 & <2😀", "@{urn:p}y=\"", "\"t&<&uv\"", "<{urn:p}b", ">", ">"])
  }

  func testLineEndsAndAttributeWhitespaceAreNormalised() throws {
    XCTAssertEqual(try events(of: "<a b='1\r\n2\t3&#10;4'>x\r\ny&#13;</a>"), ["<a", "@b=1 2 3\n4", "\"x\ny\r\"", ">"])
  }

  func testByteOrderMarkIsSkippedAndCounted() throws {
    var reader = try XMLReader([0xEF, 0xBB, 0xBF] + Array("<a><b/></a>".utf8))
    XCTAssertEqual(try reader.next(), .startElement)
    XCTAssertEqual(try reader.next(), .startElement)
    XCTAssertEqual(reader.tagOffset, 6)
    XCTAssertNil(fault(of: [0xEF, 0xBB, 0xBF] + Array("<a/>".utf8)))
  }

  func testElementSourceIsTheInputsBytes() throws {
    let div = "<div xmlns=\"urn:h\"><p title='a > b'>x &amp; y</p><br/></div>"
    var reader = try XMLReader(Array("<t>\n<s value=\"é\"/> \(div)<after/></t>".utf8))
    XCTAssertEqual(try reader.nextTag(), .startElement)
    XCTAssertEqual(try reader.nextTag(), .startElement)
    XCTAssertEqual(String(decoding: try reader.elementSource(), as: UTF8.self), "<s value=\"é\"/>")
    XCTAssertEqual(try reader.nextTag(), .startElement)
    XCTAssertEqual(reader.line, 2)
    XCTAssertEqual(reader.depth, 2)
    XCTAssertEqual(String(decoding: try reader.elementSource(), as: UTF8.self), div)
    XCTAssertEqual(try reader.nextTag(), .startElement)
    XCTAssertEqual(reader.localName, "after")
    XCTAssertEqual(try reader.nextTag(), .endElement)
    XCTAssertEqual(try reader.nextTag(), .endElement)
    XCTAssertNil(try reader.nextTag())
    XCTAssertNil(try reader.next())
  }

  func testElementTextJoinsItsPiecesAndRefusesChildren() throws {
    var reader = try XMLReader(Array("<a><b>1<!-- -->2<![CDATA[3]]></b><b>4<c/></b></a>".utf8))
    _ = try reader.next()
    _ = try reader.next()
    XCTAssertEqual(try reader.elementText(), "123")
    _ = try reader.next()
    XCTAssertThrowsError(try reader.elementText()) { XCTAssertEqual(($0 as? XMLError)?.code, .malformed) }
  }

  func testNextTagRefusesText() throws {
    var reader = try XMLReader(Array("<a>x<b/></a>".utf8))
    _ = try reader.nextTag()
    XCTAssertThrowsError(try reader.nextTag()) { XCTAssertEqual(($0 as? XMLError)?.code, .malformed) }
  }

  func testNameIndicesAreStable() throws {
    let repeated = String(repeating: "<b c='1'><d/></b>", count: 5000)
    var reader = try XMLReader(Array("<a>\(repeated)</a>".utf8))
    var indices: [String: Set<Int>] = [:]
    while try reader.next() != nil {
      indices[reader.localName, default: []].insert(reader.nameIndex)
      XCTAssertEqual(reader.name(at: reader.nameIndex), reader.localName)
    }
    XCTAssertEqual(indices.count, 3)
    XCTAssertTrue(indices.values.allSatisfy { $0.count == 1 })
  }

  /// Values longer than the chunks fed to libxml2 come out whole, and a text is one event.
  func testLongTextsAndAttributesAreWhole() throws {
    let long = String(repeating: "é=<".replacingOccurrences("<", "&lt;"), count: 300_000)
    let plain = String(repeating: "é=<", count: 300_000)
    let lines = try events(of: "<a b=\"\(long)\">\(long)<c/></a>")
    XCTAssertEqual(lines.count, 6)
    XCTAssertTrue(lines[1] == "@b=" + plain)
    XCTAssertTrue(lines[2] == "\"\(plain)\"")
  }

  func testByteOffsetsHoldInALargeDocument() throws {
    var random = SeededGenerator(seed: 7)
    var document = "<r>"
    for index in 0..<20_000 {
      document += "<e n='\(index)'>" + String(repeating: "é", count: Int.random(in: 0..<9, using: &random)) + "</e>\n"
    }
    let bytes = Array((document + "</r>").utf8)
    var reader = try XMLReader(bytes)
    _ = try reader.next()
    var seen = 0
    while let event = try reader.nextTag(), event == .startElement {
      XCTAssertEqual(reader.line, seen + 1)
      let source = String(decoding: try reader.elementSource(), as: UTF8.self)
      XCTAssertTrue(source.hasPrefix("<e n='\(seen)'>") && source.hasSuffix("</e>"), source)
      seen += 1
    }
    XCTAssertEqual(seen, 20_000)
  }
}

extension String {
  fileprivate func replacingOccurrences(_ character: Character, _ text: String) -> String {
    reduce(into: "") { $0 += $1 == character ? text : String($1) }
  }
}
