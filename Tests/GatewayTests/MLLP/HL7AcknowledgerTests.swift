import HL7Parser
import XCTest

@testable import Gateway

/// Which acknowledgements an outcome makes, and that kept ones come apart as they were.
final class HL7AcknowledgerTests: XCTestCase {
  private func acknowledger(_ modes: String = "||") -> HL7Acknowledger {
    let text = "MSH|^~\\&|A|B|C|D|20260101||ADT^A08^ADT_A01|ID-1|P|2.5.1||\(modes)\r"
    return HL7Acknowledger(
      header: HL7Header(recoveringFrom: Array(text.utf8)), control: .standard, controlID: "X1", time: "20260101")
  }

  func testOutcomesInBothModes() {
    let finding = HL7Finding(.unsupportedEventCode, "no")
    let outcomes: [(MessageOutcome, original: [String], enhanced: [String])] = [
      (MessageOutcome(.applied), ["AA"], ["CA", "AA"]),
      (MessageOutcome(.superseded), ["AA"], ["CA", "AA"]),
      (MessageOutcome(.failed, [finding]), ["AE"], ["CA", "AE"]),
      (MessageOutcome(.failed, [finding], isOfHeader: true), ["AE"], ["CE"]),
      (MessageOutcome(.failed, [finding], isOfHeader: true, isRejected: true), ["AR"], ["CR"]),
      (MessageOutcome(.ignored, [finding]), ["AA"], ["CA", "AA"]),
      (MessageOutcome(.stored), ["AA"], ["CA", "AA"]),
    ]
    for (outcome, original, enhanced) in outcomes {
      XCTAssertEqual(codes(acknowledger().answer(outcome)), original, "\(outcome.state)")
      XCTAssertEqual(codes(acknowledger("|AL|AL").answer(outcome)), enhanced, "\(outcome.state)")
    }
  }

  /// Who waits for the application acknowledgement alone hears of a refusal by it; who asked for silence does not.
  func testARefusalIsToldByTheAcknowledgementThatIsAskedFor() {
    let refused = MessageOutcome(
      .failed, [HL7Finding(.unsupportedVersionID, "no")], isOfHeader: true, isRejected: true)
    for (modes, expected) in [
      ("|NE|AL", ["AR"]), ("||AL", ["AR"]), ("|SU|ER", ["AR"]), ("|AL|AL", ["CR"]), ("|ER|ER", ["CR"]), ("|NE|NE", []),
      ("|NE|SU", []), ("|SU|", []),
    ] {
      XCTAssertEqual(codes(acknowledger(modes).answer(refused)), expected, modes)
    }
    XCTAssertEqual(codes(acknowledger("|NE|AL").answer(MessageOutcome(.applied))), ["AA"])
    XCTAssertEqual(acknowledger("|NE|AL").unavailable(.rejected).count, 1)
  }

  func testWhatIsKeptComesApartAgain() {
    let answer = acknowledger("|AL|AL").answer(MessageOutcome(.failed, [HL7Finding(.dataTypeError, "bad")]))
    XCTAssertEqual(answer.messages.count, 2)
    XCTAssertEqual(MessageAnswer(code: answer.code, stored: answer.stored), answer)
    XCTAssertEqual(MessageAnswer(code: .AA, stored: []).messages, [])
  }

  func testNothingPositiveWhileItCannotBeKept() {
    for modes in ["||", "|AL|AL", "|SU|SU", "|ER|NE", "|NE|NE"] {
      for how in [HL7PartnerProfile.WhenUnavailable.rejected, .error, .close] {
        for message in acknowledger(modes).unavailable(how) {
          let text = String(decoding: message, as: UTF8.self)
          XCTAssertTrue(["AR", "AE", "CR", "CE"].contains { text.contains("MSA|\($0)|ID-1") }, text)
        }
      }
    }
    XCTAssertEqual(acknowledger().unavailable(.close), [])
  }

  private func codes(_ answer: MessageAnswer) -> [String] {
    answer.messages.compactMap { message in
      String(decoding: message, as: UTF8.self).split(separator: "\r").first { $0.hasPrefix("MSA|") }
        .map { String($0.dropFirst(4).prefix(2)) }
    }
  }
}
