import XCTest

@testable import FHIRModels

/// The engine behind `matches()`: what it takes, what it refuses, and that nothing makes it slow.
final class PathRegexTests: XCTestCase {
  private func find(_ pattern: String, _ text: String) throws -> String? {
    var machine = PathRegexMachine(
      try PathRegex(pattern), text.unicodeScalars.map(\.value), keepsGroups: true, budget: 1_000_000)
    let scalars = Array(text.unicodeScalars)
    guard let match = try machine.find(from: 0) else { return nil }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars[match.range])
    return String(view)
  }

  func testWhatMatches() throws {
    let cases: [(String, String, String?)] = [
      ("abc", "xabcx", "abc"), ("a.c", "a\nc", "a\nc"), ("(?-s)a.c", "a\nc", nil), ("^b", "ab", nil),
      ("b$", "ab", "b"), ("b$", "ab\n", nil), ("(?m)^b$", "a\nb\nc", "b"), ("a|bc|d", "xbc", "bc"),
      ("a*", "aaa", "aaa"), ("a*?", "aaa", ""), ("a+?b", "aab", "aab"), ("a{2}", "aaa", "aa"),
      ("a{2,}", "aaaa", "aaaa"),
      ("a{1,2}?", "aaa", "a"), ("a{,2}b", "aaab", "aab"), ("a{x}", "a{x}", "a{x}"), ("(ab)+", "xababx", "abab"),
      ("(?:a|ab)(?:c|bcd)", "abcd", "abcd"), ("[a-c]+", "xxabcd", "abc"), ("[^a-c]+", "abxyc", "xy"),
      ("[]a]+", "]a]", "]a]"), ("[a\\]-]+", "x-]a", "-]a"), ("[\\d.]+", "v1.20", "1.20"), ("\\w+", "§ab_9-", "ab_9"),
      ("\\s", "a\u{A0}b", nil), ("\\S+", "  ab ", "ab"), ("\\D+", "12ab3", "ab"), ("\\bcat\\b", "a cat.", "cat"),
      ("\\Bat", "cat", "at"), ("\\x41\\u0042\\x{1F525}", "AB🔥", "AB🔥"), ("🔥+", "a🔥🔥b", "🔥🔥"),
      ("\\p{Lu}+", "aÉÈb", "ÉÈ"),
      ("\\p{L}+", "12é中", "é中"), ("\\P{L}+", "é12", "12"), ("[[:alpha:]]+", "1ab2", "ab"),
      ("(?i)straße", "STRAßE", "STRAßE"),
      ("(?i:a)b", "Ab", "Ab"), ("(?i:a)b", "AB", nil), ("\\A1\\z", "1", "1"), ("", "x", ""), ("()*", "x", ""),
      ("(a|b*)*c", "abbac", "abbac"), ("(a*)*", "aa", "aa"), ("\\.", "a.b", "."), ("a\\/b", "a/b", "a/b"),
      ("x?y", "y", "y"), ("[\\s\\S]", "\n", "\n"), ("[^\\d]", "1a", "a"),
      ("(?<y>\\d{4})-(?P<m>\\d\\d)", "on 2020-12", "2020-12"),
    ]
    for (pattern, text, expected) in cases {
      XCTAssertEqual(try find(pattern, text), expected, "\(pattern) in \(text)")
    }
  }

  func testWhatIsRefusedSaysWhy() {
    let cases: [(String, String)] = [
      ("(?=a)", "lookahead"), ("(?!a)", "lookahead"), ("(?<=a)", "lookbehind"), ("(?<!a)", "lookbehind"),
      ("(a)\\1", "backreference"), ("\\k<a>", "backreference"), ("(?>a)", "atomic"), ("a++", "possessive"),
      ("a**", "follows another"), ("*a", "nothing before"), ("(a", "not closed"), ("a)", "closes no group"),
      ("[a", "not closed"), ("[b-a]", "ends before"), ("a{3,2}", "ends before"), ("a{99999}", "more than"),
      ("\\", "ends with"),
      ("\\Q", "not supported"), ("\\p{Greek}", "general category"), ("^*", "anchor"), ("(?x)a", "flag"),
      ("\\xZZ", "no character"),
      ("((a{1000}){1000}){1000}", "too large"), ("(?:(?:){9999}){9999}", "too large"), ("(?<n>a)(?<n>b)", "name"),
      (String(repeating: "(", count: 500), "too deep"), ("[[:nope:]]", "no class"), ("(*ACCEPT)", "verb"),
      ("(?#a)", "comment"),
    ]
    for (pattern, reason) in cases {
      XCTAssertThrowsError(try PathRegex(pattern), pattern) { error in
        XCTAssertTrue(
          (error as? PathRegexError)?.diagnostics.contains(reason) == true, "\(pattern): \(error) lacks \(reason)")
      }
    }
  }

  /// Patterns that take a backtracking engine longer than the universe stands.
  func testNoPatternIsSlow() throws {
    let text = String(repeating: "a", count: 5_000)
    let patterns = [
      "(a+)+$b", "(a|a)*b", "(a|aa)+$x", "(.*)(.*)(.*)(.*)(.*)x", "^(([a-z])+.)+[A-Z]([a-z])+$",
      "(a?){100}a{100}b", "(?:a*)*b",
    ]
    let start = ContinuousClock.now
    for pattern in patterns {
      var machine = PathRegexMachine(
        try PathRegex(pattern), text.unicodeScalars.map(\.value), keepsGroups: false, budget: 50_000_000)
      XCTAssertFalse(try machine.hasMatch(isFull: false), pattern)
    }
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(60))
  }

  func testTheBudgetEnds() throws {
    var machine = PathRegexMachine(
      try PathRegex("(a?){200}b"), Array(repeating: 0x61, count: 10_000), keepsGroups: false, budget: 10_000)
    XCTAssertThrowsError(try machine.hasMatch(isFull: false))
    XCTAssertThrowsError(
      try FHIRPath("%text.matches('(a?){200}b')").evaluate(
        on: FHIRItem(Patient()),
        in: {
          var context = FHIRPathContext()
          context.variables["text"] = [FHIRPathValue(String(repeating: "a", count: 100_000))]
          context.limits.steps = 10_000
          return context
        }())
    ) { XCTAssertEqual(($0 as? FHIRPathError)?.code, .limit) }
  }
}
