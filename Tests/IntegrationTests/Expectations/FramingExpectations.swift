import HL7Parser

/// What a reader of frames should do.
enum FramingExpectations {
  private typealias Bench = ExpectationBench
  private static let (vt, fs, cr, lf) = (Bench.vt, Bench.fs, Bench.cr, Bench.lf)
  private static let a = Array("MSH|^~\\&|A\r".utf8)
  private static let b = Array("MSH|^~\\&|B\r".utf8)
  private static func whole(_ payload: [UInt8]) -> MLLPFramer.Event { .frame(payload, .carriageReturn) }

  static let all = wholeFrames + endings + starts + sizes + restarts + reuse + foreign

  private static let wholeFrames: [Expectation] = [
    .agrees(1, 25, 29) { bench in
      for frame in bench.goldenFrames + [a.framed()] {
        let payload = Array(frame.dropFirst().dropLast(2))
        try expect(events(frame), [whole(payload)])
        try expect(MLLPWriter.frame(payload), frame)
      }
    },
    .agrees(8, 15, 31) { bench in
      for frame in bench.goldenFrames + bench.messages.compactMap({ MLLPWriter.frame($0) }) {
        var framer = MLLPFramer()
        try expect(frame.flatMap { framer.receive([$0]) }, [whole(Array(frame.dropFirst().dropLast(2)))])
      }
    },
    .agrees(10, 36, 37, 114) { _ in try expect(events([vt, fs, cr]), [whole([])]) },
    .agrees(11, 14) { _ in
      let safe = (UInt8.min...UInt8.max).filter { $0 != vt && $0 != fs }
      for byte in safe { try expect(events(MLLPWriter.frame([byte]) ?? []), [whole([byte])]) }
      try expect(events(MLLPWriter.frame(safe) ?? []), [whole(safe)])
    },
    .agrees(30, 33) { _ in try expect(events(a.framed() + b.framed() + a.framed()), [whole(a), whole(b), whole(a)]) },
    .agrees(32) { _ in
      var framer = MLLPFramer()
      try expect(framer.receive(a.framed().dropLast()), [])
      try expect(framer.receive([cr]), [whole(a)])
    },
    .agrees(34) { _ in
      var framer = MLLPFramer()
      var read = a.framed()
      let first = framer.receive(read)
      for index in read.indices { read[index] = 0x58 }
      _ = framer.receive(b.framed())
      try expect(first, [whole(a)])
    },
  ]

  private static let endings: [Expectation] = [
    .agrees(3, 26, 46) { _ in try expect(events(a.framed(ending: [fs, lf])), [.frame(a, .lineFeed)]) },
    .agrees(5, 42, 116) { _ in
      try expect(events(a.framed(ending: [fs]) + b.framed()), [.frame(a, .nothing), whole(b)])
    },
    .agrees(27, 28) { _ in
      try expect(events(a.framed(ending: [fs, lf]) + b.framed()), [.frame(a, .lineFeed), whole(b)])
    },
    .differs(
      40, 44, 109, 111, by: .choice,
      because: "LF, or nothing, after FS: the frame is taken and says how it ended; many peers send so"
    ) { _ in
      try expect(events(a.framed(ending: [fs, lf])), [.frame(a, .lineFeed)])
      try expect(events(a.framed(ending: [fs])), [.frame(a, .nothing)])
    },
    .agrees(43, 68, 110) { _ in
      try expect(
        events(a.framed(ending: [fs]) + Array("x".utf8) + b.framed()),
        [.rejected(a + [fs], .endInsideFrame), .rejected(Array("x".utf8), .outsideFrame), whole(b)])
    },
    .agrees(4, 115) { _ in
      try expect(
        events(a.framed() + Array("junk".utf8) + b.framed()),
        [whole(a), .rejected(Array("junk".utf8), .outsideFrame), whole(b)])
    },
  ]

  private static let starts: [Expectation] = [
    .differs(
      2, 49, by: .choice, because: "bytes that no VT opened are kept and shown, and never taken for a message"
    ) { _ in
      let bytes = a + [fs, cr]
      try expect(events(bytes + b.framed()), [.rejected(bytes, .outsideFrame), whole(b)])
    },
    .differs(
      47, 112, by: .choice, because: "bytes that no VT opened are refused, and the next frame is taken all the same"
    ) { _ in
      try expect(
        events(Array("x".utf8) + b.framed()), [.rejected(Array("x".utf8), .outsideFrame), whole(b)])
    },
    .agrees(9, 51, 53) { _ in
      for space in [" ", "\t ", "\r\n", "\n\n\r"] {
        try expect(
          events(Array(space.utf8) + a.framed()), [.rejected(Array(space.utf8), .outsideFrame), whole(a)])
      }
    },
    .differs(
      50, 113, by: .choice, because: "white space before VT is reported, and the frame after it taken"
    ) { _ in
      try expect(events([0x20] + a.framed()), [.rejected([0x20], .outsideFrame), whole(a)])
    },
  ]

  private static let sizes: [Expectation] = [
    .agrees(6, 35) { _ in
      let large = [UInt8](repeating: 0x61, count: 3 << 20)
      try expect(events(large.framed()) == [whole(large)], "3 MiB did not come out whole")
    },
    .agrees(7, 54, 56, 58) { _ in
      var limits = MLLPFramer.Limits()
      limits.frameBytes = a.count
      try expect(events(a.framed(), limits: limits), [whole(a)])
      try expect(
        events((a + [0x58]).framed() + a.framed(), limits: limits),
        [.rejected(a, .oversized(limitBytes: a.count)), .close])
    },
    .differs(20, by: .choice, because: "64 MiB, and as the listener is configured: documents come within messages") {
      _ in try expect(MLLPFramer.Limits().frameBytes, 64 << 20)
    },
  ]

  private static let restarts: [Expectation] = [
    .agrees(64, 65, 66, 67) { _ in
      try expect(
        events([vt] + a + b.framed() + a.framed()), [.rejected(a, .startInsideFrame), whole(b), whole(a)])
    }
  ]

  private static let reuse: [Expectation] = [
    .differs(
      61, by: .choice, because: "what a connection leaves unfinished is given out as such and kept, not thrown away"
    ) { _ in try expect(events([vt] + a), [.rejected(a, .unfinished)]) },
    .agrees(63) { _ in
      // Each connection has a framer of its own.
      try expect(events([vt] + a), [.rejected(a, .unfinished)])
      try expect(events(b.framed()), [whole(b)])
    },
  ]

  private static let foreign: [Expectation] = [
    .foreign(21, 22, 23, 24, 38, 39, 52, 57, 62, because: "counts bytes since the connection began"),
    .foreign(41, 45, 48, 55, because: "names a code of that library"),
    .foreign(59, 60, because: "a handler of warnings that throws; ours are values"),
    .foreign(69, 70, because: "the shape of that library's warnings"),
  ]
}
