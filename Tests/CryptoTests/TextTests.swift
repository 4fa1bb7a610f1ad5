import Crypto
import XCTest

final class TextTests: XCTestCase {
  /// RFC 4648, section 10.
  func testBase64OfTheStandardsExamples() {
    let cases = [
      "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=", "foobar": "Zm9vYmFy",
    ]
    for (plain, text) in cases {
      XCTAssertEqual(Base64.encode(Array(plain.utf8)), text)
      XCTAssertEqual(Base64.decode(text), Array(plain.utf8))
      let bare = text.filter { $0 != "=" }
      XCTAssertEqual(Base64.encode(Array(plain.utf8), alphabet: .url), bare)
      XCTAssertEqual(Base64.decode(bare, alphabet: .url), Array(plain.utf8))
    }
  }

  func testBase64RoundTripsEveryByteAtEveryLength() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: 251 &- $0 &* 37) }
      for alphabet in [Base64.Alphabet.standard, .url] {
        XCTAssertEqual(Base64.decode(Base64.encode(bytes, alphabet: alphabet), alphabet: alphabet), bytes)
      }
    }
  }

  func testBase64RefusesWhatItWouldNotWrite() {
    for text in ["Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm9v ", "Zm\n9", "Zh==", "Zm9=", "Zm-_", "Z=g="] {
      XCTAssertNil(Base64.decode(text), text)
    }
    for text in ["Z", "Zg==", "Zh", "Zm+/", "Zm9"] { XCTAssertNil(Base64.decode(text, alphabet: .url), text) }
  }

  func testHex() {
    XCTAssertEqual(Hex.encode([0, 0x0f, 0xa5, 0xff]), "000fa5ff")
    XCTAssertEqual(Hex.decode("000FA5ff"), [0, 0x0f, 0xa5, 0xff])
    for text in ["0", "0g", " 00", "é"] { XCTAssertNil(Hex.decode(text), text) }
  }

  func testUUIDsHaveTheirVersionAndVariantAndSortByTime() throws {
    let four = try UUIDText.v4()
    XCTAssertNotNil(four.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/))
    XCTAssertNotEqual(four, try UUIDText.v4())
    let seven = try UUIDText.v7(unixMilliseconds: 0x017F_22E2_79B0)
    XCTAssertTrue(seven.hasPrefix("017f22e2-79b0-7"), seven)
    XCTAssertLessThan(seven, try UUIDText.v7(unixMilliseconds: 0x017F_22E2_79B1))
  }

  func testRandomBytes() throws {
    XCTAssertEqual(try secureRandomBytes(0), [])
    XCTAssertEqual(try secureRandomBytes(32).count, 32)
    XCTAssertNotEqual(try secureRandomBytes(32), try secureRandomBytes(32))
  }
}
