/// A place in a JSON document (RFC 6901).
public struct JSONPointer: Sendable, Equatable, CustomStringConvertible {
  /// The reference tokens, `~0` and `~1` resolved; empty for the whole document.
  public let tokens: [String]

  /// Reads `""` or `/a/b~1c/0`; nil for what is no pointer.
  public init?(_ text: String) {
    guard !text.isEmpty else {
      tokens = []
      return
    }
    guard text.utf8.first == UInt8(ascii: "/") else { return nil }
    var tokens: [String] = []
    for part in text.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let token = JSONPointer.unescaped(part) else { return nil }
      tokens.append(token)
    }
    self.tokens = tokens
  }

  private static func unescaped(_ part: Substring) -> String? {
    guard part.utf8.contains(UInt8(ascii: "~")) else { return String(part) }
    var bytes: [UInt8] = []
    var isEscaped = false
    for byte in part.utf8 {
      if isEscaped {
        guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { return nil }
        bytes.append(byte == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        isEscaped = false
      } else if byte == UInt8(ascii: "~") {
        isEscaped = true
      } else {
        bytes.append(byte)
      }
    }
    return isEscaped ? nil : String(decoding: bytes, as: UTF8.self)
  }

  public var description: String {
    tokens.map { "/" + $0.split(separator: "~", omittingEmptySubsequences: false).joined(separator: "~0") }
      .map { "/" + $0.dropFirst().split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1") }
      .joined()
  }

  /// The index of an array that a token names: digits without a zero before them.
  static func index(_ token: String) -> Int? {
    let digits = token.utf8
    guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ $0 &- 0x30 < 10 }),
      digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    return Int(token)
  }
}
