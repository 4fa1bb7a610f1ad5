/// A value as the configuration file spells it, before any key says what it must be.
package enum ConfigurationValue: Sendable, Equatable {
  case string(String)
  case integer(Int)
  case boolean(Bool)
  case list([ConfigurationValue])
}

/// One `key = value` of the file, with the section that it stands in.
package struct ConfigurationEntry: Sendable, Equatable {
  package var section: String
  /// The name of `[section "name"]`; nil for `[section]`.
  package var name: String?
  package var key: String
  package var value: ConfigurationValue
  package var line: Int
  package var column: Int
}

/// The parser of the configuration file: sections, keys, quoted strings, integers, booleans, lists, comments.
///
/// ```
/// # a comment runs to the end of its line
/// [http]
/// listen = ["0.0.0.0:8443", "[::]:8443"]   # lists may span lines and end with a comma
/// body_bytes = 16_777_216
/// [mllp "ward-3"]
/// pipelining = false
/// ```
///
/// A line that cannot be read is reported with its place and skipped, so that one run reports every mistake. Escapes in
/// strings: `\\ \" \n \t \u{…}`. Input is at most `maximumBytes` of UTF-8 without control characters.
package struct ConfigurationSyntax {
  package static let maximumBytes = 1 << 20
  package static let maximumListItems = 1_000
  package static let maximumProblems = 50

  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private var lineStart = 0
  private(set) var entries: [ConfigurationEntry] = []
  private(set) var problems: [Finding] = []

  /// A syntax error and where it is.
  package struct Finding: Error, Sendable, Equatable {
    package var message: String
    package var line: Int
    package var column: Int
  }

  /// Reads a whole file; both the entries that could be read and every finding come back.
  package static func read(_ bytes: [UInt8]) -> (entries: [ConfigurationEntry], problems: [Finding]) {
    guard bytes.count <= maximumBytes else {
      return ([], [Finding(message: "the file is over \(maximumBytes) bytes", line: 1, column: 1)])
    }
    var syntax = ConfigurationSyntax(bytes)
    syntax.run()
    return (syntax.entries, syntax.problems)
  }

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private func finding(_ message: String) -> Finding {
    Finding(message: message, line: line, column: index - lineStart + 1)
  }

  private mutating func run() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      problems.append(finding("the file begins with a byte order mark; save it as UTF-8 without one"))
      index = 3
    }
    var section: (section: String, name: String?)?
    var isSkipping = false
    while byte != nil, problems.count < Self.maximumProblems {
      do throws(Finding) {
        skipBlank()
        switch byte {
        case nil, 0x0A, 0x0D, UInt8(ascii: "#"): break
        case UInt8(ascii: "["):
          section = nil  // what follows a broken header belongs to no section and is not reported again
          isSkipping = true
          section = try readHeader()
          isSkipping = false
        default:
          let entry = try readEntry(in: section, isOrphan: section == nil && !isSkipping)
          if section != nil { entries.append(entry) }
        }
        try endLine()
      } catch {
        problems.append(error)
        skipLine()
      }
    }
  }

  private mutating func readHeader() throws(Finding) -> (String, String?) {
    index += 1
    skipBlank()
    let section = try readName("a section name such as [http]")
    skipBlank()
    var name: String?
    if byte == UInt8(ascii: "\"") {
      name = try readString()
      skipBlank()
    }
    guard byte == UInt8(ascii: "]") else { throw finding("expected ] at the end of the section header") }
    index += 1
    return (section, name)
  }

  private mutating func readEntry(
    in section: (section: String, name: String?)?, isOrphan: Bool
  ) throws(Finding) -> ConfigurationEntry {
    let (startLine, startColumn) = (line, index - lineStart + 1)
    let key = try readName("a key such as body_bytes, a [section] or a # comment")
    if isOrphan {
      throw Finding(message: "\(key) stands before the first [section]", line: startLine, column: startColumn)
    }
    skipBlank()
    guard byte == UInt8(ascii: "=") else { throw finding("expected = after \(key)") }
    index += 1
    skipBlank()
    let value = try readValue(mayBeList: true)
    return ConfigurationEntry(
      section: section?.section ?? "", name: section?.name, key: key, value: value, line: startLine, column: startColumn
    )
  }

  private mutating func readName(_ expectation: String) throws(Finding) -> String {
    let start = index
    while let byte, isNameByte(byte) { index += 1 }
    guard index > start else { throw finding("expected \(expectation)") }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    (97...122).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
  }

  private mutating func readValue(mayBeList: Bool) throws(Finding) -> ConfigurationValue {
    switch byte {
    case UInt8(ascii: "\""): return .string(try readString())
    case UInt8(ascii: "["):
      guard mayBeList else { throw finding("a list may not stand in a list") }
      return try readList()
    default: return try readBare()
    }
  }

  private mutating func readBare() throws(Finding) -> ConfigurationValue {
    let start = index
    let place = finding("")
    while let byte, byte > 0x20, byte != 0x7F, !Array("#,]\"=".utf8).contains(byte) { index += 1 }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    switch text {
    case "": throw finding("expected a value: a \"string\", an integer, true, false or a [list]")
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    guard let integer = ConfigurationSyntax.integer(text) else {
      let message = "\(text.debugDescription) is no integer, true or false; text is written in \"quotes\""
      throw Finding(message: message, line: place.line, column: place.column)
    }
    return .integer(integer)
  }

  /// A decimal integer; single underscores may part its digits.
  static func integer(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    let digits = text.dropFirst(isNegative ? 1 : 0)
    let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
    guard !groups.isEmpty, groups.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }) else {
      return nil
    }
    return Int((isNegative ? "-" : "") + groups.joined())
  }

  private mutating func readList() throws(Finding) -> ConfigurationValue {
    index += 1
    var items: [ConfigurationValue] = []
    while true {
      try skipBlankAndLines()
      if byte == UInt8(ascii: "]") { break }
      guard items.count < Self.maximumListItems else {
        throw finding("a list holds at most \(Self.maximumListItems) items")
      }
      items.append(try readValue(mayBeList: false))
      try skipBlankAndLines()
      if byte == UInt8(ascii: "]") { break }
      guard byte == UInt8(ascii: ",") else { throw finding("expected , or ] in the list") }
      index += 1
    }
    index += 1
    return .list(items)
  }

  private mutating func readString() throws(Finding) -> String {
    index += 1
    var text: [UInt8] = []
    while let current = byte, current != UInt8(ascii: "\"") {
      if current < 0x20 || current == 0x7F {
        throw finding(current == 0x0A ? "the string is not closed on its line" : "control character in a string")
      }
      index += 1
      if current == UInt8(ascii: "\\") { try readEscape(into: &text) } else { text.append(current) }
    }
    guard byte != nil else { throw finding("the string is not closed") }
    guard let string = String(validating: text, as: UTF8.self) else { throw finding("the string is not valid UTF-8") }
    index += 1
    return string
  }

  private mutating func readEscape(into text: inout [UInt8]) throws(Finding) {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): text.append(bytes[index])
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let rest = bytes[(index + 1)..<min(bytes.count, index + 9)]
      guard rest.first == UInt8(ascii: "{"), let close = rest.firstIndex(of: UInt8(ascii: "}")),
        let number = UInt32(String(decoding: bytes[(index + 2)..<close], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(number), number >= 0x20
      else { throw finding("expected \\u{…} with the hexadecimal number of a printable character") }
      text.append(contentsOf: String(scalar).utf8)
      index = close
    default: throw finding("unknown escape; known are \\\\ \\\" \\n \\t \\u{…}")
    }
    index += 1
  }

  private mutating func skipBlank() {
    while byte == 0x20 || byte == 0x09 { index += 1 }
  }

  private mutating func skipBlankAndLines() throws(Finding) {
    while true {
      skipBlank()
      guard byte == 0x0A || byte == 0x0D || byte == UInt8(ascii: "#") else { return }
      try endLine()
    }
  }

  /// Takes an optional comment and the end of the line, or of the file.
  private mutating func endLine() throws(Finding) {
    skipBlank()
    if byte == UInt8(ascii: "#") {
      while let byte, byte != 0x0A { index += 1 }
    }
    if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { index += 1 }
    guard let byte else { return }
    guard byte == 0x0A else { throw finding("expected the end of the line or a # comment") }
    newLine()
  }

  private mutating func skipLine() {
    while let byte, byte != 0x0A { index += 1 }
    if byte != nil { newLine() }
  }

  private mutating func newLine() {
    index += 1
    line += 1
    lineStart = index
  }
}
