import FHIRModels
import JSON
import XML

/// The first place where two documents do not say the same; nil where they do.
enum DocumentDifference {
  // MARK: Resources

  /// White space around the `div` of a narrative, for which XML has no place, says nothing.
  static func between(_ first: AnyResource, _ second: AnyResource) -> String? {
    if first == second { return nil }
    var differsInSpace = false
    let place = between(FHIRItem(first), FHIRItem(second), &differsInSpace)
    return place ?? (differsInSpace ? nil : first.resourceType)
  }

  private static func between(_ first: FHIRItem, _ second: FHIRItem, _ differsInSpace: inout Bool) -> String? {
    if first == second { return nil }
    if first.typeName == "xhtml", second.typeName == "xhtml", trimmed(first) == trimmed(second) {
      differsInSpace = true
      return nil
    }
    let (below, other) = (first.children, second.children)
    var hadSpace = false
    for (child, twin) in zip(below, other) {
      guard child.path == twin.path else { return child.path }
      if let place = between(child, twin, &hadSpace) { return place }
    }
    if below.count == other.count {
      differsInSpace = differsInSpace || hadSpace
      return hadSpace ? nil : first.path
    }
    return (below.count > other.count ? below[other.count] : other[below.count]).path
  }

  private static func trimmed(_ narrative: FHIRItem) -> [UInt8] {
    let bytes = Array((narrative.text ?? "").utf8)
    guard let start = bytes.firstIndex(where: { $0 > 0x20 }), let end = bytes.lastIndex(where: { $0 > 0x20 }) else {
      return []
    }
    return Array(bytes[start...end])
  }

  // MARK: JSON

  /// Members may stand in any order; numbers are compared as written.
  static func between(_ first: JSONValue, _ second: JSONValue) -> String? {
    between(first, second, at: first["resourceType"]?.string ?? "$")
  }

  private static func between(_ first: JSONValue, _ second: JSONValue, at place: String) -> String? {
    switch (first, second) {
    case (.object(let first), .object(let second)):
      for member in first {
        let below = "\(place).\(member.key)"
        guard let twin = second[member.key] else { return below }
        if let found = between(member.value, twin, at: below) { return found }
      }
      let added = second.keys.first { first[$0] == nil }
      return added.map { "\(place).\($0)" }
    case (.array(let first), .array(let second)):
      for (index, (item, twin)) in zip(first, second).enumerated() {
        if let found = between(item, twin, at: "\(place)[\(index)]") { return found }
      }
      return first.count == second.count ? nil : "\(place)[\(min(first.count, second.count))]"
    default: return first == second ? nil : place
    }
  }

  // MARK: XML

  /// Prefixes, the order of attributes, comments, and white space between FHIR's elements say nothing.
  static func between(xml first: [UInt8], _ second: [UInt8], _ limits: XMLLimits) throws(XMLError) -> String? {
    var reader = try XMLTokens(first, limits)
    var other = try XMLTokens(second, limits)
    var place: [String] = []
    while true {
      let token = try reader.next()
      guard token == (try other.next()) else { return place.joined(separator: ".") }
      switch token {
      case .start(let name, _): place.append(name.local)
      case .end: place.removeLast()
      case .text: break
      case nil: return nil
      }
    }
  }
}

/// What an XML document says, piece by piece.
private struct XMLTokens: ~Copyable {
  struct Name: Equatable, Comparable {
    let namespace: String
    let local: String

    static func < (left: Name, right: Name) -> Bool {
      (left.namespace, left.local) < (right.namespace, right.local)
    }
  }

  struct Attribute: Equatable {
    let name: Name
    let value: String
  }

  enum Token: Equatable {
    case start(Name, [Attribute])
    case text(String)
    case end
  }

  private var reader: XMLReader
  private var held: Token?
  /// Elements of a narrative that are open: white space is text there.
  private var narrativeDepth = 0

  init(_ document: [UInt8], _ limits: XMLLimits) throws(XMLError) {
    reader = try XMLReader(document, limits: limits)
  }

  mutating func next() throws(XMLError) -> Token? {
    if let token = held {
      held = nil
      return token
    }
    var text = ""
    while let event = try reader.next() {
      if event == .text {
        if narrativeDepth > 0 || !reader.isWhitespace { text += reader.text }
        continue
      }
      let token = event == .startElement ? start() : end()
      if text.isEmpty { return token }
      held = token
      return .text(text)
    }
    return nil
  }

  private mutating func start() -> Token {
    let name = Name(namespace: reader.namespace, local: reader.localName)
    if narrativeDepth > 0 || name.namespace == "http://www.w3.org/1999/xhtml" { narrativeDepth += 1 }
    var attributes: [Attribute] = []
    for index in 0..<reader.attributeCount {
      let name = Name(namespace: reader.attributeNamespace(index), local: reader.attributeName(index))
      // Hints where a schema lies are no content.
      if name.namespace == "http://www.w3.org/2001/XMLSchema-instance" { continue }
      attributes.append(Attribute(name: name, value: reader.attributeValue(index)))
    }
    return .start(name, attributes.sorted { $0.name < $1.name })
  }

  private mutating func end() -> Token {
    if narrativeDepth > 0 { narrativeDepth -= 1 }
    return .end
  }
}
