import ClinicModel
import TestSupport
import XCTest

@testable import Gateway

final class SearchDateTests: XCTestCase {
  private let utc = SearchDate.Context(now: 0) { _ in 0 }

  private func range(_ text: String, _ context: SearchDate.Context? = nil) throws -> [Int64] {
    let date = try SearchDate(text, in: context ?? utc)
    return [date.lower, date.upper]
  }

  func testEachPrecisionIsItsStretch() throws {
    let day: Int64 = 86_400_000_000
    XCTAssertEqual(try range("1970"), [0, 365 * day])
    XCTAssertEqual(try range("1970-02"), [31 * day, 59 * day])
    XCTAssertEqual(try range("1972-02"), [761 * day, 790 * day])
    XCTAssertEqual(try range("1970-12"), [334 * day, 365 * day])
    XCTAssertEqual(try range("1970-01-02"), [day, 2 * day])
    XCTAssertEqual(try range("1970-01-01T01:00"), [3_600_000_000, 3_660_000_000])
    XCTAssertEqual(try range("1970-01-01T00:00:01"), [1_000_000, 2_000_000])
    XCTAssertEqual(try range("1970-01-01T00:00:00.25"), [250_000, 260_000])
    XCTAssertEqual(try range("1970-01-01T00:00:00.1234567"), [123_456, 123_457])
    XCTAssertEqual(try range("1970-01-01T01:00:00+01:00"), [0, 1_000_000])
    XCTAssertEqual(try range("1970-01-01T01:00:00 01:00"), [0, 1_000_000])
    XCTAssertEqual(try range("1969-12-31T23:59:59Z"), [-1_000_000, 0])
    XCTAssertEqual(try range("1969-12-31T23:30-00:30"), [0, 60_000_000])
  }

  func testWithoutAZoneTheClinicsClockRules() throws {
    let casablanca = SearchDate.Context(now: 0) { _ in 3_600 }
    XCTAssertEqual(try range("1970-01-01", casablanca), [-3_600_000_000, 82_800_000_000])
    XCTAssertEqual(try range("1970-01-01T00:00Z", casablanca), [0, 60_000_000])
    // Clocks that go from 0 to +1 h at the end of day 0: that day is an hour short.
    let jumping = SearchDate.Context(now: 0) { $0 < 86_400 ? 0 : 3_600 }
    XCTAssertEqual(try range("1970-01-01", jumping), [0, 82_800_000_000])
    // A local hour that never was still means an instant, not an empty or reversed stretch.
    let gap = SearchDate.Context(now: 0) { $0 < 3_660 ? 0 : 3_600 }
    let missing = try range("1970-01-01T01:00", gap)
    XCTAssertLessThan(missing[0], missing[1])
  }

  func testAZoneWithSummerTime() throws {
    let paris = SearchDate.Context(now: Instant(microseconds: 0), zone: try ZoneOffsets(tzif: zoneFile("Europe/Paris")))
    let hour: Int64 = 3_600_000_000
    // Clocks went from 2 to 3 on that Sunday, and back from 3 to 2 on the other.
    for (day, hours) in [("2024-03-30", 24), ("2024-03-31", 23), ("2024-10-27", 25), ("1969-12-31", 24)]
      as [(String, Int64)]
    {
      let bounds = try range(day, paris)
      XCTAssertEqual(bounds[1] - bounds[0], hours * hour, day)
    }
    XCTAssertEqual(try range("2024-07-01T00:00:00", paris), try range("2024-07-01T00:00:00+02:00"))
    XCTAssertEqual(try range("2024-01-01T00:00:00", paris), try range("2024-01-01T00:00:00+01:00"))
    XCTAssertEqual(try range("2024-07", paris)[0], try range("2024-06-30T22:00Z")[0])
  }

  func testDaysAreKeptBesideInstants() throws {
    let west = SearchDate.Context(now: 0) { _ in -18_000 }
    let date = try SearchDate("ge2000-02", in: west)
    XCTAssertEqual(date.prefix, .ge)
    XCTAssertEqual([date.firstDay, date.endDay], [10_988, 11_017])
    XCTAssertFalse(date.hasTime)
    XCTAssertTrue(try SearchDate("2000-02-01T10:00", in: west).hasTime)
  }

  func testAboutIsATenthOfTheDistanceFromNow() throws {
    let context = SearchDate.Context(now: 1_000_000_000) { _ in 0 }
    XCTAssertEqual(try range("ap1970-01-01T00:00:00", context), [-99_950_000, 100_950_000])
    XCTAssertEqual(try range("ap1970-01-01T00:16:40", context), [999_950_000, 1_001_050_000])
  }

  func testEveryPrefix() throws {
    for prefix in SearchPrefix.allCases {
      XCTAssertEqual(try SearchDate(prefix.rawValue + "2020-01-01", in: utc).prefix, prefix)
    }
  }

  func testWhatIsNoDate() {
    for text in [
      "", "eq", "20", "202", "20200", "2020-1", "2020-13", "2020-00", "2020-02-30", "2021-02-29", "1900-02-29",
      "2020-01-00",
      "2020-04-31", "2020-01-01T", "2020-01-01T10", "2020-01-01T24:00", "2020-01-01T10:60", "2020-01-01T10:00:60",
      "2020-01-01T10:00:00.", "2020-01-01T10:00:00.1234567890", "2020-01-01T10:00+1", "2020-01-01T10:00+15:00",
      "2020-01-01T10:00+14:01", "2020-01-01T10:00+0100", "2020-01-01T10:00ZZ", "2020-01-01 10:00", "2020-01-01t10:00",
      "xx2020", "GE2020", "ge", "0000", "9999", "2020-", "2020-01-", "+2020", "-2020", "2020/01/01", "２０２０",
      "2020-01-01Z",
      String(repeating: "2", count: 100_000),
    ] { XCTAssertThrowsError(try SearchDate(text, in: utc), String(text.prefix(40))) }
    XCTAssertThrowsError(try SearchDate("2021-02-29", in: utc)) {
      XCTAssertEqual(($0 as? SearchDate.Failure)?.message, "there is no day 29 in month 2 of 2021")
    }
  }
}
