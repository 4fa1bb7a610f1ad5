import ClinicModel
import XCTest

final class FixedPointTests: XCTestCase {
  func testAmountTextIsLossless() throws {
    for text in ["0.00", "12.50", "-0.01", "999999999999.99", "-999999999999.99"] {
      XCTAssertEqual(try Amount(text).description, text)
    }
    XCTAssertEqual(try Amount("7").description, "7.00")
    XCTAssertEqual(try Amount("+7.5000").description, "7.50")
  }

  func testAmountRefusesWhatItCannotHold() {
    let cases: [(String, ClinicValueError.Code)] = [
      ("1.005", .tooManyDecimals), ("", .notANumber), (".5", .notANumber), ("1.", .notANumber), ("1e3", .notANumber),
      ("1,5", .notANumber), ("--1", .notANumber), ("-", .notANumber), ("99999999999999999999", .overflow),
      ("92233720368547758.08", .overflow), ("1 ", .notANumber), ("١", .notANumber),
    ]
    for (text, code) in cases {
      XCTAssertThrowsError(try Amount(text), text) { XCTAssertEqual(($0 as? ClinicValueError)?.code, code, text) }
    }
  }

  func testQuantityPrintsShortest() throws {
    XCTAssertEqual(try Quantity("9.975").description, "9.975")
    XCTAssertEqual(try Quantity("20.000000").description, "20")
    XCTAssertEqual(try Quantity("0.000001").description, "0.000001")
    XCTAssertEqual(try Quantity("12.5").text(minimumDecimals: 2), "12.50")
  }

  func testProductsRoundHalfAwayFromZero() throws {
    XCTAssertEqual(try Quantity("0.5").amount(times: Quantity("0.01")), Amount(cents: 1))
    XCTAssertEqual(try Quantity("-0.5").amount(times: Quantity("0.01")), Amount(cents: -1))
    XCTAssertEqual(try Quantity("0.499999").amount(times: Quantity("0.01")), .zero)
    XCTAssertEqual(try Quantity("3").amount(times: Quantity("33.333333")), Amount(cents: 10_000))
    XCTAssertEqual(try Amount("100.05").percentage(Quantity("9.975")), Amount(cents: 998))
  }

  func testOverflowIsAnErrorNeverAWrap() {
    let most = Amount(cents: .max)
    XCTAssertThrowsError(try most.adding(Amount(cents: 1)))
    XCTAssertThrowsError(try most.percentage(Quantity(millionths: .max)))
    XCTAssertThrowsError(try Quantity(millionths: .max).amount(times: Quantity(millionths: .max)))
    XCTAssertThrowsError(try Amount.sum([most, most]))
  }
}
