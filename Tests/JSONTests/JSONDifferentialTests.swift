import JSON
import TestSupport
import XCTest

/// The word-at-a-time string scan beside a plain loop that reads one byte at a time.
final class JSONDifferentialTests: XCTestCase {
  /// The end of the string's content and its text, or nil when the bytes are no JSON string.
  private func plain(_ bytes: [UInt8]) -> (end: Int, text: String)? {
    var position = 1
    var content: [UInt8] = []
    var pendingHigh: UInt32?
    while position < bytes.count {
      let byte = bytes[position]
      if pendingHigh != nil, byte != UInt8(ascii: "\\") { return nil }
      if byte == UInt8(ascii: "\"") { return valid(content).map { (position, $0) } }
      if byte < 0x20 { return nil }
      if byte != UInt8(ascii: "\\") {
        content.append(byte)
        position += 1
        continue
      }
      guard position + 1 < bytes.count else { return nil }
      let escape = bytes[position + 1]
      let simple: [UInt8: UInt8] = [
        0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
      ]
      if let value = simple[escape] {
        if pendingHigh != nil { return nil }
        content.append(value)
        position += 2
        continue
      }
      guard escape == UInt8(ascii: "u"), position + 6 <= bytes.count else { return nil }
      let digits = String(decoding: bytes[(position + 2)..<(position + 6)], as: UTF8.self)
      guard digits.allSatisfy({ $0.isASCII && $0.isHexDigit }), let unit = UInt32(digits, radix: 16), unit != 0 else {
        return nil
      }
      position += 6
      if let high = pendingHigh {
        guard (0xDC00..<0xE000).contains(unit), let scalar = Unicode.Scalar(0x10000 + (high << 10) + (unit - 0xDC00))
        else { return nil }
        content += Array(String(Character(scalar)).utf8)
        pendingHigh = nil
      } else if (0xD800..<0xDC00).contains(unit) {
        pendingHigh = unit - 0xD800
      } else {
        guard let scalar = Unicode.Scalar(unit) else { return nil }
        content += Array(String(Character(scalar)).utf8)
      }
    }
    return nil
  }

  private func valid(_ content: [UInt8]) -> String? { String(validating: content, as: UTF8.self) }

  func testStringScanAgreesWithAPlainLoop() {
    var random = SeededGenerator(seed: 20_261_121)
    let pieces: [[UInt8]] = [
      Array("a".utf8), Array("plain text ".utf8), Array("\\\"".utf8), Array("\\\\".utf8), Array("\\u00e9".utf8),
      Array("\\ud83d\\ude00".utf8), Array("é".utf8), Array("😀".utf8), Array("\\n".utf8), Array("\u{7F}".utf8),
      Array("!#[]".utf8), [0x1F], [0x20], [0x80], [0xFF], [0xC3], Array("\\ud83d".utf8), Array("\\".utf8), [0x22], [0],
    ]
    var accepted = 0
    for round in 0..<60_000 {
      var bytes: [UInt8] = [0x22]
      let clean = round % 3 != 0
      for _ in 0..<Int.random(in: 0...9, using: &random) {
        bytes += pieces[Int.random(in: 0..<(clean ? 11 : pieces.count), using: &random)]
      }
      bytes.append(0x22)
      if !clean, Bool.random(using: &random) {
        bytes[Int.random(in: 1..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      let expected = plain(bytes)
      let found: (end: Int, text: String)? = bytes.withUnsafeBytes { buffer in
        guard var scanner = try? JSONScanner(buffer), let token = try? scanner.scanString() else { return nil }
        return (token.range.upperBound, scanner.text(token))
      }
      XCTAssertEqual(found?.end, expected?.end, "\(bytes)")
      XCTAssertEqual(found?.text, expected?.text, "\(bytes)")
      if found != nil { accepted += 1 }
    }
    XCTAssertGreaterThan(accepted, 30_000, "both kinds must be met")
    XCTAssertLessThan(accepted, 59_000, "both kinds must be met")
  }

  func testWrittenStringsReadBack() throws {
    var random = SeededGenerator(seed: 7)
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        let scalar = Unicode.Scalar(UInt32.random(in: 1...0x250, using: &random)) ?? "a"
        text.unicodeScalars.append(scalar)
      }
      let bytes = JSONValue.string(text).serialized()
      XCTAssertEqual(try JSONValue.parse(bytes).string.map { Array($0.utf8) }, Array(text.utf8))
      for byte in bytes { XCTAssertGreaterThanOrEqual(byte, 0x20) }
    }
  }
}
