/// A word of an expression and where it begins.
struct PathToken: Sendable {
  enum Kind: Sendable, Equatable {
    /// A name, or a word of the language where one may stand.
    case word(String)
    /// A name in backticks.
    case name(String)
    case string(String)
    case number(String)
    case temporal(String)
    /// `$this`, `$index`, `$total` without the sign.
    case special(String)
    /// `%` and what it names.
    case constant(String)
    case symbol(String)
    case end
  }

  let kind: Kind
  let offset: Int
}

/// Cuts an expression into words; comments and white space fall away.
struct PathLexer {
  private let bytes: [UInt8]
  private var position = 0

  init(_ expression: String) { bytes = Array(expression.utf8) }

  mutating func next() throws(FHIRPathError) -> PathToken {
    try skipBlanks()
    let start = position
    guard let byte = peek() else { return PathToken(kind: .end, offset: start) }
    return PathToken(kind: try kind(byte), offset: start)
  }

  private mutating func kind(_ byte: UInt8) throws(FHIRPathError) -> PathToken.Kind {
    switch byte {
    case UInt8(ascii: "'"): return .string(try quoted(byte))
    case UInt8(ascii: "`"): return .name(try quoted(byte))
    case UInt8(ascii: "@"): return .temporal(temporal())
    case UInt8(ascii: "$"):
      position += 1
      return .special(word())
    case UInt8(ascii: "%"):
      position += 1
      if let quote = peek(), quote == UInt8(ascii: "`") || quote == UInt8(ascii: "'") {
        return .constant(try quoted(quote))
      }
      let name = word(alsoHyphens: true)
      if name.isEmpty { throw FHIRPathError(.syntax, "% must be followed by a name", at: position) }
      return .constant(name)
    default: break
    }
    if PathLexer.isDigit(byte) { return .number(number()) }
    if PathLexer.isLetter(byte) { return .word(word()) }
    return .symbol(try symbol(byte))
  }

  // MARK: Parts

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "_") }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < bytes.count ? bytes[position + ahead] : nil
  }

  private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

  private mutating func word(alsoHyphens: Bool = false) -> String {
    let start = position
    while let byte = peek(),
      PathLexer.isLetter(byte) || PathLexer.isDigit(byte) || alsoHyphens && byte == UInt8(ascii: "-")
    {
      position += 1
    }
    return text(from: start)
  }

  /// Digits, and a fraction where digits follow the point: `1.name` is a step from 1.
  private mutating func number() -> String {
    let start = position
    while let byte = peek(), PathLexer.isDigit(byte) { position += 1 }
    if peek() == UInt8(ascii: "."), let byte = peek(1), PathLexer.isDigit(byte) {
      position += 1
      while let byte = peek(), PathLexer.isDigit(byte) { position += 1 }
    }
    return text(from: start)
  }

  /// All that can belong to a date or time; what it says is looked at by the parser.
  private mutating func temporal() -> String {
    position += 1
    let start = position
    var sawTime = false
    while let byte = peek() {
      let isPart = PathLexer.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ":")
      if byte == UInt8(ascii: "T"), !sawTime {
        sawTime = true
      } else if byte == UInt8(ascii: "Z"), sawTime {
        position += 1
        break
      } else if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+") {
        // A fraction or a zone; otherwise a step or a sum.
        guard sawTime, let after = peek(1), PathLexer.isDigit(after) else { break }
      } else if !isPart {
        break
      }
      position += 1
    }
    return text(from: start)
  }

  private mutating func symbol(_ byte: UInt8) throws(FHIRPathError) -> String {
    let pairs = ["<=", ">=", "!=", "!~"]
    if let second = peek(1) {
      let pair = String(decoding: [byte, second], as: UTF8.self)
      if pairs.contains(pair) {
        position += 2
        return pair
      }
    }
    guard byte < 0x80, "().[]{},+-*/&|=~<>".utf8.contains(byte) else {
      throw FHIRPathError(.syntax, "No expression has this character here", at: position)
    }
    position += 1
    return String(decoding: [byte], as: UTF8.self)
  }

  private mutating func skipBlanks() throws(FHIRPathError) {
    while let byte = peek() {
      if byte == 0x20 || (0x09...0x0D).contains(byte) {
        position += 1
      } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "/") {
        while let byte = peek(), byte != 0x0A, byte != 0x0D { position += 1 }
      } else if byte == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
        let start = position
        position += 2
        while peek() != nil, !(peek() == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")) { position += 1 }
        guard peek() != nil else { throw FHIRPathError(.syntax, "The comment does not end", at: start) }
        position += 2
      } else {
        return
      }
    }
  }

  private mutating func quoted(_ quote: UInt8) throws(FHIRPathError) -> String {
    let start = position
    position += 1
    var content: [UInt8] = []
    while let byte = peek() {
      position += 1
      if byte == quote { return String(decoding: content, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") {
        try escape(into: &content)
      } else {
        content.append(byte)
      }
    }
    throw FHIRPathError(.syntax, "The quotation does not end", at: start)
  }

  private mutating func escape(into content: inout [UInt8]) throws(FHIRPathError) {
    let start = position - 1
    guard let byte = peek() else { return }
    position += 1
    switch byte {
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"):
      var unit = try hexadecimal(start)
      if (0xD800...0xDBFF).contains(unit), peek() == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "u") {
        position += 2
        let low = try hexadecimal(start)
        guard (0xDC00...0xDFFF).contains(low) else {
          throw FHIRPathError(.syntax, "Half of a pair of surrogates", at: start)
        }
        unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(unit) else {
        throw FHIRPathError(.syntax, "Half of a pair of surrogates", at: start)
      }
      content.append(contentsOf: Array(String(Character(scalar)).utf8))
    default:
      // `\'`, `\"`, `` \` ``, `\\`, `\/`; any other character stands for itself.
      content.append(byte)
    }
  }

  private mutating func hexadecimal(_ start: Int) throws(FHIRPathError) -> UInt32 {
    guard position + 4 <= bytes.count,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw FHIRPathError(.syntax, "\\u takes four hexadecimal digits", at: start) }
    position += 4
    return value
  }
}
