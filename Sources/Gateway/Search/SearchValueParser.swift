/// Takes a parameter's value apart: commas, bars and backslash escapes (FHIR R4 search.html §3.1.1.4.2).
enum SearchValueParser {
  struct Failure: Error, Equatable { let message: String }

  /// Splits at every `separator` that no backslash precedes; escapes stay as they are.
  static func split(_ text: String, at separator: Character) -> [String] {
    guard let wanted = separator.asciiValue else { return [text] }
    var parts: [[UInt8]] = [[]]
    var isEscaped = false
    for byte in text.utf8 {
      if byte == wanted, !isEscaped {
        parts.append([])
        continue
      }
      parts[parts.count - 1].append(byte)
      isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Replaces `\,` `\|` `\$` `\\` by what they stand for.
  static func unescape(_ text: String) throws(Failure) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var result: [UInt8] = []
    var isEscaped = false
    for byte in text.utf8 {
      if isEscaped {
        guard Array(",|$\\".utf8).contains(byte) else {
          throw Failure(message: "a backslash escapes only , | $ and itself")
        }
        result.append(byte)
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else {
        result.append(byte)
      }
    }
    guard !isEscaped else { throw Failure(message: "a backslash at the end escapes nothing") }
    return String(decoding: result, as: UTF8.self)
  }

  static func token(_ text: String) throws(Failure) -> SearchToken {
    let parts = split(text, at: "|")
    guard parts.count <= 2 else {
      throw Failure(message: "a token is code, system|code, |code or system|; escape other bars as \\|")
    }
    let last = try unescape(parts[parts.count - 1])
    guard parts.count == 2 else { return SearchToken(system: .any, code: last) }
    let system = try unescape(parts[0])
    guard !(system.isEmpty && last.isEmpty) else { throw Failure(message: "a token needs a system or a code") }
    return SearchToken(system: system.isEmpty ? .absent : .uri(system), code: last.isEmpty ? nil : last)
  }

  /// - Parameters:
  ///   - types: where the parameter may lead.
  ///   - only: the type of the modifier (`patient:Patient=1`).
  ///   - bases: the URLs of this clinic's FHIR service, without a last slash.
  static func reference(
    _ text: String, types: [String], only: String?, bases: [String]
  ) throws(Failure) -> SearchReference {
    var rest = try unescape(text)
    if rest.contains("://") || rest.hasPrefix("urn:") {
      guard let base = bases.first(where: { rest.hasPrefix($0 + "/") }) else { return .foreign(rest) }
      rest = String(rest.dropFirst(base.count + 1))
      guard rest.contains("/") else { throw Failure(message: "expected \(base)/<Type>/<id>") }
    }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let id = parts.last, isID(id) else {
      throw Failure(message: "expected <id>, <Type>/<id> or the absolute URL of a resource")
    }
    guard parts.count == 2 else { return .local(types: only.map { [$0] } ?? types, id: String(id)) }
    let type = String(parts[0])
    guard (only.map { [$0] } ?? types).contains(type) else {
      throw Failure(
        message: "leads to \((only.map { [$0] } ?? types).joined(separator: ", ")), not to \(type.prefix(40))")
    }
    return .local(types: [type], id: String(id))
  }

  /// Whether the text is an id of FHIR: 1 to 64 of `A-Z a-z 0-9 - .`.
  static func isID(_ text: some StringProtocol) -> Bool {
    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { Base62.isDigit($0) || $0 == 0x2D || $0 == 0x2E }
  }
}
