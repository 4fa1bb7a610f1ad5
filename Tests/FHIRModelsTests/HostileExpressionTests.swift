import FHIRModels
import TestSupport
import XCTest

/// Expressions that mean harm: each is compiled and evaluated, or refused with a place inside it; none crashes or hangs.
final class HostileExpressionTests: XCTestCase {
  private let seeds = [
    "Patient.name.where(use = 'official' and given.exists($this.matches('^[A-Z]\\\\w*(a|b)?$'))).given.first() | name[0].family",
    "iif(active, @2015-02-04T14:34:28.123+02:00 + 7.5 'mg' , (1 | 2.50 | {}) .aggregate($total + $this, 0)) as Quantity",
    "name.select(given & ' ' & family).replaceMatches('(?<a>[^\\\\s]{1,3})\\\\b', '${a}$0').sort(-$this) // note",
    "%resource.descendants().ofType(FHIR.dateTime).highBoundary(17) > today() - 3 months implies %`vs-x`.exists()",
  ]

  private let patient = FHIRItem(
    Patient {
      $0.id = "p1"
      $0.active = true
      $0.name = [HumanName(use: .official, family: "Alaoui", given: ["Amina", "Zahra"])]
    })

  /// What comes of it does not matter here; that something does, in time, and with a place inside the text.
  private func run(_ expression: String) {
    var context = FHIRPathContext()
    context.limits.steps = 20_000
    do throws(FHIRPathError) {
      _ = try FHIRPath(expression).evaluate(on: patient, in: context)
      _ = try FHIRPath(expression, for: "Patient")
    } catch {
      XCTAssertTrue((0...expression.utf8.count).contains(error.offset), "\(expression): \(error)")
      XCTAssertFalse(error.message.isEmpty)
    }
  }

  func testTruncationAtEveryByte() {
    for seed in seeds {
      let bytes = Array(seed.utf8)
      for end in 0...bytes.count { run(String(decoding: bytes[..<end], as: UTF8.self)) }
      for start in 0..<bytes.count { run(String(decoding: bytes[start...], as: UTF8.self)) }
    }
  }

  func testRandomChanges() {
    var generator = SeededGenerator(seed: 42)
    let pieces = [
      "(", ")", "[", "]", "'", "`", "\\", "%", "$this", "@", "..", "-", "*", "é", "\u{0}", "{}", "99999999999", "/*",
      "//",
    ]
    for _ in 0..<4_000 {
      var bytes = Array(seeds[Int(generator.next() % UInt64(seeds.count))].utf8)
      for _ in 0...Int(generator.next() % 4) {
        let place = Int(generator.next() % UInt64(bytes.count))
        switch generator.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: generator.next())
        case 1: bytes.insert(contentsOf: Array(pieces[Int(generator.next() % UInt64(pieces.count))].utf8), at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + 5))
        }
        if bytes.isEmpty { bytes = [0x31] }
      }
      run(String(decoding: bytes, as: UTF8.self))
    }
  }

  func testBombs() {
    func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
    let names = (0..<9_000).map { "a\($0)" }.joined(separator: ",")
    let bombs: [String] = [
      times("(", 20_000), times("[", 20_000), times("-", 20_000) + "1", times("a.", 20_000) + "a",
      times("not().", 10_000),
      times("iif(true,", 10_000), times("name.repeat(", 120) + "period" + times(")", 120),
      times("checkModifiers(", 200) + names, times("1+", 20_000) + "1",
      times("{}|", 20_000) + "{}", "a" + times("[0]", 20_000),
      times("where(", 8_000), times("'", 20_001), times("`", 20_001), times("/*", 20_000), times("%", 20_000),
      times("9", 60_000), "0." + times("9", 60_000), "1" + times("0", 400) + " * 1" + times("0", 400),
      "1 / 3 * " + times("9", 38),
      "2147483647 * 2147483647", "-2147483648 - 1", "9.power(9999)", "10.power(1000000000)", "(-1).power(0.5)",
      "@9999-12-31 + 1000000 years", "@0001-01-01 - 2000 years", "@2015-01-01 + 99999999999999999999.0 seconds",
      "1 'm'" + times(" * 1 'm'", 200), "'" + times("(", 300) + "m'", "1 '" + times("m.", 200) + "m' = 1 'm'",
      "1 '" + times("(", 100) + "m" + times(")", 100) + "' = 1 'm'", "1 'm99999999999'  = 1 'm'", "1 'Ym99' = 1 'm'",
      "'a'.matches('" + times("(", 5_000) + "')", "'a'.matches('" + times("(a*)*", 400) + "')",
      "'" + times("a", 30_000) + "'.matches('(a+)+$b')",
      "'" + times("a", 20_000) + "'.replaceMatches('a|a*b', 'aaaaaaaaaa')",
      "'aaaaaaaaaa'.replaceMatches('a', 'aaaaaaaaaa')" + times(".replaceMatches('a', 'aaaaaaaaaa')", 20),
      "'aaaaaaaaaa'.replace('a', 'aaaaaaaaaa')" + times(".replace('a', 'aaaaaaaaaa')", 20),
      "'ab'.repeat($this + $this)",
      "(1|2|3|4|5|6|7|8|9)" + times(".combine($this)", 5) + ".aggregate($total & $total, 'ab')",
      "(1|2|3|4|5|6|7|8|9)" + times(".combine($this)", 8) + ".aggregate(iif($total.length() > 0, $total, 'a'), '"
        + times("é", 30_000) + "').length()", "(0).repeat($this + 1)", "'a'" + times(".combine($this)", 200),
      "(1|2|3|4|5|6|7|8|9)" + times(".select(1|2|3|4|5|6|7|8|9)", 20) + ".count()",
      "descendants()" + times(".combine(%context.descendants())", 100),
      "name.sort(" + times("given.first(),", 15) + "use)",
      "1.round(2147483647)", "1.lowBoundary(2147483647)", "'a'.substring(2147483647, 2147483647)",
      "'a'.skip(-2147483648)",
      "'a'.take(2147483647)", "name[2147483647]", "'\\uD800'", "'\\uDC00\\uD800'", "'\\u00'", "@T24:00", "@2015-13",
      "1.toString(1)",
      "'" + times("&#1;", 5_000) + "'.unescape('html')", "'" + times("=", 20_000) + "'.decode('base64')",
      "exp(1000000)", "1000000.exp()", "0.ln()", "(0-1).ln()", "0.log(0)", "0.power(-1)", "(-5).sqrt()", "1.0.div(0)",
      "1 mod 0",
      "-(2147483647) - 1 div -1", "(-2147483648) div -1", "(-2147483648).abs()",
    ]
    let start = ContinuousClock.now
    for bomb in bombs { run(bomb) }
    XCTAssertLessThan(ContinuousClock.now - start, .seconds(60))
  }
}
