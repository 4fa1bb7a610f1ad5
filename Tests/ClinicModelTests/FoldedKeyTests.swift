import ClinicModel
import XCTest

final class FoldedKeyTests: XCTestCase {
  func testNamesOfTheClinics() {
    let cases = [
      ("Bénnani", "bennani"), ("BENNANI", "bennani"), ("Nguyễn", "nguyen"), ("Đặng Thị Huệ", "dang thi hue"),
      ("Lefèvre-Çelik", "lefevre-celik"), ("Œuvrard", "oeuvrard"), ("Strauß", "strauss"), ("D’Arcy", "d'arcy"),
      ("  El   Alaoui ", "el alaoui"), ("Øster\u{00A0}Ål", "oster al"), ("محمّد", "محمد"), ("أحمد", "احمد"),
      ("Łukasz", "lukasz"), ("İnönü", "inonu"), ("Юсуф", "юсуф"), ("王小明", "王小明"), ("", ""), (" ", ""),
      ("O`Brien\tJr", "o'brien jr"),
    ]
    for (name, key) in cases { XCTAssertEqual(FoldedKey.fold(name), key, name) }
  }

  func testComposedAndDecomposedFoldAlike() {
    for (composed, decomposed) in [
      ("Nguy\u{1EC5}n", "Nguye\u{0302}\u{0303}n"), ("\u{00C9}", "E\u{0301}"), ("\u{0623}", "\u{0627}\u{0654}"),
      ("\u{0439}", "\u{0438}\u{0306}"),
    ] {
      XCTAssertEqual(
        FoldedKey.fold(composed).unicodeScalars.map(\.value), FoldedKey.fold(decomposed).unicodeScalars.map(\.value))
    }
  }

  func testFoldingTwiceIsFoldingOnce() {
    for value in UInt32(1)...0x3000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let once = FoldedKey.fold("a\(scalar)b")
      XCTAssertEqual(Array(FoldedKey.fold(once).utf8), Array(once.utf8), "U+\(String(value, radix: 16))")
    }
  }

  func testUpperBoundEndsAPrefix() {
    XCTAssertEqual(FoldedKey.upperBound(ofPrefix: "abc"), "abd")
    XCTAssertEqual(FoldedKey.upperBound(ofPrefix: "a\u{D7FF}"), "a\u{E000}")
    XCTAssertEqual(FoldedKey.upperBound(ofPrefix: "a\u{10FFFF}"), "b")
    XCTAssertNil(FoldedKey.upperBound(ofPrefix: ""))
    XCTAssertEqual(FoldedKey.phone("+212 (0)600-12.34"), "21206001234")
  }
}
