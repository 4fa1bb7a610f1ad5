/// A regular expression as `matches()`, `matchesFull()` and `replaceMatches()` take one (FHIRPath 2.0, 5.6.9).
///
/// The syntax is the part of PCRE's that matches in time proportional to the text: literals, `.` (any character, line
/// ends too), classes with ranges, POSIX names and Unicode's general categories, `\d \w \s` (of ASCII) and their
/// opposites, groups with and without number or name, alternatives, `^ $ \A \z \b \B`, greedy and lazy quantifiers, the
/// flags `i`, `m` and `s`. `$` is the very end of the text. What would need to go back over it (backreferences,
/// lookaround, atomic groups) is refused by name when the expression is compiled.
///
/// All ways to match are followed at once (a machine after Thompson and Pike), so that no expression takes more than
/// its size times the text's length.
struct PathRegex: Sendable {
  enum Instruction: Sendable {
    case scalar(UInt32)
    case any
    case anyInLine
    /// A place in `sets`.
    case set(Int)
    /// Both ways are followed, the first preferred.
    case split(Int, Int)
    case jump(Int)
    /// Notes the position in a slot: two for each group, its begin and its end.
    case save(Int)
    case assert(PathRegexAssertion)
    case match
  }

  /// Instructions of a compiled expression.
  static let maximumSize = 20_000

  private(set) var instructions: [Instruction] = []
  private(set) var sets: [PathScalarSet] = []
  /// Groups that are numbered, the whole match not counted.
  let groups: Int
  let groupNames: [String: Int]
  /// Whether a match can only begin where the text does.
  let isAnchored: Bool
  /// Pieces of the tree seen so far: also what leaves no instruction is counted.
  private(set) var work = 0

  init(_ pattern: String) throws(PathRegexError) {
    var parser = PathRegexParser(pattern)
    let tree = try parser.expression()
    groups = parser.groups
    groupNames = parser.groupNames
    isAnchored = tree.isAnchored
    try emit(tree)
    instructions.append(.match)
  }

  // MARK: From the tree to instructions

  private mutating func emit(_ tree: PathRegexTree) throws(PathRegexError) {
    work += 1
    guard instructions.count < PathRegex.maximumSize, work < PathRegex.maximumSize * 4 else {
      throw PathRegexError("it is too large", at: 0)
    }
    switch tree {
    case .empty: break
    case .scalar(let scalar): instructions.append(.scalar(scalar))
    case .any: instructions.append(.any)
    case .anyInLine: instructions.append(.anyInLine)
    case .set(let set):
      sets.append(set)
      instructions.append(.set(sets.count - 1))
    case .assertion(let assertion): instructions.append(.assert(assertion))
    case .sequence(let parts):
      for part in parts { try emit(part) }
    case .group(let number, let inner):
      instructions.append(.save(number * 2))
      try emit(inner)
      instructions.append(.save(number * 2 + 1))
    case .alternatives(let alternatives): try emit(alternatives)
    case .repetition(let body, let least, let most, let isLazy):
      for _ in 0..<least { try emit(body) }
      if let most {
        try emitOptional(body, most - least, isLazy)
      } else {
        try emitLoop(body, isLazy)
      }
    }
  }

  private mutating func emit(_ alternatives: [PathRegexTree]) throws(PathRegexError) {
    var jumps: [Int] = []
    for (index, alternative) in alternatives.enumerated() {
      guard index + 1 < alternatives.count else {
        try emit(alternative)
        break
      }
      let split = instructions.count
      instructions.append(.split(split + 1, 0))
      try emit(alternative)
      jumps.append(instructions.count)
      instructions.append(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emitLoop(_ body: PathRegexTree, _ isLazy: Bool) throws(PathRegexError) {
    let split = instructions.count
    instructions.append(.split(0, 0))
    try emit(body)
    instructions.append(.jump(split))
    instructions[split] = choice(split + 1, instructions.count, isLazy)
  }

  private mutating func emitOptional(_ body: PathRegexTree, _ count: Int, _ isLazy: Bool) throws(PathRegexError) {
    var splits: [Int] = []
    for _ in 0..<count {
      splits.append(instructions.count)
      instructions.append(.split(0, 0))
      try emit(body)
    }
    for split in splits { instructions[split] = choice(split + 1, instructions.count, isLazy) }
  }

  private func choice(_ body: Int, _ after: Int, _ isLazy: Bool) -> Instruction {
    isLazy ? .split(after, body) : .split(body, after)
  }
}

/// What a regular expression says, before it is instructions.
indirect enum PathRegexTree {
  case empty
  case scalar(UInt32)
  case any
  case anyInLine
  case set(PathScalarSet)
  case assertion(PathRegexAssertion)
  case sequence([PathRegexTree])
  case alternatives([PathRegexTree])
  case group(Int, PathRegexTree)
  case repetition(PathRegexTree, least: Int, most: Int?, isLazy: Bool)

  /// Whether every match begins where the text does.
  var isAnchored: Bool {
    switch self {
    case .assertion(.start): true
    case .sequence(let parts): parts.first?.isAnchored ?? false
    case .alternatives(let alternatives): alternatives.allSatisfy(\.isAnchored)
    case .group(_, let inner): inner.isAnchored
    case .repetition(let body, let least, _, _): least > 0 && body.isAnchored
    default: false
    }
  }
}

enum PathRegexAssertion: Sendable {
  case start, end, startOfLine, endOfLine, wordBoundary, noWordBoundary
}

/// Why a text is no regular expression, or none of those that are understood.
struct PathRegexError: Error, Equatable {
  let message: String
  /// The character of the expression.
  let offset: Int

  init(_ message: String, at offset: Int) {
    self.message = message
    self.offset = offset
  }

  var diagnostics: String { "The regular expression is refused: \(message) (at its character \(offset))" }
}
