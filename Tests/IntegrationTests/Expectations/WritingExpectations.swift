import HL7Parser

/// What a writer of frames should do.
enum WritingExpectations {
  private typealias Bench = ExpectationBench
  private static let (vt, fs, cr) = (Bench.vt, Bench.fs, Bench.cr)

  static let all: [Expectation] = [
    .agrees(12, 13, 76, 77) { _ in
      for byte in [vt, fs] {
        try expect(MLLPWriter.frame([0x61, byte, 0x62]), nil)
        var bytes: [UInt8] = [1]
        try expect(!MLLPWriter.append([byte], to: &bytes), "it was framed")
        try expect(bytes, [1])
      }
    },
    .agrees(16, 17, 18, 19, 71, 72, 73, 74, 82) { bench in
      for payload in [[], [0x61]] + bench.messages.filter({ !$0.contains(vt) && !$0.contains(fs) }) {
        try expect(MLLPWriter.frame(payload), [0x0B] + payload + [0x1C, 0x0D])
      }
      try expect(events([0x0B, 0x61, 0x1C, 0x0A]), [.frame([0x61], .lineFeed)])
    },
    .agrees(80) { _ in
      var payload: [UInt8] = [0x61]
      let frame = MLLPWriter.frame(payload)
      payload[0] = 0x62
      try expect(frame, [vt, 0x61, fs, cr])
    },
    .agrees(81) { _ in
      try expect(MLLPWriter.frame([UInt8](repeating: 0x61, count: 1 << 20))?.count, (1 << 20) + 3)
    },
    .differs(
      83, 84, 85, 86, 88, 89, 91, by: .theirs,
      because: "VT or FS let through in a payload, on request: nobody could read such a frame"
    ) { _ in
      try expect(MLLPWriter.frame([vt]), nil)
      try expect(MLLPWriter.frame([fs]), nil)
    },
    .foreign(75, 78, 79, because: "types and properties of that library's language"),
    .foreign(87, 90, because: "handlers of warnings"),
    .foreign(92, 93, 103, 104, 105, 106, 107, 108, because: "the shape of that library's warnings"),
    .foreign(94, 95, 96, 97, 98, 99, 100, 101, 102, because: "the shape of that library's error"),
  ]
}
