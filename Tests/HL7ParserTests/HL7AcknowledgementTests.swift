import HL7Parser
import XCTest

final class HL7AcknowledgementTests: XCTestCase {
  private typealias Code = HL7Acknowledgement.Code

  private func header(_ accept: String, _ application: String, type: String = "ADT^A08") throws -> HL7Header {
    let line = "MSH|^~\\&|A|B|C|D|2026||\(type)|1|P|2.5|||\(accept)|\(application)\r"
    return HL7Header(try HL7Message(parsing: Array(line.utf8)))
  }

  private func codes(
    _ accept: String, _ application: String, _ stored: HL7Control.Outcome, _ applied: HL7Control.Outcome?,
    _ profile: HL7Control.Profile = .standard
  ) throws -> [Code] {
    HL7Control.acknowledgements(
      for: try header(accept, application), profile: profile, stored: stored, applied: applied)
  }

  func testOriginalModeAnswersOnceForTheContent() throws {
    for empty in ["", "\"\""] {
      XCTAssertEqual(try codes(empty, "", .success, .success), [.AA])
      XCTAssertEqual(try codes(empty, "", .success, .error), [.AE])
      XCTAssertEqual(try codes(empty, "", .success, .rejected), [.AR])
      XCTAssertEqual(try codes(empty, "", .error, nil), [.AE])
      XCTAssertEqual(try codes(empty, "", .rejected, nil), [.AR])
      XCTAssertEqual(try codes(empty, "", .success, nil), [])
    }
  }

  func testTheAcceptAcknowledgementFollowsMSH15() throws {
    let rows: [(String, [Code], [Code], [Code])] = [
      ("AL", [.CA], [.CE], [.CR]), ("SU", [.CA], [], []), ("ER", [], [.CE], [.CR]), ("NE", [], [], []),
      ("XX", [.CA], [.CE], [.CR]),
    ]
    for (type, success, error, rejected) in rows {
      XCTAssertEqual(try codes(type, "NE", .success, .success), success, type)
      XCTAssertEqual(try codes(type, "NE", .success, nil), success, type)
      XCTAssertEqual(try codes(type, "NE", .error, nil), error, type)
      XCTAssertEqual(try codes(type, "NE", .rejected, nil), rejected, type)
      XCTAssertEqual(try codes(type, "", .success, .error), success, type)
    }
  }

  func testTheApplicationAcknowledgementFollowsMSH16() throws {
    let rows: [(String, [Code], [Code], [Code])] = [
      ("AL", [.AA], [.AE], [.AR]), ("SU", [.AA], [], []), ("ER", [], [.AE], [.AR]), ("NE", [], [], []),
    ]
    for (type, success, error, rejected) in rows {
      for first in ["NE", ""] where !(first.isEmpty && type.isEmpty) {
        XCTAssertEqual(try codes(first, type, .success, .success), success, type)
        XCTAssertEqual(try codes(first, type, .success, .error), error, type)
        XCTAssertEqual(try codes(first, type, .success, .rejected), rejected, type)
        XCTAssertEqual(try codes(first, type, .success, nil), [], type)
        // What was not stored is not applied: who gets no accept acknowledgement is told so here.
        XCTAssertEqual(try codes(first, type, .error, .success), error, type)
        XCTAssertEqual(try codes(first, type, .rejected, nil), rejected, type)
      }
    }
    XCTAssertEqual(try codes("AL", "AL", .success, .error), [.CA, .AE])
    XCTAssertEqual(try codes("AL", "AL", .success, nil), [.CA])
    XCTAssertEqual(try codes("AL", "AL", .rejected, nil), [.CR])
    XCTAssertEqual(try codes("ER", "AL", .rejected, nil), [.CR])
    XCTAssertEqual(try codes("SU", "AL", .rejected, nil), [.AR])
  }

  func testLoosePeersGetOneAnswerByMSH15() throws {
    let rows: [(String, Code, Code, Code)] = [
      ("", .AA, .AE, .AR), ("NE", .AA, .AE, .AR), ("XX", .AA, .AE, .AR), ("AL", .CA, .CE, .CR), ("ER", .AA, .CE, .CR),
      ("SU", .CA, .AE, .AR),
    ]
    for (type, success, error, rejected) in rows {
      for application in ["", "AL", "NE"] {
        XCTAssertEqual(try codes(type, application, .success, .success, .loosePeers), [success], type)
        XCTAssertEqual(try codes(type, application, .success, .error, .loosePeers), [error], type)
        XCTAssertEqual(try codes(type, application, .rejected, nil, .loosePeers), [rejected], type)
      }
    }
  }

  func testAProfileOfOriginalModeAsksForOneAnswerWhateverTheHeaderSays() throws {
    for accept in ["", "AL", "NE", "ER", "SU"] {
      for application in ["", "AL", "NE"] {
        XCTAssertEqual(try codes(accept, application, .success, .success, .original), [.AA])
        XCTAssertEqual(try codes(accept, application, .success, .error, .original), [.AE])
        XCTAssertEqual(try codes(accept, application, .rejected, nil, .original), [.AR])
        XCTAssertEqual(try codes(accept, application, .success, nil, .original), [], "not known yet")
      }
    }
  }

  func testAnAcknowledgementIsNeverAcknowledged() throws {
    for type in ["ACK", "ACK^A01^ACK", "MCF"] {
      let header = try header("AL", "AL", type: type)
      for profile in [HL7Control.Profile.standard, .loosePeers, .original] {
        XCTAssertEqual(
          HL7Control.acknowledgements(for: header, profile: profile, stored: .error, applied: .error), [])
      }
    }
  }

  func testTheAnswerIsInTheSendersTerms() throws {
    let bytes = Fixtures.message(["MSH!*?%@!HIS!CASA*1.2*ISO!GW!HERE!2026!!ADT*A01*ADT_A01!ID%F%9!T!2.5.1!!!!!!8859/1"])
    let header = HL7Header(try HL7Message(parsing: bytes))
    let finding = HL7Finding(
      .requiredFieldMissing, at: HL7Location("PID", field: 3, repetition: 1, component: 4), "é! is missing")
    let answer = HL7Acknowledgement(.AE, findings: [finding]).bytes(
      answering: header, controlID: "A-1", time: "20260815")
    var expected = Array(
      "MSH!*?%@!GW!HERE!HIS!CASA*1.2*ISO!20260815!!ACK*A01*ACK!A-1!T!2.5.1!!!!!!8859/1\rMSA!AE!ID%F%9!".utf8)
    expected += [0xE9] + Array("%F% is missing\r".utf8)
    expected += Array("ERR!!PID*1*3*1*4!101*Required field missing*HL70357!E!!!PID-3[1].4!".utf8)
    expected += [0xE9] + Array("%F% is missing\r".utf8)
    XCTAssertEqual(answer, expected)
    let message = try HL7Message(parsing: answer)
    XCTAssertEqual(message.MSA?.messageControlID, "ID!9")
    XCTAssertEqual(message.ERR?.errorLocation[0].componentNumber, "4")
  }

  func testBeforeVersion2_5TheErrorStandsInERR1() throws {
    let line = "MSH|^~\\&|A|B|C|D|2026||ADT^A01|7|P|2.3\r"
    let header = HL7Header(try HL7Message(parsing: Array(line.utf8)))
    let finding = HL7Finding(.segmentSequenceError, at: HL7Location("PID"), "no PID")
    let answer = HL7Acknowledgement(.AE, findings: [finding]).bytes(answering: header, controlID: "1", time: "2026")
    XCTAssertEqual(
      String(decoding: answer, as: UTF8.self),
      "MSH|^~\\&|C|D|A|B|2026||ACK^A01|1|P|2.3\rMSA|AE|7|no PID\r"
        + "ERR|PID^1^^100&Segment sequence error&HL70357\r")
  }

  func testAPositiveAnswerHasNoText() throws {
    let answer = HL7Acknowledgement(.AA).bytes(
      answering: HL7Header(try HL7Message(parsing: Fixtures.admit)), controlID: "1", time: "2026")
    XCTAssertEqual(
      String(decoding: answer, as: UTF8.self),
      "MSH|^~\\&|PASSERELLE|CASA|HIS|RABAT|2026||ACK^A01^ACK|1|P|2.5||||||UNICODE UTF-8\rMSA|AA|M-1\r")
  }

  func testAHeaderThatCannotBeReadIsAnsweredAsFarAsItGoes() throws {
    func answer(_ bytes: [UInt8]) -> String {
      let bytes = HL7Acknowledgement(.AE).bytes(
        answering: HL7Header(recoveringFrom: bytes), controlID: "1", time: "2026")
      return String(decoding: bytes, as: UTF8.self)
    }
    let minimal = "MSH|^~\\&|||||2026||ACK|1|P|2.5\rMSA|AE\r"
    for text in ["", "MSH", "hello", "MSH|^^^^|A|B\r", "MSH\u{0B}^~\\&\u{0B}A", "MSH\u{1C}^~\\&\u{1C}A"] {
      XCTAssertEqual(answer(Array(text.utf8)), minimal, text.debugDescription)
    }
    // Refused for its second header, its batch, its charset, its broken line: still answered by its control id.
    for tail in ["\rMSH|^~\\&|X\r", "\rBTS|1\r", "||||||UTF-16\r", "\rbroken\r", ""] {
      let text = answer(Array(("MSH|^~\\&|A|B|C|D|2026||ADT^A01|42|P|2.5" + tail).utf8))
      XCTAssertTrue(text.hasPrefix("MSH|^~\\&|C|D|A|B|2026||ACK^A01^ACK|1|P|2.5\r"), text)
      XCTAssertTrue(text.contains("\rMSA|AE|42\r"), text)
    }
    XCTAssertTrue(answer(Array("junk\nMSH|^~\\&|A|B|C|D|2026||ADT^A01|42|P|2.5".utf8)).contains("MSA|AE|42"))
  }

  /// Found by fuzzing: control bytes fell out of MSH-18 on the way, and what was left named another charset.
  func testACharsetThatIsNoneIsNotRepeated() throws {
    let header = HL7Header(
      recoveringFrom: Array("MSH|^~\\&|A|B|C|D|2026||ADT|1|P|2.5||||||MAR|UNICODE UTF-8".utf8) + [0xD4, 0, 0xAA, 0x0D])
    let answer = HL7Acknowledgement(.AE).bytes(answering: header, controlID: "1", time: "2026")
    XCTAssertNil(try HL7Message(parsing: answer)["MSH-18"].string)
  }

  func testWhatIsRepeatedCannotBreakTheFrame() throws {
    let line = "MSH|^~\\&|A\u{1C}\u{0B}X|B|C|D|2026||ADT^A01|4\u{1C}2|P|2.5\r"
    let answer = HL7Acknowledgement(.AA).bytes(
      answering: HL7Header(try HL7Message(parsing: Array(line.utf8))), controlID: "1", time: "2026")
    XCTAssertNotNil(MLLPWriter.frame(answer))
    XCTAssertTrue(String(decoding: answer, as: UTF8.self).contains("MSA|AA|42\r"))
    let long = "MSH|^~\\&|" + String(repeating: "A", count: 100_000) + "|B|C|D|2026||ADT^A01|42|P|2.5\r"
    let bounded = HL7Acknowledgement(.AA, findings: Array(repeating: HL7Finding(.valueTooLong, "x"), count: 1000))
      .bytes(answering: HL7Header(try HL7Message(parsing: Array(long.utf8))), controlID: "1", time: "2026")
    XCTAssertLessThan(bounded.count, 10_000)
  }
}
