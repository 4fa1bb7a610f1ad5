/// Functions of strings. A character of theirs is a code point, as in the suite and in other engines: a line end of two is
/// two, and a letter is not the same as one that is written with its accent apart.
extension PathMachine {
  mutating func text(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    if function == .join { return try join(items, arguments) }
    try spend(items.textBytes / 64)
    guard let text = try string(items) else { return .empty }
    switch function {
    case .length: return .one(.integer(text.unicodeScalars.count))
    case .upper: return .one(.string(text.uppercased()))
    case .lower: return .one(.string(text.lowercased()))
    case .trim: return .one(.string(PathMachine.trimmed(text)))
    case .toChars: return try checked(PathItems(text.unicodeScalars.map { .string(String($0)) }))
    case .substring: return try substring(text, arguments)
    default: break
    }
    guard let part = try string(try argument(arguments, 0) ?? .empty) else { return .empty }
    switch function {
    case .startsWith: return .boolean(text.utf8.starts(with: part.utf8))
    case .endsWith: return .boolean(text.utf8.reversed().starts(with: part.utf8.reversed()))
    case .contains: return .boolean(part.isEmpty || !PathMachine.places(of: part, in: text, atMost: 1).isEmpty)
    case .indexOf:
      if part.isEmpty { return .one(.integer(0)) }
      return .one(.integer(PathMachine.places(of: part, in: text, atMost: 1).first ?? -1))
    case .lastIndexOf:
      if part.isEmpty { return .one(.integer(0)) }
      return .one(.integer(PathMachine.places(of: part, in: text, atMost: .max, overlapping: true).last ?? -1))
    case .split: return try checked(PathItems(PathMachine.split(text, part).map { .string($0) }))
    default:
      guard let new = try string(try argument(arguments, 1) ?? .empty) else { return .empty }
      return try replace(text, part, new)
    }
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.unicodeScalars.drop { $0.properties.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(start[...end])
  }

  private mutating func join(_ items: PathItems, _ arguments: ArraySlice<PathTree.Index>) throws(FHIRPathError)
    -> PathItems
  {
    let separator = try string(try argument(arguments, 0) ?? .one(.string(""))) ?? ""
    var parts: [String] = []
    try spend(items.textBytes / 64)
    guard items.textBytes + items.count * separator.utf8.count <= context.limits.stringLength else {
      throw FHIRPathError(.limit, "The string is too long", at: offset)
    }
    for value in items {
      guard let part = try string(.one(value)) else { continue }
      parts.append(part)
    }
    if parts.isEmpty { return .empty }
    return try limited(parts.joined(separator: separator))
  }

  private mutating func substring(_ text: String, _ arguments: ArraySlice<PathTree.Index>) throws(FHIRPathError)
    -> PathItems
  {
    let scalars = text.unicodeScalars
    guard let start = try integer(try argument(arguments, 0) ?? .empty), start >= 0, start < scalars.count else {
      return .empty
    }
    let rest = scalars.dropFirst(start)
    guard arguments.count > 1, let length = try integer(try argument(arguments, 1) ?? .empty) else {
      return .one(.string(String(rest)))
    }
    return .one(.string(String(rest.prefix(max(0, length)))))
  }

  func limited(_ text: String) throws(FHIRPathError) -> PathItems {
    guard text.utf8.count <= context.limits.stringLength else {
      throw FHIRPathError(.limit, "The string is too long", at: offset)
    }
    return .one(.string(text))
  }

  private func replace(_ text: String, _ part: String, _ new: String) throws(FHIRPathError) -> PathItems {
    if part.isEmpty {
      guard (text.utf8.count + 1) * new.utf8.count <= context.limits.stringLength else {
        throw FHIRPathError(.limit, "The string is too long", at: offset)
      }
      return try limited(new + text.unicodeScalars.map { String($0) + new }.joined())
    }
    let parts = PathMachine.split(text, part)
    guard parts.count * new.utf8.count <= context.limits.stringLength else {
      throw FHIRPathError(.limit, "The string is too long", at: offset)
    }
    return try limited(parts.joined(separator: new))
  }

  private static func split(_ text: String, _ separator: String) -> [String] {
    if separator.isEmpty { return [text] }
    let scalars = Array(text.unicodeScalars)
    let width = separator.unicodeScalars.count
    var parts: [String] = []
    var start = 0
    for place in places(of: separator, in: text, atMost: .max) {
      parts.append(string(of: scalars[start..<place]))
      start = place + width
    }
    return parts + [string(of: scalars[start...])]
  }

  private static func string(of scalars: ArraySlice<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Where a part that is not empty begins, in code points.
  private static func places(
    of part: String, in text: String, atMost limit: Int, overlapping: Bool = false
  ) -> [Int] {
    let wanted = Array(part.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var places: [Int] = []
    var start = 0
    while start + wanted.count <= text.count, places.count < limit {
      if text[start] == wanted[0], text[start..<start + wanted.count].elementsEqual(wanted) {
        places.append(start)
        start += overlapping ? 1 : wanted.count
      } else {
        start += 1
      }
    }
    return places
  }
}
