import JSON
import XCTest

final class JSONParsingTests: XCTestCase {
  private func code(_ text: String, _ limits: JSONLimits = .default) -> JSONError.Code? {
    code(Array(text.utf8), limits)
  }

  private func code(_ bytes: [UInt8], _ limits: JSONLimits = .default) -> JSONError.Code? {
    do throws(JSONError) {
      _ = try JSONValue.parse(bytes, limits: limits)
      return nil
    } catch {
      return error.code
    }
  }

  func testReadsEveryKindAndKeepsOrderAndNumberText() throws {
    let value = try JSONValue.parse(#" {"b":[1.00,-0,1e+2,"é\u00e9\n"],"a":{"x":null,"y":true,"z":false}} "#)
    XCTAssertEqual(value.object?.keys, ["b", "a"])
    XCTAssertEqual(value["b"]?.array?.compactMap(\.number), ["1.00", "-0", "1e+2"])
    XCTAssertEqual(value["b"]?[3]?.string, "éé\n")
    XCTAssertEqual(value["a"], ["x": nil, "y": true, "z": false])
    XCTAssertNil(value["b"]?[4])
    XCTAssertNil(value["c"])
  }

  func testReadsEscapes() throws {
    let value = try JSONValue.parse(#""\"\\\/\b\f\n\r\t\u0041\ud83d\ude00""#)
    XCTAssertEqual(value.string, "\"\\/\u{8}\u{c}\n\r\tA😀")
  }

  func testRefusals() {
    let cases: [(String, JSONError.Code)] = [
      ("", .emptyInput), (" ", .unexpectedEnd), ("\u{FEFF}{}", .byteOrderMark), ("{} {}", .trailingBytes),
      ("[1,]", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte), ("{a:1}", .unexpectedByte),
      ("{'a':1}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("[1 2]", .unexpectedByte),
      ("[1}", .unexpectedByte), ("tru", .unexpectedEnd), ("trux", .unexpectedByte), ("nul", .unexpectedEnd),
      ("NaN", .unexpectedByte), ("+1", .unexpectedByte), (".5", .unexpectedByte), ("-", .unexpectedEnd),
      ("-a", .invalidNumber), ("01", .invalidNumber), ("-012", .invalidNumber), ("1.", .unexpectedEnd),
      ("1.x", .invalidNumber), ("1e", .unexpectedEnd), ("1e+", .unexpectedEnd), ("1e+x", .invalidNumber),
      ("0x1", .trailingBytes), ("\"a", .unexpectedEnd), ("\"a\\", .unexpectedEnd), ("\"\\x\"", .invalidEscape),
      ("\"\\u12\"", .unexpectedEnd), ("\"\\u12g4\"", .invalidEscape), ("\"\\ud800\"", .loneSurrogate),
      ("\"\\ud800\\u0041\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate), ("\"\\u0000\"", .controlCharacter),
      ("\"a\u{0}b\"", .controlCharacter), ("\"a\nb\"", .controlCharacter), ("\u{0}", .unexpectedByte),
      ("{\"a\":1,\"b\":2,\"a\":3}", .duplicateKey), ("{\"a\":1,\"\\u0061\":2}", .duplicateKey),
      ("// x\n1", .unexpectedByte),
    ]
    for (text, expected) in cases { XCTAssertEqual(code(text), expected, text) }
  }

  func testRefusesBytesThatAreNotUTF8() {
    let bad: [[UInt8]] = [
      [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
      [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x28, 0xA1],
      [0xF0, 0x9F, 0x98], [0xC3, 0x28],
    ]
    for sequence in bad {
      for padding in 0..<10 {
        let text = [0x22] + [UInt8](repeating: 0x61, count: padding) + sequence + [0x22]
        XCTAssertEqual(code(text), .invalidUTF8, "\(sequence) after \(padding)")
      }
    }
    XCTAssertEqual(code("\"é€😀\u{10FFFF}\u{D7FF}\u{E000}\""), nil)
  }

  func testErrorsNameTheByte() {
    XCTAssertThrowsError(try JSONValue.parse("{\"a\":1,\n \"a\":2}")) { error in
      XCTAssertEqual((error as? JSONError)?.offset, 9)
    }
    XCTAssertThrowsError(try JSONValue.parse("[1, x]")) { XCTAssertEqual(($0 as? JSONError)?.offset, 4) }
  }

  func testLimits() {
    var limits = JSONLimits()
    limits.depth = 3
    XCTAssertNil(code("[[[1]]]", limits))
    XCTAssertEqual(code("[[[[1]]]]", limits), .tooDeep)
    XCTAssertNil(code("[[[1]],[[1]],[[2]]]", limits), "siblings are no depth")
    XCTAssertEqual(code(String(repeating: "[", count: 100_000)), .tooDeep)
    XCTAssertEqual(code(String(repeating: "{\"a\":", count: 100_000)), .tooDeep)

    limits = JSONLimits()
    limits.values = 4
    XCTAssertNil(code("[1,2,3]", limits))
    XCTAssertEqual(code("[1,2,3,4]", limits), .tooManyValues)

    limits = JSONLimits()
    limits.stringBytes = 4
    XCTAssertNil(code("\"abcd\"", limits))
    XCTAssertEqual(code("\"abcde\"", limits), .stringTooLong)

    limits = JSONLimits()
    limits.numberBytes = 4
    XCTAssertNil(code("1234", limits))
    XCTAssertEqual(code("12345", limits), .numberTooLong)

    limits = JSONLimits()
    limits.bytes = 4
    XCTAssertNil(code("1234", limits))
    XCTAssertEqual(code("12345", limits), .tooLarge)

    limits = JSONLimits()
    limits.permitsNUL = true
    XCTAssertNil(code("\"\\u0000\"", limits))
  }

  func testDuplicateKeysInALargeObject() {
    let members = (0..<5_000).map { "\"k\($0)\":\($0)" }
    XCTAssertNil(code("{" + members.joined(separator: ",") + "}"))
    XCTAssertEqual(code("{" + members.joined(separator: ",") + ",\"k4321\":0}"), .duplicateKey)
    XCTAssertEqual(code("{" + members.joined(separator: ",") + ",\"k3\":0}"), .duplicateKey)
  }

  func testTruncationAtEveryByteIsRefused() {
    let text = Array(#"{"a":[1.5e-3,"x\ud83d\ude00é",{"b":null}],"c":true,"d":"\\\""}"#.utf8)
    XCTAssertNil(code(text))
    for length in 0..<text.count { XCTAssertNotNil(code(Array(text[..<length])), "cut at \(length)") }
  }

  /// White space is passed over by words of spaces.
  func testWhiteSpaceOfEveryLength() throws {
    for first in ["", "\n", "\r\n", "\t", " \n "] {
      for spaces in 0..<40 {
        let space = first + String(repeating: " ", count: spaces)
        let text = "\(space){\(space)\"a\"\(space):\(space)[\(space)1\(space),\(space)2\(space)]\(space)}\(space)"
        XCTAssertEqual(try JSONValue.parse(Array(text.utf8)).serialized(), Array(#"{"a":[1,2]}"#.utf8))
        XCTAssertThrowsError(try JSONValue.parse(Array((text + "\u{0B}").utf8)))
        XCTAssertThrowsError(try JSONValue.parse(Array(text.utf8.dropLast(space.utf8.count + 1))))
      }
    }
  }
}
