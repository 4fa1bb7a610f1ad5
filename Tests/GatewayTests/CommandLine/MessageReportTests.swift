import JSON
import XCTest

@testable import Gateway

/// What `passerelle messages show` says of one message.
final class MessageReportTests: XCTestCase {
  private func detail(_ raw: String) -> MessageDetail {
    let summary = MessageSummary(
      id: 7, receivedAt: "2026-11-02 09:00:00+00", partner: "his", controlID: "1", sendingApplication: "A",
      sendingFacility: "B", event: "ADT^A08", state: .failed, reusedControlID: false, error: "101 missing",
      errorLocation: "PID-3", acknowledgementCode: "AE", bytes: raw.utf8.count, attempts: 2, repeats: 0)
    return MessageDetail(
      summary: summary, transport: "mllps", remoteAddress: "10.0.0.7", appliedAt: "2026-11-02 09:00:01+00",
      durationMicroseconds: 12_034, raw: Array(raw.utf8), acknowledgement: Array("MSH|^~\\&|\rMSA|AE|1\r".utf8),
      effects: [
        MessageDetail.Effect(relation: "patient", recordID: "p-1", operation: "update", version: 4),
        MessageDetail.Effect(relation: "encounter", recordID: "e-1", operation: "none", version: nil),
      ])
  }

  private let message = "MSH|^~\\&|A|B|||2026||ADT^A08^ADT_A01|1|P|2.5.1\nPID|1\n"

  func testTimesReadingAndVersionsAreShown() {
    let text = MessageReport(detail(message)).text("7 failed")
    for part in [
      "7 failed\n", "received 2026-11-02 09:00:00+00, by mllps, from 10.0.0.7, 53 bytes",
      "applied 2026-11-02 09:00:01+00", "kept and answered in 12.034 ms", "taken 2 times", "at PID-3",
      "reads as ADT_A01, version 2.5.1, UNICODE UTF-8, 2 segments, lineFeedTerminator 2 times",
      "update patient p-1 version 4", "none encounter e-1\n", "MSA|AE|1",
    ] {
      XCTAssertTrue((text + "\n").contains(part), "\(part) in \(text)")
    }
    let broken = MessageReport(detail("MSH|^^~\\&|A")).text("7 failed")
    XCTAssertTrue(broken.contains("cannot be read: ambiguous-delimiters at MSH-2"), broken)
  }

  func testProgramsGetTheSame() {
    let json = JSONValue.object(MessageReport(detail(message)).json(["id": 7]))
    XCTAssertEqual(json["id"], 7)
    XCTAssertEqual(json["duration_microseconds"], 12_034)
    XCTAssertEqual(json["applied"]?.string, "2026-11-02 09:00:01+00")
    XCTAssertEqual(json["parsed"]?["structure"]?.string, "ADT_A01")
    XCTAssertEqual(json["parsed"]?["segments"], 2)
    XCTAssertEqual(json["effects"]?[0]?["version"], 4)
    XCTAssertEqual(json["effects"]?[1]?["version"], .null)
    XCTAssertEqual(json["message"]?.string, message)
  }
}
