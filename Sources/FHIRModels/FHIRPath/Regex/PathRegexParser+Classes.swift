extension PathRegexParser {
  /// What follows a backslash outside a class.
  mutating func escape(at start: Int) throws(PathRegexError) -> PathRegexTree {
    guard let next = peek() else { throw PathRegexError("it ends with \"\\\"", at: start) }
    switch Unicode.Scalar(next) {
    case "b":
      position += 1
      return .assertion(.wordBoundary)
    case "B":
      position += 1
      return .assertion(.noWordBoundary)
    case "A":
      position += 1
      return .assertion(.start)
    case "z":
      position += 1
      return .assertion(.end)
    case "1", "2", "3", "4", "5", "6", "7", "8", "9", "k", "g": throw unsupported("a backreference", at: start)
    default: break
    }
    switch try classEscape(at: start) {
    case .scalar(let scalar): return literal(scalar)
    case .set(var set):
      set.seal(isNegated: false, foldsCase: false)
      return .set(set)
    }
  }

  private enum Escape {
    case scalar(UInt32)
    case set(PathScalarSet)
  }

  /// What follows a backslash, where that is a character or a set of them.
  private mutating func classEscape(at start: Int) throws(PathRegexError) -> Escape {
    guard let next = peek(), let scalar = Unicode.Scalar(next) else {
      throw PathRegexError("it ends with \"\\\"", at: start)
    }
    position += 1
    switch scalar {
    case "d": return .set(.digits)
    case "D": return .set(PathScalarSet.digits.complement)
    case "w": return .set(.word)
    case "W": return .set(PathScalarSet.word.complement)
    case "s": return .set(.space)
    case "S": return .set(PathScalarSet.space.complement)
    case "p", "P": return .set(try property(isNegated: scalar == "P", at: start))
    case "t": return .scalar(0x09)
    case "n": return .scalar(0x0A)
    case "v": return .scalar(0x0B)
    case "f": return .scalar(0x0C)
    case "r": return .scalar(0x0D)
    case "a": return .scalar(0x07)
    case "e": return .scalar(0x1B)
    case "0": return .scalar(0x00)
    case "x", "u": return .scalar(try code(digits: scalar == "x" ? 2 : 4, at: start))
    default:
      let isLetter = (next | 0x20) &- 0x61 < 26 || next &- 0x30 < 10
      if isLetter { throw unsupported("\"\\\(scalar)\"", at: start) }
      return .scalar(next)
    }
  }

  /// `\xHH`, `\uHHHH` or either with `{H…}`.
  private mutating func code(digits: Int, at start: Int) throws(PathRegexError) -> UInt32 {
    let isBraced = take("{")
    var value: UInt32 = 0
    var count = 0
    while let scalar = peek().flatMap(Unicode.Scalar.init), let digit = Character(scalar).hexDigitValue,
      count < (isBraced ? 6 : digits)
    {
      value = value * 16 + UInt32(digit)
      count += 1
      position += 1
    }
    let isWhole = isBraced ? count > 0 && take("}") : count == digits
    guard isWhole, Unicode.Scalar(value) != nil else {
      throw PathRegexError("no character has this code", at: start)
    }
    return value
  }

  /// `{L}`, `{Lu}` or `L` after `\p`.
  private mutating func property(isNegated: Bool, at start: Int) throws(PathRegexError) -> PathScalarSet {
    var name = ""
    if take("{") {
      while let scalar = peek().flatMap(Unicode.Scalar.init), scalar != "}", name.utf8.count < 32 {
        name.unicodeScalars.append(scalar)
        position += 1
      }
      guard take("}") else { throw PathRegexError("\"\\p{\" is not closed", at: start) }
    } else if let scalar = peek().flatMap(Unicode.Scalar.init) {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard let mask = PathScalarSet.categories(named: name) else {
      throw unsupported("a property that is no general category", at: start)
    }
    var set = PathScalarSet()
    set.insert(categories: isNegated ? PathScalarSet.allCategories & ~mask : mask)
    return set
  }

  // MARK: Classes

  /// Reads a class; its opening bracket is passed.
  mutating func characterClass(at start: Int) throws(PathRegexError) -> PathScalarSet {
    var set = PathScalarSet()
    let isNegated = take("^")
    var isFirst = true
    while true {
      guard let scalar = peek() else { throw PathRegexError("a class is not closed", at: start) }
      // A bracket that closes nothing yet stands for itself.
      if scalar == 0x5D, !isFirst {
        position += 1
        break
      }
      isFirst = false
      if scalar == 0x5B, peek(1) == 0x3A, let named = try posixClass() {
        set.insert(named)
        continue
      }
      guard case .scalar(let low) = try member(&set) else { continue }
      guard peek() == 0x2D, let after = peek(1), after != 0x5D else {
        set.insert(low)
        continue
      }
      let place = position
      position += 1
      switch try member(&set) {
      case .scalar(let high):
        guard low <= high else { throw PathRegexError("a range ends before it begins", at: place) }
        set.insert(low...high)
      case .set:
        // `[a-\d]`: no range, the three stand for themselves.
        set.insert(low)
        set.insert(0x2D)
      }
    }
    set.seal(isNegated: isNegated, foldsCase: flags.ignoresCase)
    return set
  }

  /// One character, or a set that is added at once.
  private mutating func member(_ set: inout PathScalarSet) throws(PathRegexError) -> Escape {
    let start = position
    guard let scalar = peek() else { throw PathRegexError("a class is not closed", at: start) }
    position += 1
    guard scalar == 0x5C else { return .scalar(scalar) }
    if take("b") { return .scalar(0x08) }
    let found = try classEscape(at: start)
    if case .set(let more) = found { set.insert(more) }
    return found
  }

  /// `[:alpha:]`; nil where it is only a bracket.
  private mutating func posixClass() throws(PathRegexError) -> PathScalarSet? {
    let start = position
    position += 2
    let isNegated = take("^")
    var name = ""
    while let scalar = peek().flatMap(Unicode.Scalar.init), Character(scalar).isLetter, name.utf8.count < 16 {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":]") else {
      position = start
      return nil
    }
    guard let set = PathScalarSet.posix(name) else { throw PathRegexError("no class has this name", at: start) }
    return isNegated ? set.complement : set
  }
}
