extension PathMachine {
  /// `encode`, `decode`, `escape` and `unescape`. A form that is not known, or a text that is not in it, is empty.
  mutating func encoding(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    try spend(items.textBytes / 64)
    guard let text = try string(items), let form = try string(try argument(arguments, 0) ?? .empty) else {
      return .empty
    }
    let result: String?
    switch (function, form) {
    case (.encode, "hex"): result = PathEncoding.hex(Array(text.utf8))
    case (.encode, "base64"): result = PathEncoding.base64(Array(text.utf8), isForURLs: false)
    case (.encode, "urlbase64"): result = PathEncoding.base64(Array(text.utf8), isForURLs: true)
    case (.decode, "hex"): result = PathEncoding.decoded(hex: text).flatMap { String(validating: $0, as: UTF8.self) }
    case (.decode, "base64"), (.decode, "urlbase64"):
      result = PathEncoding.decoded(base64: text, isForURLs: form == "urlbase64")
        .flatMap { String(validating: $0, as: UTF8.self) }
    case (.escape, "html"): result = PathEncoding.escaped(html: text)
    case (.escape, "json"): result = PathEncoding.escaped(json: text)
    case (.unescape, "html"): result = PathEncoding.unescaped(html: text)
    case (.unescape, "json"): result = PathEncoding.unescaped(json: text)
    default: result = nil
    }
    return try result.map { (text) throws(FHIRPathError) in try limited(text) } ?? .empty
  }
}

/// The forms that `encode` and `escape` know.
enum PathEncoding {
  private static let digits = Array("0123456789abcdef".utf8)
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

  static func hex(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  static func decoded(hex text: String) -> [UInt8]? {
    guard text.utf8.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    var high: UInt8?
    for character in text {
      guard let digit = character.hexDigitValue, character.isASCII else { return nil }
      if let first = high {
        bytes.append(first << 4 | UInt8(digit))
        high = nil
      } else {
        high = UInt8(digit)
      }
    }
    return bytes
  }

  private static func alphabet(isForURLs: Bool) -> [UInt8] {
    letters + (isForURLs ? Array("-_".utf8) : Array("+/".utf8))
  }

  /// RFC 4648, sections 4 and 5, with padding.
  static func base64(_ bytes: [UInt8], isForURLs: Bool) -> String {
    let alphabet = alphabet(isForURLs: isForURLs)
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let rest = min(3, bytes.count - start)
      var group: UInt32 = 0
      for offset in 0..<3 { group = group << 8 | (offset < rest ? UInt32(bytes[start + offset]) : 0) }
      for place in 0..<4 {
        let value = Int(group >> UInt32(18 - place * 6)) & 63
        text.append(place <= rest ? alphabet[value] : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Padding may be left away; anything else that does not belong makes it nil.
  static func decoded(base64 text: String, isForURLs: Bool) -> [UInt8]? {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, letter) in alphabet(isForURLs: isForURLs).enumerated() { values[Int(letter)] = UInt8(value) }
    var input = Array(text.utf8)
    while input.last == UInt8(ascii: "="), input.count % 4 == 0 || input.count % 4 == 3 { input.removeLast() }
    guard input.count % 4 != 1 else { return nil }
    var bytes: [UInt8] = []
    var group: UInt32 = 0
    var bits: UInt32 = 0
    for letter in input {
      let value = values[Int(letter)]
      guard value < 64 else { return nil }
      group = (group << 6 | UInt32(value)) & 0xFFFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> bits))
      }
    }
    return bytes
  }

  // MARK: HTML

  private static let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")]

  static func escaped(html text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if let entity = entities.first(where: { $0.0.unicodeScalars.first == scalar })?.1 {
        result += entity
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Resolves XML's five entities, `&nbsp;` and references by number; what is none of them stays as it is.
  static func unescaped(html text: String) -> String {
    var result = ""
    var rest = Substring(text)
    while let start = rest.firstIndex(of: "&") {
      result += rest[..<start]
      rest = rest[start...]
      guard let end = rest.prefix(12).firstIndex(of: ";"),
        let scalar = scalar(ofReference: rest[rest.index(after: start)..<end])
      else {
        result += "&"
        rest = rest.dropFirst()
        continue
      }
      result.unicodeScalars.append(scalar)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  private static func scalar(ofReference name: Substring) -> Unicode.Scalar? {
    switch name {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    case "nbsp": return "\u{A0}"
    default: break
    }
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let isHex = digits.hasPrefix("x") || digits.hasPrefix("X")
    return (isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)).flatMap { Unicode.Scalar($0) }
  }
}
