extension PathMachine {
  /// Whether a narrative is well-formed, holds only what R4 allows, and shows something (`txt-1`, `txt-2`).
  mutating func htmlChecks(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    try spend(items.textBytes / 16)
    guard let text = try string(items) else { return .empty }
    return .boolean(XHTMLNarrative.problem(of: text) == nil && XHTMLNarrative.hasContent(text))
  }

  /// The items, where they hold no modifier extensions but those named.
  mutating func checkModifiers(
    _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    var known: Set<String> = []
    for place in 0..<arguments.count {
      if let url = try string(try argument(arguments, place) ?? .empty) { known.insert(url) }
    }
    guard let name = PathNames.shared.number(of: "modifierExtension") else { return items }
    for case .item(let item) in items {
      var found: [FHIRItem] = []
      item.appendChildren(named: name, to: &found)
      try spend(found.count)
      for child in found where !known.contains(child.as(Extension.self)?.url ?? "") {
        throw failure("An element has a modifier extension that checkModifiers() does not name")
      }
    }
    return items
  }

  /// What describes each item, asked of the context.
  mutating func elementDefinitions(_ items: PathItems) throws(FHIRPathError) -> PathItems {
    if items.isEmpty { return .empty }
    guard let elementDefinition = context.elementDefinition else { throw unanswered("elementDefinition") }
    var result = PathItems.empty
    for case .item(let item) in items {
      try spend(10)
      if let found = elementDefinition(item) { result.append(.item(found)) }
    }
    return result
  }

  /// Those of the items that the context knows to be of a slice.
  mutating func slice(_ items: PathItems, _ arguments: ArraySlice<PathTree.Index>) throws(FHIRPathError) -> PathItems {
    guard let structure = try string(try argument(arguments, 0) ?? .empty),
      let name = try string(try argument(arguments, 1) ?? .empty), !items.isEmpty
    else { return .empty }
    guard let slice = context.slice else { throw unanswered("slice") }
    var result = PathItems.empty
    for case .item(let item) in items {
      try spend(10)
      if slice(item, structure, name) == true { result.append(.item(item)) }
    }
    return result
  }
}

extension XHTMLNarrative {
  static func problem(of text: String) -> Problem? {
    var text = text
    return text.withUTF8 { problem($0) }
  }

  /// Whether there is anything to see in a narrative that has no problem: text that is no white space, or an image.
  static func hasContent(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else {
        if bytes[position] > 0x20 { return true }
        position += 1
        continue
      }
      let rest = bytes[position...]
      if rest.starts(with: "<img".utf8) { return true }
      if rest.starts(with: "<![CDATA[".utf8) {
        position += 9
        continue
      }
      position = rest.starts(with: "<!--".utf8) ? end(ofComment: bytes, position) : end(ofTag: bytes, position)
    }
    return false
  }

  private static func end(ofComment bytes: [UInt8], _ start: Int) -> Int {
    var position = start + 4
    while position < bytes.count, !bytes[position...].starts(with: "-->".utf8) { position += 1 }
    return position + 3
  }

  private static func end(ofTag bytes: [UInt8], _ start: Int) -> Int {
    var quote: UInt8?
    for position in start..<bytes.count {
      let byte = bytes[position]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: ">") {
        return position + 1
      }
    }
    return bytes.count
  }
}
