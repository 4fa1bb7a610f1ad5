/// Bytes as base64 text (RFC 4648, sections 4 and 5).
public enum Base64 {
  /// The sixty-four letters and whether the text is padded with `=`.
  public enum Alphabet: Sendable {
    /// `+` and `/`, padded.
    case standard
    /// `-` and `_`, not padded: fit for URLs and file names.
    case url
  }

  private static let standardLetters = letters("+", "/")
  private static let urlLetters = letters("-", "_")
  private static let standardValues = values(of: standardLetters)
  private static let urlValues = values(of: urlLetters)
  private static let noValue: UInt8 = 0xFF

  /// The text of `bytes`.
  public static func encode(_ bytes: [UInt8], alphabet: Alphabet = .standard) -> String {
    let letters = alphabet == .standard ? standardLetters : urlLetters
    return String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4) { output in
      var (input, position) = (0, 0)
      while input + 2 < bytes.count {
        let group = UInt32(bytes[input]) << 16 | UInt32(bytes[input + 1]) << 8 | UInt32(bytes[input + 2])
        output[position] = letters[Int(group >> 18)]
        output[position + 1] = letters[Int(group >> 12 & 63)]
        output[position + 2] = letters[Int(group >> 6 & 63)]
        output[position + 3] = letters[Int(group & 63)]
        input += 3
        position += 4
      }
      let rest = bytes.count - input
      guard rest > 0 else { return position }
      let group = UInt32(bytes[input]) << 16 | (rest == 2 ? UInt32(bytes[input + 1]) << 8 : 0)
      output[position] = letters[Int(group >> 18)]
      output[position + 1] = letters[Int(group >> 12 & 63)]
      position += 2
      if rest == 2 {
        output[position] = letters[Int(group >> 6 & 63)]
        position += 1
      }
      while alphabet == .standard, position % 4 != 0 {
        output[position] = UInt8(ascii: "=")
        position += 1
      }
      return position
    }
  }

  /// The bytes of a text in exactly this alphabet; nil for white space, wrong padding or stray bits at the end.
  public static func decode(_ text: some StringProtocol, alphabet: Alphabet = .standard) -> [UInt8]? {
    decode(bytes: Array(text.utf8), alphabet: alphabet)
  }

  /// The bytes of a text given as ASCII bytes; see `decode(_:alphabet:)`.
  public static func decode(bytes text: [UInt8], alphabet: Alphabet = .standard) -> [UInt8]? {
    var end = text.count
    if alphabet == .standard {
      guard end % 4 == 0 else { return nil }
      if end > 0, text[end - 1] == UInt8(ascii: "=") { end -= text[end - 2] == UInt8(ascii: "=") ? 2 : 1 }
    }
    guard end % 4 != 1 else { return nil }
    let values = alphabet == .standard ? standardValues : urlValues
    var output: [UInt8] = []
    output.reserveCapacity(end / 4 * 3 + 2)
    var (bits, group): (UInt32, UInt32) = (0, 0)
    for letter in text[..<end] {
      let value = values[Int(letter)]
      guard value != noValue else { return nil }
      group = group << 6 | UInt32(value)
      bits += 6
      if bits == 24 {
        output.append(UInt8(truncatingIfNeeded: group >> 16))
        output.append(UInt8(truncatingIfNeeded: group >> 8))
        output.append(UInt8(truncatingIfNeeded: group))
        (bits, group) = (0, 0)
      }
    }
    switch bits {
    case 12:
      guard group & 15 == 0 else { return nil }
      output.append(UInt8(truncatingIfNeeded: group >> 4))
    case 18:
      guard group & 3 == 0 else { return nil }
      output.append(UInt8(truncatingIfNeeded: group >> 10))
      output.append(UInt8(truncatingIfNeeded: group >> 2))
    default: break
    }
    return output
  }

  private static func letters(_ sixtyTwo: Character, _ sixtyThree: Character) -> [UInt8] {
    Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789\(sixtyTwo)\(sixtyThree)".utf8)
  }

  private static func values(of letters: [UInt8]) -> [UInt8] {
    var values = [UInt8](repeating: noValue, count: 256)
    for (value, letter) in letters.enumerated() { values[Int(letter)] = UInt8(value) }
    return values
  }
}
