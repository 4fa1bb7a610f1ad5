extension PathMachine {
  /// Threads of a regular expression that count as one step of the evaluation.
  private static let threadsPerStep = 16

  mutating func regularExpression(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    try spend(items.textBytes / 64)
    guard let text = try string(items), let pattern = try string(try argument(arguments, 0) ?? .empty) else {
      return .empty
    }
    let regex = try regex(pattern, arguments[arguments.startIndex])
    let scalars = text.unicodeScalars.map(\.value)
    guard function == .replaceMatches else {
      let found = try run(regex, scalars, keepsGroups: false) { machine throws(PathRegexMachine.Exhausted) in
        try machine.hasMatch(isFull: function == .matchesFull)
      }
      return .boolean(found)
    }
    guard let substitution = try string(try argument(arguments, 1) ?? .empty) else { return .empty }
    if pattern.isEmpty { return .one(.string(text)) }
    return try replace(regex, scalars, try PathSubstitution(substitution, regex, at: offset))
  }

  private mutating func regex(_ pattern: String, _ place: PathTree.Index) throws(FHIRPathError) -> PathRegex {
    if let compiled = tree.regexes[place] { return compiled }
    let compiled: PathRegex
    do throws(PathRegexError) {
      compiled = try PathRegex(pattern)
    } catch {
      throw FHIRPathError(.type, error.diagnostics, at: offset)
    }
    try spend((pattern.utf8.count + compiled.work) / 8)
    return compiled
  }

  /// Runs a machine on what is left of the evaluation's steps, and takes from them what it used.
  private mutating func run<T>(
    _ regex: PathRegex, _ text: [UInt32], keepsGroups: Bool,
    _ body: (inout PathRegexMachine) throws(PathRegexMachine.Exhausted) -> T
  ) throws(FHIRPathError) -> T {
    let memory = regex.instructions.count * (keepsGroups ? regex.groups * 2 + 3 : 1)
    try spend(1 + (text.count + memory) / 64)
    let granted = stepsLeft * PathMachine.threadsPerStep
    var machine = PathRegexMachine(regex, text, keepsGroups: keepsGroups, budget: granted)
    let result: T
    do throws(PathRegexMachine.Exhausted) {
      result = try body(&machine)
    } catch {
      throw FHIRPathError(.limit, "The evaluation takes more than \(context.limits.steps) steps", at: offset)
    }
    try spend((granted - machine.budget) / PathMachine.threadsPerStep)
    return result
  }

  private mutating func replace(
    _ regex: PathRegex, _ text: [UInt32], _ substitution: PathSubstitution
  ) throws(FHIRPathError) -> PathItems {
    let limit = context.limits.stringLength
    let result = try run(regex, text, keepsGroups: true) {
      machine throws(PathRegexMachine.Exhausted) -> [UInt32]? in
      var result: [UInt32] = []
      var position = 0
      var start = 0
      while start <= text.count, let match = try machine.find(from: start) {
        result += text[position..<match.range.lowerBound]
        substitution.append(match, of: text, to: &result)
        position = match.range.upperBound
        start = match.range.isEmpty ? position + 1 : position
        if result.count > limit { return nil }
      }
      return result + text[position...]
    }
    guard let result else { throw FHIRPathError(.limit, "The string is too long", at: offset) }
    var scalars = String.UnicodeScalarView()
    for value in result { if let scalar = Unicode.Scalar(value) { scalars.append(scalar) } }
    return try limited(String(scalars))
  }
}

/// What `replaceMatches()` puts in the place of a match: text with `$1`, `${1}`, `${name}` for groups, `$0` or `$&` for
/// the match, `$$` for a dollar.
private struct PathSubstitution {
  private enum Part {
    case text([UInt32])
    case group(Int)
  }

  private var parts: [Part] = []

  init(_ text: String, _ regex: PathRegex, at offset: Int) throws(FHIRPathError) {
    var rest = Substring(text).unicodeScalars
    var plain: [UInt32] = []
    while let scalar = rest.popFirst() {
      guard scalar == "$" else {
        plain.append(scalar.value)
        continue
      }
      let number: Int?
      switch rest.first {
      case "$"?:
        rest.removeFirst()
        plain.append(scalar.value)
        continue
      case "&"?:
        rest.removeFirst()
        number = 0
      case "{"?:
        rest.removeFirst()
        let name = String(rest.prefix { $0 != "}" })
        rest.removeFirst(min(name.unicodeScalars.count + 1, rest.count))
        number = Int(name) ?? regex.groupNames[name]
      case let digit?:
        number = Int(String(digit))
        if number == nil {
          plain.append(scalar.value)
          continue
        }
        rest.removeFirst()
      case nil:
        plain.append(scalar.value)
        continue
      }
      guard let number, (0...regex.groups).contains(number) else {
        throw FHIRPathError(.type, "The substitution names a group that the expression does not have", at: offset)
      }
      if !plain.isEmpty { parts.append(.text(plain)) }
      plain = []
      parts.append(.group(number))
    }
    if !plain.isEmpty { parts.append(.text(plain)) }
  }

  func append(_ match: PathRegexMachine.Match, of text: [UInt32], to result: inout [UInt32]) {
    for part in parts {
      switch part {
      case .text(let scalars): result += scalars
      case .group(let number): if let range = match.group(number) { result += text[range] }
      }
    }
  }
}
