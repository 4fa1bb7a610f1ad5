/// Spelling in Swift.
enum Names {
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else",
    "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init",
    "inout", "internal", "is", "let", "nil", "operator", "precedencegroup", "private", "protocol", "public", "repeat",
    "rethrows", "return", "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try",
    "typealias", "var", "where", "while", "Type", "Protocol", "Self", "Any",
  ]

  static func quoted(_ name: String) -> String { keywords.contains(name) ? "`\(name)`" : name }

  static func capitalized(_ name: some StringProtocol) -> String { name.prefix(1).uppercased() + name.dropFirst() }

  static func uncapitalized(_ name: some StringProtocol) -> String {
    let upper = name.prefix { $0.isUppercase || $0.isNumber }
    // `HTTPVerb` becomes `httpVerb`, `Patient` becomes `patient`, `GET` becomes `get`.
    if upper.count == name.count { return name.lowercased() }
    let head = upper.count > 1 ? upper.dropLast() : upper
    return head.lowercased() + name.dropFirst(head.count)
  }

  private static let symbols = [
    "<": "lessThan", "<=": "lessOrEqual", ">": "greaterThan", ">=": "greaterOrEqual", "=": "equal", "!=": "notEqual",
  ]

  /// A member's name for a code: `entered-in-error` is `enteredInError`, `4.0.1` is `v4_0_1`, `12` is `code12`.
  static func member(_ code: String) -> String {
    if let symbol = symbols[code] { return symbol }
    if code.first?.isNumber == true {
      let isVersion = code.contains(".")
      return (isVersion ? "v" : "code")
        + String(code.map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
    let words = code.split { !($0.isLetter || $0.isNumber) }
    let first = words.first.map { uncapitalized($0) } ?? "code"
    return first + words.dropFirst().map { capitalized($0) }.joined()
  }
}
