import HL7Parser

/// One line, or several alike, of the collections' list of what an MLLP library should do, and how ours holds against
/// it. Lines are named by their number; the words are ours.
struct Expectation: Sendable {
  /// Who has it right where ours does otherwise.
  enum Whose: String, Sendable {
    /// Both can be right; ours chose.
    case choice = "a choice"
    /// What is expected breaks the protocol.
    case theirs
  }

  enum Verdict: Sendable {
    /// Ours does what is expected.
    case agrees
    /// Ours does otherwise, which the check shows, and why.
    case differs(Whose, String)
    /// Of classes, codes, counters or options of that library alone; nothing to hold ours against.
    case foreign(String)
  }

  /// What did not come out as said.
  struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }

  let lines: [Int]
  let verdict: Verdict
  /// Drives ours; throws where it does not do what the verdict says.
  let check: @Sendable (ExpectationBench) async throws -> Void

  static func agrees(
    _ lines: Int..., check: @escaping @Sendable (ExpectationBench) async throws -> Void
  ) -> Expectation { Expectation(lines: lines, verdict: .agrees, check: check) }

  static func differs(
    _ lines: Int..., by whose: Whose, because reason: String,
    check: @escaping @Sendable (ExpectationBench) async throws -> Void
  ) -> Expectation { Expectation(lines: lines, verdict: .differs(whose, reason), check: check) }

  static func foreign(_ lines: Int..., because reason: String) -> Expectation {
    Expectation(lines: lines, verdict: .foreign(reason)) { _ in }
  }
}

/// What an expectation is driven with: the collection's own frames and messages, and a listener over a database.
struct ExpectationBench: Sendable {
  /// Frames that the collection holds as other implementations write them.
  let goldenFrames: [[UInt8]]
  /// Messages of the collection's tests.
  let messages: [[UInt8]]
  /// A listener that belongs to a hospital and a clinic, so that it knows whose anything is.
  let fixture: MLLPFixture

  static let vt: UInt8 = 0x0B
  static let fs: UInt8 = 0x1C
  static let cr: UInt8 = 0x0D
  static let lf: UInt8 = 0x0A
}

/// Throws where two values differ.
func expect<Value: Equatable>(_ found: Value, _ wanted: Value, _ what: String = "") throws {
  guard found != wanted else { return }
  throw Expectation.Mismatch(
    description: "\(what) \("\(found)".debugDescription.prefix(300)), not \("\(wanted)".debugDescription.prefix(300))")
}

/// Throws where something does not hold.
func expect(_ holds: Bool, _ what: String) throws {
  guard !holds else { return }
  throw Expectation.Mismatch(description: what)
}

/// What a new framer makes of bytes, and of the end of the connection after them.
func events(_ bytes: [UInt8], limits: MLLPFramer.Limits = .init(), ends: Bool = true) -> [MLLPFramer.Event] {
  var framer = MLLPFramer(limits: limits)
  return framer.receive(bytes) + (ends ? framer.end() : [])
}

extension [UInt8] {
  /// These bytes as a frame, `FS CR` or what is said at its end.
  func framed(ending: [UInt8] = [ExpectationBench.fs, ExpectationBench.cr]) -> [UInt8] {
    [ExpectationBench.vt] + self + ending
  }

  var text: String { String(decoding: self, as: UTF8.self) }
}
