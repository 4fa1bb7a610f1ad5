import HL7Parser
import XCTest

final class HL7DateTimeTests: XCTestCase {
  func testPrecisionAndZoneAreKept() throws {
    let cases: [(String, HL7DateTime.Precision, String?)] = [
      ("1961", .year, "1961"), ("196106", .month, "1961-06"), ("19610615", .day, "1961-06-15"),
      ("2026081508", .hour, nil), ("202608150830+0100", .minute, "2026-08-15T08:30:00+01:00"),
      ("20260815083015-0530", .second, "2026-08-15T08:30:15-05:30"),
      ("20260815083015.1234+0000", .fraction, "2026-08-15T08:30:15.1234+00:00"), ("2026+0100", .year, "2026"),
      ("20240229", .day, "2024-02-29"), ("20000229", .day, "2000-02-29"),
    ]
    for (text, precision, iso) in cases {
      let value = try HL7DateTime(text)
      XCTAssertEqual(value.precision, precision, text)
      XCTAssertEqual(value.isoDateTime(), iso, text)
    }
    XCTAssertEqual(try HL7DateTime("2026081508").isoDateTime(assumingOffsetMinutes: 60), "2026-08-15T08:00:00+01:00")
    XCTAssertEqual(try HL7DateTime("20260815083015-0030").offsetMinutes, -30)
  }

  func testDatesThatDoNotExistAreRefused() {
    for text in [
      "", "x", "196", "196113", "19610600", "19610631", "20230229", "19000229", "2026081524", "202608150860",
      "20260815083060", "20260815083015.", "20260815083015.12345", "20260815+", "20260815+1", "20260815+0160",
      "20260815+1500", "20260815 ", "2026-08-15", "20260815T0830", "2026081", "20260815Z",
    ] {
      XCTAssertThrowsError(try HL7DateTime(text), text) { XCTAssertEqual(($0 as? HL7Error)?.code, .invalidDateTime) }
    }
  }

  func testMomentsAreWrittenInUTC() throws {
    XCTAssertEqual(HL7DateTime.text(unixMilliseconds: 0), "19700101000000.000+0000")
    XCTAssertEqual(HL7DateTime.text(unixMilliseconds: 1_709_164_800_123), "20240229000000.123+0000")
    XCTAssertEqual(HL7DateTime.text(unixMilliseconds: -1), "19691231235959.999+0000")
    XCTAssertEqual(HL7DateTime.text(unixMilliseconds: 4_102_444_799_000), "20991231235959.000+0000")
    for day in stride(from: Int64(-20000), to: 60000, by: 37) {
      XCTAssertNoThrow(try HL7DateTime(HL7DateTime.text(unixMilliseconds: day * 86_400_000)))
    }
  }

  func testTheFaceTellsAbsentFromWrong() throws {
    let message = try HL7Message(parsing: Fixtures.with("PID|1||42||A||20230229"))
    XCTAssertNil(message.PID?.dateTimeOfBirth.value)
    XCTAssertThrowsError(try message.PID?.dateTimeOfBirth.parsed())
    XCTAssertNil(try message.PID?.patientDeathDateAndTime.parsed())
  }
}
