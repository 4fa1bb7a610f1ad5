import ClinicModel
import TestSupport
import XCTest

final class TimeTests: XCTestCase {
  func testDatesKeepTheirPrecision() throws {
    for text in ["1980", "1980-05", "1980-05-02", "2000-02-29", "0001-01-01", "9999-12-31"] {
      XCTAssertEqual(try CalendarDate(text).description, text)
    }
    XCTAssertEqual(try CalendarDate("1980").dayText, "1980-01-01")
    XCTAssertEqual(try CalendarDate("1980-02").lastDay.dayText, "1980-02-29")
    XCTAssertEqual(try CalendarDate("1980-05-01", precision: .month).description, "1980-05")
  }

  func testDaysThatDoNotExistAreRefused() {
    for text in [
      "1900-02-29", "2023-02-30", "2023-13-01", "2023-00-01", "2023-01-00", "0000-01-01", "23-01-01", "2023/01/01",
      "2023-1-1", "", "2023-01-01T", "2023-04-31",
    ] {
      XCTAssertThrowsError(try CalendarDate(text), text)
    }
  }

  func testDayNumbersRunBothWays() {
    var previous: CalendarDate?
    for day in stride(from: -719_162, through: 2_932_896, by: 997) {
      let date = CalendarDate(daysSinceEpoch: day)
      XCTAssertEqual(date?.daysSinceEpoch, day)
      if let previous, let date { XCTAssertLessThan(previous, date) }
      previous = date
    }
    XCTAssertNil(CalendarDate(daysSinceEpoch: 2_932_897))
  }

  func testTheCalendarAgainstACountOfDays() {
    var expected = CalendarDate.days(year: 1, month: 1, day: 1)
    XCTAssertEqual(expected, -719_162)
    for year in 1...2_400 {
      for month in 1...12 {
        XCTAssertEqual(CalendarDate.days(year: year, month: month, day: 1), expected, "\(year)-\(month)")
        expected += CalendarDate.days(inMonth: month, of: year)
      }
    }
    XCTAssertEqual(CalendarDate.days(year: 2000, month: 3, day: 1), 11_017)
  }

  func testInstantsReadBothStyles() throws {
    let expected = Instant(microseconds: 1_772_353_800_500_000)
    for text in [
      "2026-03-01T09:30:00.5+01:00", "2026-03-01 08:30:00.5+00", "2026-03-01T08:30:00.500000Z",
      "2026-03-01T03:30:00.5000001-0500",
    ] {
      XCTAssertEqual(try Instant(text), expected, text)
    }
    XCTAssertEqual(expected.rfc3339(), "2026-03-01T08:30:00.500Z")
    XCTAssertEqual(expected.rfc3339(offsetSeconds: -12600), "2026-03-01T05:00:00.500-03:30")
    XCTAssertEqual(Instant(microseconds: -1).rfc3339(), "1969-12-31T23:59:59.999999Z")
  }

  func testInstantsThatDoNotExistAreRefused() {
    for text in [
      "2026-03-01T09:30:00", "2026-02-29T09:30:00Z", "2026-03-01T24:00:00Z", "2026-03-01T09:60:00Z",
      "2026-03-01T09:30:00.Z", "2026-03-01T09:30:00+99:00", "2026-03-01T09:30:00Zx", "", "2026-03-01",
    ] {
      XCTAssertThrowsError(try Instant(text), text)
    }
  }
}

final class ZoneTests: XCTestCase {
  private func zone(_ name: String) throws -> ZoneOffsets { try ZoneOffsets(tzif: try zoneFile(name)) }

  func testParisChangesTwiceAYearAlsoAfterTheTable() throws {
    let paris = try zone("Europe/Paris")
    XCTAssertEqual(try Instant("2026-03-29T00:59:59Z").rfc3339(in: paris), "2026-03-29T01:59:59+01:00")
    XCTAssertEqual(try Instant("2026-03-29T01:00:00Z").rfc3339(in: paris), "2026-03-29T03:00:00+02:00")
    XCTAssertEqual(try Instant("2026-10-25T01:00:00Z").rfc3339(in: paris), "2026-10-25T02:00:00+01:00")
    XCTAssertEqual(try Instant("2060-07-01T12:00:00Z").rfc3339(in: paris), "2060-07-01T14:00:00+02:00")
    XCTAssertEqual(try Instant("2060-12-01T12:00:00Z").rfc3339(in: paris), "2060-12-01T13:00:00+01:00")
  }

  func testOtherRules() throws {
    XCTAssertEqual(
      try Instant("2024-02-01T12:00:00Z").rfc3339(in: zone("Africa/Casablanca")), "2024-02-01T13:00:00+01:00")
    // During Ramadan Morocco's clocks stand at UTC.
    XCTAssertEqual(
      try Instant("2024-03-20T12:00:00Z").rfc3339(in: zone("Africa/Casablanca")), "2024-03-20T12:00:00Z")
    XCTAssertEqual(
      try Instant("2050-01-15T00:00:00Z").rfc3339(in: zone("Australia/Sydney")), "2050-01-15T11:00:00+11:00")
    XCTAssertEqual(
      try Instant("2050-07-15T00:00:00Z").rfc3339(in: zone("America/St_Johns")), "2050-07-14T21:30:00-02:30")
    XCTAssertEqual(
      try Instant("2026-07-15T00:00:00Z").rfc3339(in: zone("Asia/Ho_Chi_Minh")), "2026-07-15T07:00:00+07:00")
  }

  func testWallClocksBecomeInstants() throws {
    let paris = try zone("Europe/Paris")
    func instant(_ month: Int, _ day: Int, _ hour: Int, _ minute: Int) throws -> String {
      let date = try XCTUnwrap(CalendarDate(year: 2026, month: month, day: day))
      return paris.instant(of: LocalTime(date: date, hour: hour, minute: minute)).rfc3339()
    }
    XCTAssertEqual(try instant(7, 1, 9, 0), "2026-07-01T07:00:00Z")
    XCTAssertEqual(try instant(12, 1, 9, 0), "2026-12-01T08:00:00Z")
    XCTAssertEqual(try instant(3, 29, 2, 30), "2026-03-29T01:30:00Z", "skipped: moved on to 03:30 summer time")
    XCTAssertEqual(try instant(10, 25, 2, 30), "2026-10-25T00:30:00Z", "twice: the first")
    XCTAssertEqual(try instant(10, 25, 3, 30), "2026-10-25T02:30:00Z")
    XCTAssertEqual(try instant(3, 29, 4, 0), "2026-03-29T02:00:00Z")
  }

  func testEveryDamageOfAZoneFileIsAnErrorOrAZone() throws {
    let bytes = try zoneFile("Europe/Paris")
    for length in 0..<bytes.count - 1 { XCTAssertThrowsError(try ZoneOffsets(tzif: Array(bytes.prefix(length)))) }
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0xFF
      _ = (try? ZoneOffsets(tzif: damaged))?.offsetSeconds(at: Instant(microseconds: 0))
    }
  }
}
