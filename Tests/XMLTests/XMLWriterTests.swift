import TestSupport
import XCTest
import XML

final class XMLWriterTests: XCTestCase {
  private func written(
    indentation: Int? = nil, illegal: XMLWriter.IllegalCharacters = .refuse, _ body: (inout XMLWriter) -> Void
  ) throws -> String {
    var writer = XMLWriter(indentation: indentation, declaration: false, illegalCharacters: illegal)
    body(&writer)
    return String(decoding: try writer.finish(), as: UTF8.self)
  }

  func testElementsAttributesAndNamespaces() throws {
    let document = try written { xml in
      xml.element("a") { xml in
        xml.namespace("urn:d")
        xml.namespace("urn:p", prefix: "p")
        xml.attribute("x", "1")
        xml.element("p:b", "t")
        xml.element("c") { _ in }
        xml.element("d", "5", "unit", "kg")
      }
    }
    XCTAssertEqual(
      document, "<a xmlns=\"urn:d\" xmlns:p=\"urn:p\" x=\"1\"><p:b>t</p:b><c/><d unit=\"kg\">5</d></a>")
    XCTAssertEqual(try events(of: document).first, "<{urn:d}a")
  }

  func testDeclarationAndIndentation() throws {
    var writer = XMLWriter(indentation: 2)
    writer.element("a") { xml in
      xml.element("b") { $0.element("c", "x") }
      xml.element("m") { xml in
        xml.text("mixed ")
        xml.element("i", "y")
      }
      xml.element("e", "")
    }
    XCTAssertEqual(
      String(decoding: try writer.finish(), as: UTF8.self),
      """
      <?xml version="1.0" encoding="UTF-8"?>

      <a>
        <b>
          <c>x</c>
        </b>
        <m>mixed <i>y</i></m>
        <e/>
      </a>

      """.replacing("?>\n\n", with: "?>\n"))
  }

  func testEveryCharacterComesBack() throws {
    let values = [
      "a&b", "<", ">", "]]>", "\"", "'", "\t", "\n", "\r", "\r\n", "é😀", "\u{FFFD}", "\u{85}\u{2028}", "\u{E000}",
    ]
    for value in values {
      let document = try written { xml in
        xml.element("a") { xml in
          xml.attribute("b", value)
          xml.text(value)
        }
      }
      XCTAssertEqual(try events(of: document), ["<a", "@b=\(value)", "\"\(value)\"", ">"])
    }
  }

  func testIllegalCharactersAreRefusedOrReplaced() throws {
    for value in ["\u{0}", "\u{1}", "\u{B}", "\u{1F}", "\u{FFFE}", "\u{FFFF}"] {
      XCTAssertThrowsError(try written { $0.element("cbc:Note", "x\(value)y") }) { error in
        XCTAssertEqual((error as? XMLError)?.code, .illegalCharacter)
        XCTAssertTrue((error as? XMLError)?.message.contains("cbc:Note") ?? false)
      }
      XCTAssertEqual(try written(illegal: .replace) { $0.element("a", "x\(value)y") }, "<a>x\u{FFFD}y</a>")
    }
  }

  func testDocumentsThatAreNotWellFormed() {
    let faults: [(inout XMLWriter) -> Void] = [
      { _ in },
      { $0.startElement("a") },
      { $0.endElement() },
      { xml in
        xml.element("a", "x")
        xml.element("b", "x")
      },
      { $0.text("x") },
      { $0.element("a b", "x") },
      { $0.element("", "x") },
      { $0.element("1a", "x") },
      { $0.element("a><b", "x") },
      {
        $0.element("a") { xml in
          xml.text("x")
          xml.attribute("b", "late")
        }
      },
      { $0.element("a") { $0.attribute("b='1' c", "x") } },
    ]
    for (index, fault) in faults.enumerated() {
      XCTAssertThrowsError(try written { fault(&$0) }, "fault \(index)") {
        XCTAssertEqual(($0 as? XMLError)?.code, .writer, "fault \(index)")
      }
    }
  }

  func testRandomTextRoundTrips() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("XMLWriterTests.testRandomTextRoundTrips seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let pool: [Character] = [
      "a", "&", "<", ">", "\"", "'", "\t", "\n", "\r", "é", "中", "😀", "]", " ", "\u{EFFF}", "\u{F000}",
    ]
    for _ in 0..<500 {
      let value = String(
        (0..<Int.random(in: 1..<60, using: &random)).compactMap { _ in pool.randomElement(using: &random) })
      let document = try written { xml in
        xml.element("a") { xml in
          xml.attribute("b", value)
          xml.text(value)
        }
      }
      XCTAssertEqual(try events(of: document), ["<a", "@b=\(value)", "\"\(value)\"", ">"])
    }
  }
}
