import HL7Parser

@testable import Gateway

/// What a listener should answer, over a socket and with a database behind it.
enum AnsweringExpectations {
  /// MSA-1 and MSA-2 of what comes back for frames of these bytes, of which so many are due.
  private static func answers(
    _ bench: ExpectationBench, due: Int = 1, _ messages: [UInt8]...
  ) async throws -> [String] {
    MLLPFixture.acknowledgements(
      try await bench.fixture.exchange([messages.flatMap { $0.framed() }], answers: due))
  }

  private static func update(_ id: String, _ modes: String = "|||", event: String = "A08") -> [UInt8] {
    Array(MLLPFixture.update(id, patient: "E-\(id)", header: modes, event: event).utf8)
  }

  private static func broken(_ id: String, _ modes: String = "|||") -> [UInt8] {
    Array(update(id, modes).text.replacing("19840312", with: "19840231").utf8)
  }

  static let all = modes + refusals + applying

  private static let modes: [Expectation] = [
    .agrees(117) { bench in
      let message = update("M-1", "||XX|")
      try expect(try await answers(bench, message), ["CA M-1"])
      let findings = HL7Validator().headerFindings(try HL7Message(parsing: message))
      try expect(findings.compactMap { $0.location?.description }, ["MSH-15"])
      try expect(findings.map(\.severity), [.warning])
    },
    .agrees(118) { bench in
      for (number, word) in ["", "AL", "NE", "ER", "SU"].enumerated() {
        let message = update("M-2-\(number)", "||\(word)|")
        try expect(HL7Validator().headerFindings(try HL7Message(parsing: message)).isEmpty, word)
        let expected = ["AA", "CA", nil, nil, "CA"][number].map { ["\($0) M-2-\(number)"] } ?? []
        try expect(try await answers(bench, due: expected.count, message), expected, word)
      }
    },
    .differs(
      120, 121, by: .choice,
      because: "a batch, or a second MSH, is never answered positively; but who asked for silence (NE, SU) gets it"
    ) { bench in
      let rows = [("", ["AE"]), ("AL", ["CE"]), ("ER", ["CE"]), ("SU", []), ("NE", [])]
      for (number, (word, codes)) in rows.enumerated() {
        let inner = update("M-3-\(number)", "||\(word)|")
        let batch = Array("BHS|^~\\&|HIS|CHU-IBN-ROCHD\r".utf8) + inner + Array("BTS|1\r".utf8)
        let found = try await answers(bench, due: codes.count * 2, batch, inner + update("M-3-\(number)-B"))
        try expect(found, (codes + codes).map { "\($0) M-3-\(number)" }, word)
      }
    },
    .agrees(123) { bench in
      for (modes, code) in [("|||", "AE"), ("||AL|NE", "CE"), ("||ER|", "CE"), ("||AL|AL", "CE")] {
        let unnamed = Array(update("GONE", modes).text.replacing("|GONE|", with: "||").utf8)
        try expect(try await answers(bench, unnamed).map { String($0.prefix(2)) }, [code], modes)
      }
    },
    .agrees(124) { bench in
      try expect(try await answers(bench, update("M-4", "||AL|AL", event: "A99")), ["CR M-4"])
    },
    .agrees(125) { _ in
      // What stands received and framed, and nothing known of its content.
      let rows: [(String, HL7Acknowledgement.Code?)] = [
        ("AL", .CA), ("SU", .CA), ("ER", nil), ("NE", nil), ("XX", .CA),
      ]
      for (word, code) in rows {
        let header = HL7Header(recoveringFrom: update("M-5", "||\(word)|"))
        try expect(
          HL7Control.acknowledgements(for: header, stored: .success, applied: nil), code.map { [$0] } ?? [], word)
      }
    },
    .differs(
      133, by: .choice, because: "AA says applied; what is only received is owed CA, or nothing in original mode"
    ) { _ in
      let header = HL7Header(recoveringFrom: update("M-6"))
      try expect(HL7Control.acknowledgements(for: header, stored: .success, applied: nil), [])
    },
  ]

  private static let refusals: [Expectation] = [
    .agrees(122) { bench in
      for text in ["MSH", "MSH|", "MSH|^^^^|A\r", "hello", ""] {
        let bytes = try await bench.fixture.exchange([Array(text.utf8).framed()], answers: 1)
        let codes = MLLPFixture.acknowledgements(bytes).map { String($0.prefix(2)) }
        try expect(codes, ["AE"], text.debugDescription)
      }
    },
    .agrees(128, 129) { bench in
      _ = try await bench.fixture.rows(
        "create or replace function clinic.refuse_name() returns trigger language plpgsql as "
          + "$$ begin raise exception 'cannot be written' using errcode = '22023'; end $$")
      _ = try await bench.fixture.rows(
        "create trigger refuse_name before insert or update on clinic.patient for each row "
          + "when (new.family = 'Unwritable') execute function clinic.refuse_name()")
      let message = Array(update("R-1").text.replacing("Berrada", with: "Unwritable").utf8)
      try expect(try await answers(bench, message), ["AE R-1"])
      try expect(try await answers(bench, broken("R-2")), ["AE R-2"])
      let states = try await bench.fixture.rows(
        "select distinct state from gateway.hl7_message where control_id in ('R-1', 'R-2')")
      try expect(states, [["failed"]])
    },
    .agrees(130) { bench in
      try expect(try await answers(bench, update("R-3", event: "A99")), ["AR R-3"])
    },
    .agrees(132) { bench in
      let before = bench.fixture.answered.all.count
      _ = try await answers(bench, broken("R-4"))
      try expect(Array(bench.fixture.answered.all.dropFirst(before)), ["AE"])
    },
    .agrees(135) { bench in
      let messages = [(broken("R-5"), 1), (update("R-6", event: "A99"), 1), (broken("R-7", "||AL|AL"), 2)]
      for (message, due) in messages {
        let text = try await bench.fixture.exchange([message.framed()], answers: due).text
        for secret in ["Berrada", "Salma", "19840231", "19840312", "E-R-", "+212661203040"] {
          try expect(!text.contains(secret), "\(secret) stands in \(text)")
        }
      }
    },
    .foreign(119, because: "a subscriber that throws"),
    .foreign(126, because: "acknowledgements made by the caller"),
  ]

  private static let applying: [Expectation] = [
    .agrees(127) { bench in
      try expect(try await answers(bench, update("A-1")), ["AA A-1"])
      let state = try await bench.fixture.value("select state from gateway.hl7_message where control_id = 'A-1'")
      try expect(state, "applied")
    },
    .agrees(131) { bench in
      // While nothing can be written nothing is answered; afterwards it is.
      let fixture = bench.fixture
      async let blocking = fixture.rows(
        """
        do $$ begin
          lock table gateway.hl7_message in share mode;
          perform pg_sleep(2.5);
        end $$
        """)
      try await Task.sleep(nanoseconds: 300_000_000)
      let waiting = try await answers(bench, due: 0, update("A-2"))
      try expect(waiting, [], "answered before it was written:")
      _ = try await blocking
      try expect(try await answers(bench, update("A-2")), ["AA A-2"])
    },
    .agrees(151) { bench in
      let message = update("A-3").text.replacing("\\", with: "%").replacing("~", with: "?").replacing("|", with: "!")
      let answer = try await bench.fixture.send(message)
      try expect(answer.code, "AA")
      try expect(answer.message.text.hasPrefix("MSH!^?%&!"), answer.message.text)
    },
  ]
}
