import HL7Parser
import XCTest

final class MLLPFramerTests: XCTestCase {
  private typealias Event = MLLPFramer.Event

  private static let vt = "\u{0B}"
  private static let fs = "\u{1C}"

  /// Streams and what must come out of them when the connection then ends.
  private static let cases: [(name: String, stream: String, events: [Event])] = [
    ("one frame", "\(vt)MSH|a\r\(fs)\r", [frame("MSH|a\r")]),
    ("two in one read", "\(vt)a\(fs)\r\(vt)b\(fs)\r", [frame("a"), frame("b")]),
    ("empty payload", "\(vt)\(fs)\r", [frame("")]),
    ("junk before", "noise\(vt)a\(fs)\r", [rejected("noise", .outsideFrame), frame("a")]),
    ("junk after", "\(vt)a\(fs)\r\r\n\(vt)b\(fs)\r", [frame("a"), rejected("\r\n", .outsideFrame), frame("b")]),
    ("LF for CR", "\(vt)a\(fs)\n\(vt)b\(fs)\r", [frame("a", .lineFeed), frame("b")]),
    ("no CR, next frame at once", "\(vt)a\(fs)\(vt)b\(fs)\r", [frame("a", .nothing), frame("b")]),
    ("no CR at the end", "\(vt)a\(fs)", [frame("a", .nothing)]),
    ("VT inside", "\(vt)half\(vt)whole\(fs)\r", [rejected("half", .startInsideFrame), frame("whole")]),
    ("VT twice", "\(vt)\(vt)a\(fs)\r", [rejected("", .startInsideFrame), frame("a")]),
    (
      "FS inside", "\(vt)a\(fs)b\(fs)\r\(vt)c\(fs)\r",
      [rejected("a\(fs)", .endInsideFrame), rejected("b\(fs)\r", .outsideFrame), frame("c")]
    ),
    ("cut short", "\(vt)abc", [rejected("abc", .unfinished)]),
    ("VT alone", "\(vt)", [rejected("", .unfinished)]),
    ("only junk", "GET / HTTP/1.1\r\n", [rejected("GET / HTTP/1.1\r\n", .outsideFrame)]),
    ("nothing", "", []),
    ("CR in payload", "\(vt)a\rb\r\(fs)\r", [frame("a\rb\r")]),
  ]

  private static func frame(_ text: String, _ ending: MLLPFramer.Ending = .carriageReturn) -> Event {
    .frame(Array(text.utf8), ending)
  }

  private static func rejected(_ text: String, _ reason: MLLPFramer.Reason) -> Event {
    .rejected(Array(text.utf8), reason)
  }

  func testEachStreamAtOnce() {
    for (name, stream, expected) in Self.cases {
      var framer = MLLPFramer()
      XCTAssertEqual(framer.receive(Array(stream.utf8)) + framer.end(), expected, name)
      XCTAssertEqual(framer.heldByteCount, 0, name)
    }
  }

  func testEverySplitGivesTheSameEvents() {
    for (name, stream, expected) in Self.cases {
      let bytes = Array(stream.utf8)
      for first in 0...bytes.count {
        for second in first...bytes.count {
          var framer = MLLPFramer()
          var events = framer.receive(bytes[..<first])
          events += framer.receive(bytes[first..<second])
          events += framer.receive(bytes[second...])
          events += framer.end()
          XCTAssertEqual(events, expected, "\(name) split at \(first) and \(second)")
        }
      }
      var framer = MLLPFramer()
      XCTAssertEqual(bytes.flatMap { framer.receive([$0]) } + framer.end(), expected, "\(name) byte by byte")
    }
  }

  func testNoByteDisappears() {
    var random = SystemRandomNumberGenerator()
    let alphabet: [UInt8] = [0x0B, 0x1C, 0x0D, 0x0A, 0x41, 0x42]
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      var framer = MLLPFramer()
      var out: [UInt8] = []
      for event in framer.receive(bytes) + framer.end() {
        switch event {
        case .frame(let payload, _): out += payload
        case .rejected(let bytes, _): out += bytes
        case .close: XCTFail("nothing here is beyond a limit")
        }
      }
      // What is left out is framing: VT, FS, and the CR or LF after FS.
      let letters = bytes.filter { $0 >= 0x41 }
      XCTAssertEqual(out.filter { $0 >= 0x41 }, letters, "\(bytes)")
    }
  }

  func testQuietCompletesAFrameWithoutItsCarriageReturn() {
    var framer = MLLPFramer()
    XCTAssertEqual(framer.receive(Array("\(Self.vt)a\(Self.fs)".utf8)), [])
    XCTAssertTrue(framer.isMidFrame)
    XCTAssertEqual(framer.quiet(), [Self.frame("a", .nothing)])
    XCTAssertFalse(framer.isMidFrame)
    // The CR that comes late is junk of one byte, seen at the next silence.
    XCTAssertEqual(framer.receive([0x0D]), [])
    XCTAssertEqual(framer.quiet(), [Self.rejected("\r", .outsideFrame)])
    XCTAssertEqual(framer.receive(Array("\(Self.vt)half".utf8)), [])
    XCTAssertEqual(framer.quiet(), [])
    XCTAssertEqual(framer.receive(Array(" more\(Self.fs)\r".utf8)), [Self.frame("half more")])
  }

  func testAnOversizedFrameIsRefusedThenClosed() {
    var limits = MLLPFramer.Limits()
    limits.frameBytes = 4
    var framer = MLLPFramer(limits: limits)
    XCTAssertEqual(framer.receive(Array("\(Self.vt)abcd\(Self.fs)\r".utf8)), [Self.frame("abcd")])
    XCTAssertEqual(
      framer.receive(Array("\(Self.vt)abcde".utf8)), [Self.rejected("abcd", .oversized(limitBytes: 4)), .close])
    XCTAssertEqual(framer.receive(Array("\(Self.fs)\r\(Self.vt)x\(Self.fs)\r".utf8)), [])
    XCTAssertEqual(framer.end(), [])
  }

  func testJunkIsBounded() {
    var limits = MLLPFramer.Limits()
    limits.junkBytes = 3
    var framer = MLLPFramer(limits: limits)
    XCTAssertEqual(framer.receive(Array("abc".utf8)), [])
    XCTAssertEqual(framer.receive(Array("d".utf8)), [Self.rejected("abc", .outsideFrame), .close])
  }

  func testAReadFullOfStartBytesIsLinear() {
    var framer = MLLPFramer()
    let start = ContinuousClock.now
    XCTAssertEqual(framer.receive(repeatElement(0x0B, count: 1 << 20)).count, (1 << 20) - 1)
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(20))
  }

  func testTheWriterRefusesWhatWouldBreakTheFrame() {
    XCTAssertEqual(MLLPWriter.frame(Array("ab".utf8)), [0x0B, 0x61, 0x62, 0x1C, 0x0D])
    XCTAssertNil(MLLPWriter.frame([0x41, 0x1C]))
    XCTAssertNil(MLLPWriter.frame([0x0B]))
    for byte in UInt8.min...UInt8.max where byte != 0x0B && byte != 0x1C {
      var framer = MLLPFramer()
      XCTAssertEqual(framer.receive(MLLPWriter.frame([byte, byte]) ?? []), [.frame([byte, byte], .carriageReturn)])
    }
  }
}
