import FHIRModels
import XCTest

final class PrimitiveTests: XCTestCase {
  func testDatesKeepTheirPrecision() {
    XCTAssertEqual(FHIRDate("1980-04")?.month, 4)
    XCTAssertNil(FHIRDate("1980-04")?.day)
    XCTAssertEqual(FHIRDate(year: 1980, month: 4, day: 9)?.text, "1980-04-09")
    XCTAssertEqual(FHIRDate(year: 980)?.text, "0980")
    for text in ["2026-02-30", "2026-00", "0000", "2026-1", "2026-01-01T00:00:00Z", "", "2026-", "20260101"] {
      XCTAssertNil(FHIRDate(text), text)
    }
    XCTAssertNil(FHIRDate(year: 2026, month: 2, day: 29))
  }

  func testDaysCountThroughTheCalendar() {
    XCTAssertEqual(FHIRDate("1970-01-01")?.daysSinceEpoch, 0)
    XCTAssertEqual(FHIRDate("2000-03-01")?.daysSinceEpoch, 11_017)
    XCTAssertEqual(FHIRDate("1969-12-31")?.daysSinceEpoch, -1)
    for days in stride(from: -719_000, through: 800_000, by: 997) {
      XCTAssertEqual(FHIRDate(daysSinceEpoch: days)?.daysSinceEpoch, days)
    }
  }

  func testMomentsKeepTheirZone() {
    let moment = FHIRDateTime("2026-03-01T00:30:00.125+01:00")
    XCTAssertEqual(moment?.offsetMinutes, 60)
    XCTAssertEqual(moment?.epochMicroseconds, FHIRInstant("2026-02-28T23:30:00.125Z")?.epochMicroseconds)
    XCTAssertEqual(
      moment.map { FHIRDateTime(epochMicroseconds: $0.epochMicroseconds, offsetMinutes: 60).text }, moment?.text)
    XCTAssertEqual(FHIRInstant(epochMicroseconds: -1, offsetMinutes: 0).text, "1969-12-31T23:59:59.999999Z")
    XCTAssertEqual(FHIRInstant(epochMicroseconds: 0, offsetMinutes: -210).text, "1969-12-31T20:30:00-03:30")
    XCTAssertNil(FHIRInstant("2026-03-01"))
    XCTAssertNil(FHIRDateTime("2026-03-01T00:30:00"))
    XCTAssertEqual(FHIRDateTime("2026-03")?.hasTime, false)
    XCTAssertNil(FHIRTime("24:00:00"))
    XCTAssertNotNil(FHIRTime("23:59:59.5"))
  }

  func testDecimalsKeepTheirText() {
    XCTAssertEqual(FHIRDecimal("1.00")?.text, "1.00")
    XCTAssertNotEqual(FHIRDecimal("1.00"), FHIRDecimal("1.0"))
    for text in ["", "1.", ".5", "01", "+1", "1e", "NaN", "1 ", " 1"] { XCTAssertNil(FHIRDecimal(text), text) }
    XCTAssertEqual(FHIRDecimal(minorUnits: 1_250, scale: 2).text, "12.50")
    XCTAssertEqual(FHIRDecimal(minorUnits: -5, scale: 2).text, "-0.05")
    XCTAssertEqual(FHIRDecimal(minorUnits: 0, scale: 3).text, "0.000")
    XCTAssertEqual(FHIRDecimal(minorUnits: 7, scale: 0).text, "7")
    XCTAssertEqual(FHIRDecimal(minorUnits: .min, scale: 2).minorUnits(scale: 2), .min)
  }

  func testDecimalsBecomeMinorUnitsExactlyOrNotAtAll() {
    let cases: [(String, Int, Int64?)] = [
      ("12.50", 2, 1_250), ("12.5", 2, 1_250), ("12.505", 2, nil), ("12.5000", 2, 1_250), ("-0.05", 2, -5),
      ("1e2", 2, 10_000), ("1.5E-1", 2, 15), ("1e-3", 2, nil), ("0", 2, 0), ("-0.00", 2, 0), ("0e999", 2, 0),
      ("9223372036854775807", 0, .max), ("9223372036854775808", 0, nil), ("-9223372036854775808", 0, .min),
      ("1e30", 0, nil), ("100", -2, 1), ("150", -2, nil),
    ]
    for (text, scale, expected) in cases {
      XCTAssertEqual(FHIRDecimal(text)?.minorUnits(scale: scale), expected, "\(text) at \(scale)")
    }
  }
}
