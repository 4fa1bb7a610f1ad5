/// Cuts a file of SQL into its statements: the extended protocol takes one at a time.
///
/// Knows quotes, dollar quotes and comments, nothing else. It reads our own files only, so what it does not know
/// (backslash escapes of a quote, nested comments, `begin atomic` bodies) must not be used in them.
enum SQLSplitter {
  static func statements(of bytes: [UInt8]) -> [String] {
    var statements: [String] = []
    var start = 0
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): index = end(of: [byte], in: bytes, after: index + 1)
      case UInt8(ascii: "-") where follows("-", bytes, index): index = end(of: [0x0A], in: bytes, after: index + 2)
      case UInt8(ascii: "/") where follows("*", bytes, index):
        index = end(of: Array("*/".utf8), in: bytes, after: index + 2)
      case UInt8(ascii: "$"):
        if let tag = dollarTag(bytes, index) {
          index = end(of: tag, in: bytes, after: index + tag.count)
        } else {
          index += 1
        }
      case UInt8(ascii: ";"):
        append(bytes[start..<index], to: &statements)
        index += 1
        start = index
      default: index += 1
      }
    }
    append(bytes[start...], to: &statements)
    return statements
  }

  /// Keeps a piece unless it is only space and comments.
  private static func append(_ piece: ArraySlice<UInt8>, to statements: inout [String]) {
    let text = String(decoding: piece, as: UTF8.self)
    let isEmpty = text.split(separator: "\n").allSatisfy { line in
      let rest = line.drop { $0 == " " }
      return rest.isEmpty || rest.hasPrefix("--")
    }
    if !isEmpty { statements.append(text) }
  }

  private static func follows(_ next: Unicode.Scalar, _ bytes: [UInt8], _ index: Int) -> Bool {
    index + 1 < bytes.count && UInt32(bytes[index + 1]) == next.value
  }

  /// The index after the next `mark`; the end when there is none.
  private static func end(of mark: [UInt8], in bytes: [UInt8], after start: Int) -> Int {
    var index = start
    while index + mark.count <= bytes.count {
      if bytes[index] == mark[0], bytes[index..<index + mark.count].elementsEqual(mark) { return index + mark.count }
      index += 1
    }
    return bytes.count
  }

  /// `$$` or `$name$` at `index`; nil for a parameter such as `$1`.
  private static func dollarTag(_ bytes: [UInt8], _ index: Int) -> [UInt8]? {
    guard let close = bytes[(index + 1)...].firstIndex(of: UInt8(ascii: "$")) else { return nil }
    let name = bytes[(index + 1)..<close]
    guard name.allSatisfy({ $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 == UInt8(ascii: "_") }) else { return nil }
    return Array(bytes[index...close])
  }
}
