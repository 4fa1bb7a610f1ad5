/// Reads the text of a regular expression into a tree.
struct PathRegexParser {
  /// Groups inside one another.
  static let maximumDepth = 64
  /// The largest number that a counted repeat may name.
  static let maximumCount = 10_000

  struct Flags {
    var ignoresCase = false
    var isMultiline = false
    /// Whether `.` takes line ends: FHIRPath's default.
    var dotTakesLineEnds = true
  }

  var scalars: [UInt32]
  var position = 0
  var flags = Flags()
  private(set) var groups = 0
  private(set) var groupNames: [String: Int] = [:]
  private var depth = 0

  init(_ pattern: String) { scalars = pattern.unicodeScalars.map(\.value) }

  mutating func expression() throws(PathRegexError) -> PathRegexTree {
    let tree = try alternatives()
    guard position == scalars.count else { throw PathRegexError("\")\" closes no group", at: position) }
    return tree
  }

  // MARK: Pieces

  func peek(_ ahead: Int = 0) -> UInt32? {
    position + ahead < scalars.count ? scalars[position + ahead] : nil
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar.value else { return false }
    position += 1
    return true
  }

  mutating func take(_ text: String) -> Bool {
    let wanted = text.unicodeScalars.map(\.value)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  func unsupported(_ what: String, at place: Int) -> PathRegexError {
    PathRegexError("\(what) is not supported", at: place)
  }

  private mutating func alternatives() throws(PathRegexError) -> PathRegexTree {
    depth += 1
    defer { depth -= 1 }
    guard depth <= PathRegexParser.maximumDepth else { throw PathRegexError("its groups are too deep", at: position) }
    var found = [try sequence()]
    while take("|") { found.append(try sequence()) }
    return found.count == 1 ? found[0] : .alternatives(found)
  }

  private mutating func sequence() throws(PathRegexError) -> PathRegexTree {
    var parts: [PathRegexTree] = []
    while let next = peek(), next != 0x7C, next != 0x29 {
      let start = position
      let atom = try atom()
      parts.append(try quantified(atom, at: start))
    }
    return parts.count == 1 ? parts[0] : parts.isEmpty ? .empty : .sequence(parts)
  }

  private mutating func atom() throws(PathRegexError) -> PathRegexTree {
    let start = position
    guard let scalar = peek() else { return .empty }
    position += 1
    switch Unicode.Scalar(scalar) {
    case "(": return try group(at: start)
    case "[": return .set(try characterClass(at: start))
    case "\\": return try escape(at: start)
    case ".": return flags.dotTakesLineEnds ? .any : .anyInLine
    case "^": return .assertion(flags.isMultiline ? .startOfLine : .start)
    case "$": return .assertion(flags.isMultiline ? .endOfLine : .end)
    case "*", "+", "?": throw PathRegexError("a quantifier has nothing before it", at: start)
    default: return literal(scalar)
    }
  }

  func literal(_ scalar: UInt32) -> PathRegexTree {
    let others = flags.ignoresCase ? PathScalarSet.cases(of: scalar) : []
    if others.isEmpty { return .scalar(scalar) }
    return .set(PathScalarSet(([scalar] + others).map { $0...$0 }))
  }

  // MARK: Quantifiers

  private mutating func quantified(_ atom: PathRegexTree, at start: Int) throws(PathRegexError) -> PathRegexTree {
    let place = position
    guard let (least, most) = try quantifier() else { return atom }
    if case .assertion = atom { throw PathRegexError("an anchor cannot be repeated", at: start) }
    if let most, most < least { throw PathRegexError("a repeat ends before it begins", at: place) }
    let isLazy = take("?")
    if peek() == 0x2B { throw unsupported("a possessive quantifier", at: position) }
    if try quantifier() != nil { throw PathRegexError("a quantifier follows another", at: place) }
    return .repetition(atom, least: least, most: most, isLazy: isLazy)
  }

  private mutating func quantifier() throws(PathRegexError) -> (Int, Int?)? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{") else { return nil }
    let least = try number()
    var most = least
    if take(",") { most = try number() }
    let isCounted = least != nil || most != nil
    guard take("}"), isCounted else {
      // A brace that counts nothing stands for itself.
      position = start
      return nil
    }
    let isOpen = most == nil
    return (least ?? 0, isOpen ? nil : most)
  }

  private mutating func number() throws(PathRegexError) -> Int? {
    let start = position
    var value = 0
    while let scalar = peek(), scalar &- 0x30 < 10 {
      value = value * 10 + Int(scalar - 0x30)
      guard value <= PathRegexParser.maximumCount else {
        throw PathRegexError("a repeat counts to more than \(PathRegexParser.maximumCount)", at: start)
      }
      position += 1
    }
    return position == start ? nil : value
  }

  // MARK: Groups

  private mutating func group(at start: Int) throws(PathRegexError) -> PathRegexTree {
    let outer = flags
    var number: Int?
    if take("?") {
      if take("<=") || take("<!") { throw unsupported("lookbehind", at: start) }
      if take("=") || take("!") { throw unsupported("lookahead", at: start) }
      if take(">") { throw unsupported("an atomic group", at: start) }
      if take("#") { throw unsupported("a comment", at: start) }
      if take("|") || take("R") || take("&") || take("P=") || take("P>") || take("(") || take("'") {
        throw unsupported("this kind of group", at: start)
      }
      if take("<") || take("P<") {
        number = try newGroup(at: start)
        groupNames[try groupName(at: start)] = number
      } else if try !flagsOfGroup(at: start) {
        return .empty
      }
    } else if peek() == 0x2A {
      throw unsupported("a verb", at: start)
    } else {
      number = try newGroup(at: start)
    }
    let inner = try alternatives()
    guard take(")") else { throw PathRegexError("a group is not closed", at: start) }
    flags = outer
    return number.map { .group($0, inner) } ?? inner
  }

  private mutating func newGroup(at start: Int) throws(PathRegexError) -> Int {
    groups += 1
    guard groups <= 99 else { throw PathRegexError("it has more than 99 groups", at: start) }
    return groups
  }

  private mutating func groupName(at start: Int) throws(PathRegexError) -> String {
    var name = ""
    while let value = peek(), let scalar = Unicode.Scalar(value), scalar != ">" {
      guard PathScalarSet.word.contains(value), name.utf8.count < 32 else { break }
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(">"), !name.isEmpty, name.utf8.first.map({ $0 &- 0x30 >= 10 }) == true, groupNames[name] == nil else {
      throw PathRegexError("a group's name is made of letters, digits and _, and is given once", at: start)
    }
    return name
  }

  /// Reads `i-ms:` or `i-ms)`; false when the flags stand alone and hold for the rest of the group around them.
  private mutating func flagsOfGroup(at start: Int) throws(PathRegexError) -> Bool {
    var isOn = true
    while let scalar = peek() {
      position += 1
      switch Unicode.Scalar(scalar) {
      case ":": return true
      case ")": return false
      case "-": isOn = false
      case "i": flags.ignoresCase = isOn
      case "m": flags.isMultiline = isOn
      case "s": flags.dotTakesLineEnds = isOn
      case "x", "n", "u", "U", "J", "X": throw unsupported("this flag", at: position - 1)
      default: throw PathRegexError("no such group or flag", at: position - 1)
      }
    }
    throw PathRegexError("a group is not closed", at: start)
  }
}
