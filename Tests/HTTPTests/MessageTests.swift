import HTTP
import XCTest

final class MessageTests: XCTestCase {
  func testFieldsKeepOrderAndRepetition() {
    var fields = HTTPFields()
    fields.append("X-A", "1")
    fields.append(.contentType, "text/plain")
    fields.append("x-a", "2")
    XCTAssertEqual(fields["X-a"], "1")
    XCTAssertEqual(fields.values("X-A"), ["1", "2"])
    fields[.contentType] = "text/html"
    XCTAssertEqual(fields.all.map(\.name), ["X-A", "x-a", "Content-Type"])
    fields["X-A"] = nil
    XCTAssertFalse(fields.contains("X-A"))
    XCTAssertEqual(fields[.contentType], "text/html")
  }

  func testAValueCannotEndItsLine() {
    var fields = HTTPFields()
    fields.append(.location, "/a\r\nSet-Cookie: x\u{0}")
    XCTAssertEqual(fields[.location], "/a  Set-Cookie: x ")
  }

  func testNamesAreTokens() {
    XCTAssertNil(HTTPFieldName(validating: "a b"))
    XCTAssertNil(HTTPFieldName(validating: ""))
    XCTAssertNil(HTTPFieldName(validating: "a:"))
    XCTAssertEqual(HTTPFieldName(validating: "CONTENT-type"), .contentType)
  }

  func testDates() {
    let cases: [(Int64, String)] = [
      (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
      (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ]
    for (seconds, text) in cases {
      XCTAssertEqual(HTTPDate.text(unixSeconds: seconds), text)
      XCTAssertEqual(HTTPDate.unixSeconds(text), seconds)
    }
    for text in [
      "", "Sun, 06 Nov 1994 08:49:37 UTC", "Mon, 06 Nov 1994 08:49:37 GMT", "Thu, 30 Feb 2023 00:00:00 GMT",
      "Sun, 06 Nov 1994 24:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
    ] { XCTAssertNil(HTTPDate.unixSeconds(text), text) }
  }
}
