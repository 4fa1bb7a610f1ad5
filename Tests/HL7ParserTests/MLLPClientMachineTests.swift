import HL7Parser
import XCTest

/// The sending side of a connection, event by event.
final class MLLPClientMachineTests: XCTestCase {
  private typealias Machine = MLLPClientMachine

  private func message(_ id: String, accept: String = "", application: String = "") -> [UInt8] {
    Array("MSH|^~\\&|A|B|C|D|20261101||ADT^A08|\(id)|P|2.5.1|||\(accept)|\(application)\rPID|||1\r".utf8)
  }

  private func answer(_ code: String, _ id: String, _ more: String = "") -> [UInt8] {
    Array("MSH|^~\\&|C|D|A|B|20261101||ACK|9|P|2.5.1\rMSA|\(code)|\(id)\r\(more)".utf8)
  }

  private func framed(_ bytes: [UInt8]) -> [UInt8] { [0x0B] + bytes + [0x1C, 0x0D] }

  /// A machine that has begun these messages.
  private func waiting(_ ids: String..., accept: String = "", application: String = "") throws -> Machine {
    var machine = Machine()
    for id in ids {
      let begun = try machine.begin(message(id, accept: accept, application: application))
      XCTAssertEqual(begun.controlID, id)
      XCTAssertEqual(begun.frame, framed(message(id, accept: accept, application: application)))
    }
    return machine
  }

  /// `AA 1` for what is settled, `close kind` for the end.
  private func words(_ actions: [Machine.Action]) -> [String] {
    actions.map {
      switch $0 {
      case .settle(let answer): "\(answer.code) \(answer.controlID)"
      case .close(let failure): "close \(failure.kind)"
      }
    }
  }

  func testEveryCodeSettlesTheMessageThatItNames() throws {
    for code in ["AA", "AE", "AR", "CA", "CE", "CR"] {
      var machine = try waiting("1")
      XCTAssertEqual(words(machine.received(framed(answer(code, "1")))), ["\(code) 1"])
      XCTAssertEqual(machine.waiting, 0)
    }
  }

  func testAnAnswerThatComesAByteAtATime() throws {
    var machine = try waiting("1")
    let bytes = framed(answer("AA", "1"))
    for byte in bytes.dropLast() { XCTAssertEqual(machine.received([byte]), []) }
    XCTAssertTrue(machine.isMidAnswer)
    XCTAssertEqual(words(machine.received([0x0D])), ["AA 1"])
  }

  func testAnAnswerWithoutItsLastCarriageReturn() throws {
    var machine = try waiting("1")
    XCTAssertEqual(machine.received(framed(answer("AA", "1")).dropLast()), [])
    XCTAssertEqual(words(machine.quiet()), ["AA 1"])
  }

  func testTheConditionsOfARefusal() throws {
    var machine = try waiting("1")
    let errors = "ERR||PID^1^3|101^Required field missing^HL70357|E\rERR|||207|E\r"
    guard case .settle(let refusal)? = machine.received(framed(answer("AE", "1", errors))).first else {
      return XCTFail("not settled")
    }
    XCTAssertEqual(refusal.conditions, [101, 207])
    XCTAssertFalse(refusal.isPositive)
    machine = try waiting("1")
    let old = "ERR|PID^1^3^204&Unknown key identifier&HL70357\r"
    guard case .settle(let before2_5)? = machine.received(framed(answer("AR", "1", old))).first else {
      return XCTFail("not settled")
    }
    XCTAssertEqual(before2_5.conditions, [204])
  }

  func testAnAnswerToAnotherMessageClosesAndNothingIsBelievedAfterIt() throws {
    var machine = try waiting("2")
    XCTAssertEqual(
      words(machine.received(framed(answer("AA", "1")) + framed(answer("AA", "2")))), ["close otherMessage"])
    XCTAssertEqual(machine.received(framed(answer("AA", "2"))), [])
    XCTAssertThrowsError(try machine.begin(message("3")))
  }

  func testAnAnswerNobodyWaitsFor() throws {
    var machine = Machine()
    XCTAssertEqual(words(machine.received(framed(answer("AA", "1")))), ["close otherMessage"])
  }

  func testALateAnswerAfterATimeOutIsNotBelieved() throws {
    var machine = try waiting("1")
    XCTAssertEqual(words(machine.timedOut()), ["close timedOut"])
    XCTAssertEqual(machine.received(framed(answer("AA", "1"))), [])
    XCTAssertEqual(machine.ended(), [])
    XCTAssertEqual(machine.timedOut(), [])
  }

  func testAPeerThatCloses() throws {
    var machine = try waiting("1")
    XCTAssertEqual(words(machine.ended()), ["close closed"])
    machine = try waiting("1")
    XCTAssertEqual(machine.received(framed(answer("AA", "1")).prefix(30).map { $0 }), [])
    XCTAssertEqual(words(machine.ended()), ["close unreadable"], "half an answer is none")
    machine = try waiting("1")
    XCTAssertEqual(machine.received(framed(answer("AA", "1")).dropLast()), [])
    XCTAssertEqual(words(machine.ended()), ["AA 1", "close closed"], "only its last CR was missing")
  }

  func testGarbage() throws {
    let answers: [[UInt8]] = [
      Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8) + framed(answer("AA", "1")), framed([]),
      framed(Array("hello".utf8)), framed(message("1")), framed(answer("OK", "1")), framed(answer("", "1")),
      [0x0B] + answer("AA", "1") + framed(answer("AA", "1")),
    ]
    for bytes in answers {
      var machine = try waiting("1")
      XCTAssertEqual(words(machine.received(bytes)), ["close unreadable"], String(decoding: bytes, as: UTF8.self))
    }
    var machine = Machine(answerBytes: 20)
    _ = try machine.begin(message("1"))
    XCTAssertEqual(words(machine.received(framed(answer("AA", "1")))), ["close unreadable"])
  }

  func testLineEndsBetweenFramesAreLetPass() throws {
    var machine = try waiting("1", "2")
    let bytes = framed(answer("AA", "1")) + [0x0A, 0x0D, 0x0A] + framed(answer("AA", "2"))
    XCTAssertEqual(words(machine.received(bytes)), ["AA 1", "AA 2"])
  }

  func testAnswersComeInTheOrderOfTheMessages() throws {
    var machine = try waiting("1", "2", "3")
    XCTAssertEqual(words(machine.received(framed(answer("AA", "1")) + framed(answer("AE", "2")))), ["AA 1", "AE 2"])
    XCTAssertEqual(machine.waiting, 1)
    XCTAssertEqual(words(machine.received(framed(answer("AA", "3")))), ["AA 3"])
    machine = try waiting("1", "2")
    XCTAssertEqual(words(machine.received(framed(answer("AA", "2")))), ["close otherMessage"])
  }

  // MARK: Enhanced mode

  func testBothAcknowledgementsAreWaitedForWhereBothAreAskedFor() throws {
    var machine = try waiting("1", accept: "AL", application: "AL")
    XCTAssertEqual(machine.received(framed(answer("CA", "1"))), [])
    XCTAssertEqual(machine.waiting, 1)
    XCTAssertEqual(words(machine.received(framed(answer("AE", "1")))), ["AE 1"])
    machine = try waiting("1", accept: "AL", application: "AL")
    XCTAssertEqual(words(machine.received(framed(answer("CR", "1")))), ["CR 1"], "what is not taken is not applied")
    machine = try waiting("1", accept: "AL", application: "AL")
    XCTAssertEqual(words(machine.received(framed(answer("AA", "1")))), ["AA 1"], "applied says more than stored")
    machine = try waiting("1", accept: "AL", application: "AL")
    _ = machine.received(framed(answer("CA", "1")))
    XCTAssertEqual(words(machine.timedOut()), ["close timedOut"])
  }

  func testAcceptanceAloneIsTheAnswerWhereItAloneIsAskedFor() throws {
    var machine = try waiting("1", accept: "AL", application: "NE")
    XCTAssertEqual(words(machine.received(framed(answer("CA", "1")))), ["CA 1"])
    // A peer that sends an application acknowledgement all the same.
    XCTAssertEqual(machine.received(framed(answer("AA", "1"))), [])
    _ = try machine.begin(message("2", accept: "AL", application: "NE"))
    XCTAssertEqual(words(machine.received(framed(answer("CA", "2")))), ["CA 2"])
  }

  func testSeveralInEnhancedMode() throws {
    var machine = try waiting("1", "2", accept: "AL", application: "AL")
    let accepts = framed(answer("CA", "1")) + framed(answer("CA", "2"))
    XCTAssertEqual(machine.received(accepts), [])
    let applied = framed(answer("AA", "1")) + framed(answer("AA", "2"))
    XCTAssertEqual(words(machine.received(applied)), ["AA 1", "AA 2"])
    machine = try waiting("1", "2", accept: "AL", application: "AL")
    let turns = ["CA 1", "AA 1", "CA 2", "AA 2"].flatMap { framed(answer(String($0.prefix(2)), String($0.last!))) }
    XCTAssertEqual(words(machine.received(turns)), ["AA 1", "AA 2"])
    machine = try waiting("1", "2", accept: "AL", application: "AL")
    XCTAssertEqual(words(machine.received(framed(answer("CA", "2")))), ["close otherMessage"])
  }

  // MARK: What cannot be sent

  func testMessagesThatCannotBeSent() throws {
    var machine = Machine()
    for bytes in [Array("MSH|^~\\&|A|B\r".utf8), Array("hello".utf8), message("1") + [0x1C], message("1") + [0x0B]] {
      XCTAssertThrowsError(try machine.begin(bytes)) {
        XCTAssertEqual(($0 as? Machine.Failure)?.kind, .unsendable)
      }
    }
    XCTAssertEqual(machine.waiting, 0)
    XCTAssertNoThrow(try machine.begin(message("1")), "the connection is as good as before")
  }
}
