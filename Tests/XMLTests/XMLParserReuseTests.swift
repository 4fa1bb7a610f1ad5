import Dispatch
import XCTest
import XML

/// A parser reads one document after another: nothing of one may be seen in the next, whatever it was.
final class XMLParserReuseTests: XCTestCase {
  private let first = "<a xmlns='urn:d' xmlns:p='urn:p' p:x='1'><p:b>t</p:b></a>"
  private let firstEvents = ["<{urn:d}a", "@{urn:p}x=1", "<{urn:p}b", "\"t\"", ">", ">"]

  func testNamespacesAndTextsEndWithTheirDocument() throws {
    for _ in 0..<20 {
      XCTAssertEqual(try events(of: first), firstEvents)
      XCTAssertEqual(try events(of: "<a>u</a>"), ["<a", "\"u\"", ">"])
      XCTAssertEqual(fault(of: "<p:a/>")?.code, .namespace)
      XCTAssertEqual(fault(of: "<a p:x='1'/>")?.code, .namespace)
    }
  }

  /// Places are counted from the start of each document.
  func testPlacesBeginAnew() throws {
    for _ in 0..<20 {
      var reader = try XMLReader(Array("\n\n<a>\n<b/></a>".utf8))
      XCTAssertEqual(try reader.nextTag(), .startElement)
      XCTAssertEqual(try reader.nextTag(), .startElement)
      XCTAssertEqual([reader.line, reader.tagOffset, reader.depth], [4, 6, 2])
      XCTAssertEqual(try reader.nextTag(), .endElement)
      XCTAssertEqual(try reader.nextTag(), .endElement)
      XCTAssertNil(try reader.nextTag())
      let error = fault(of: "<a>\n<b></c></a>")
      XCTAssertEqual(error?.line, 2)
      XCTAssertEqual(error?.byteOffset, fault(of: "<a>\n<b></c></a>")?.byteOffset)
    }
  }

  /// What a document was refused for stays with it: entities, depth, damage, a reading that was given up.
  func testFaultsStayWithTheirDocument() throws {
    let deep = String(repeating: "<a>", count: 70)
    for bad in [
      "<!DOCTYPE a><a/>", "<a>&x;</a>", deep, "<a><b>", "<a", "<a/><b/>", "<a xmlns:p='u'><p:b></a>", "\u{1}",
    ] {
      XCTAssertNotNil(fault(of: bad))
      XCTAssertEqual(try events(of: first), firstEvents, "after \(bad)")
      var abandoned = try XMLReader(Array(first.utf8))
      XCTAssertEqual(try abandoned.next(), .startElement)
    }
    XCTAssertEqual(try events(of: first), firstEvents)
  }

  func testReadersThatOverlap() throws {
    var outer = try XMLReader(Array(first.utf8))
    XCTAssertEqual(try outer.next(), .startElement)
    XCTAssertEqual(try events(of: "<z:q xmlns:z='urn:z'/>"), ["<{urn:z}q", ">"])
    XCTAssertEqual([outer.localName, outer.namespace], ["a", "urn:d"])
    XCTAssertEqual(try outer.next(), .startElement)
    XCTAssertEqual([outer.localName, outer.namespace], ["b", "urn:p"])
  }

  /// A document of many names is read, and its parser is not kept for the next.
  func testManyNames() throws {
    let names = (0..<5_000).map { "<n\($0)/>" }.joined()
    for _ in 0..<8 { XCTAssertNil(fault(of: "<a>\(names)</a>")) }
    // The limit is the document's: what earlier ones were called does not count against it.
    for _ in 0..<8 {
      let other = (0..<19_000).map { "<m\($0)/>" }.joined()
      XCTAssertNil(fault(of: "<a>\(other)</a>"))
    }
    XCTAssertEqual(fault(of: first, limits: XMLLimits(names: 3))?.code, .limit)
    XCTAssertEqual(try events(of: first), firstEvents)
    XCTAssertEqual(fault(of: first, limits: XMLLimits(names: 3))?.code, .limit)
  }

  func testManyThreads() {
    let (first, expected) = (first, firstEvents)
    DispatchQueue.concurrentPerform(iterations: 64) { index in
      for round in 0..<20 {
        let own = "<t\(index)><r\(round) v='\(index)'/></t\(index)>"
        XCTAssertEqual(try? events(of: own), ["<t\(index)", "<r\(round)", "@v=\(index)", ">", ">"])
        XCTAssertEqual(try? events(of: first), expected)
      }
    }
  }
}
