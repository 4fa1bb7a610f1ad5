import JSON
import XCTest

final class JSONWriterTests: XCTestCase {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  func testWritesStructureWithoutWhiteSpace() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("a", "x")
    writer.member("skipped", ifPresent: nil)
    writer.key("b")
    writer.beginArray()
    writer.number(1)
    writer.number(text: "1.00")
    writer.bool(true)
    writer.null()
    writer.beginObject()
    writer.endObject()
    writer.beginArray()
    writer.endArray()
    writer.raw(Array("[0]".utf8))
    writer.endArray()
    writer.member("c", 7)
    writer.endObject()
    let written = writer.finish()
    XCTAssertEqual(text(written), #"{"a":"x","b":[1,1.00,true,null,{},[],[0]],"c":7}"#)
  }

  func testWritesPretty() {
    let value: JSONValue = ["a": [1, ["b": "c"]], "d": [], "e": .object(JSONObject())]
    let expected = """
      {
        "a": [
          1,
          {
            "b": "c"
          }
        ],
        "d": [],
        "e": {}
      }
      """
    XCTAssertEqual(text(value.serialized(pretty: true)), expected)
  }

  func testEscapesWhatMustBeAndNothingElse() {
    let value = JSONValue.string("\"\\\u{8}\u{c}\n\r\t\u{1}\u{1f}/\u{7f}é\u{2028}😀")
    XCTAssertEqual(
      text(value.serialized()), "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\u{7f}é\u{2028}😀\"")
  }

  func testGrowsPastItsFirstCapacity() throws {
    let items = (0..<2_000).map { JSONValue.string(String(repeating: "\n", count: $0 % 40) + "\($0)") }
    let value = JSONValue.array(items)
    XCTAssertEqual(try JSONValue.parse(value.serialized()), value)
    XCTAssertEqual(try JSONValue.parse(value.serialized(pretty: true)), value)
  }

  func testObjectsKeepTheirOrderWhenChanged() {
    var object: JSONObject = ["a": 1, "b": 2]
    object["c"] = 3
    object["a"] = "new"
    object["b"] = nil
    XCTAssertEqual(text(JSONValue.object(object).serialized()), #"{"a":"new","c":3}"#)
  }

  func testRemoveAllStartsAgain() {
    var writer = JSONWriter()
    writer.beginArray()
    writer.string("x")
    writer.removeAll()
    writer.string("y")
    let written = writer.finish()
    XCTAssertEqual(text(written), "\"y\"")
  }

  /// The search for what must be escaped goes by words: every length, and every pair of places, against a plain loop.
  func testEscapesAtEveryPlaceOfEveryLength() {
    for length in 0...26 {
      for first in 0..<max(length, 1) {
        for second in first..<max(length, 1) {
          for (special, escape) in [("\"", "\\\""), ("\\", "\\\\"), ("\u{1}", "\\u0001"), ("\n", "\\n")] {
            var units = [String](repeating: "é", count: length)
            if length > first { units[first] = special }
            if length > second { units[second] = "\u{1F}" }
            let expected = units.map { $0 == special ? escape : $0 == "\u{1F}" ? "\\u001f" : $0 }.joined()
            let ascii = units.map { $0 == "é" ? "!" : $0 }
            var writer = JSONWriter(capacity: 1)
            writer.beginArray()
            writer.string(units.joined())
            writer.string(ascii.joined())
            writer.endArray()
            let written = writer.finish()
            XCTAssertEqual(
              text(written), "[\"\(expected)\",\"\(expected.replacing("é", with: "!"))\"]")
          }
        }
      }
    }
  }

  func testPreparedKeys() {
    let key: StaticString = ",\"name\":"
    let bytes = UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
    for isPretty in [false, true] {
      var writer = JSONWriter(pretty: isPretty)
      writer.beginObject()
      writer.key(prepared: bytes)
      writer.number(1)
      writer.key(prepared: bytes)
      writer.string("x")
      writer.endObject()
      let written = writer.finish()
      XCTAssertEqual(
        text(written), isPretty ? "{\n  \"name\": 1,\n  \"name\": \"x\"\n}" : #"{"name":1,"name":"x"}"#)
    }
  }
}
