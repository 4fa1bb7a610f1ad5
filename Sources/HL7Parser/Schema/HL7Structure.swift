/// The segments of a message as a tree of groups, by a version's definition of it.
public struct HL7Structure: Sendable {
  /// A segment, or a group of them.
  package struct Node: Sendable {
    package enum Kind: Sendable, Equatable {
      case segment(UInt32)
      /// Any segment at all, where a site defines its own.
      case any
      case sequence
      /// One of its members.
      case choice
    }

    package var kind: Kind
    /// The segment's name, or the group's without the message's before it.
    package var name: String
    package var isRequired = true
    package var repeats = false
    package var children: [Node] = []

    /// Whether it may be left out without anything missing.
    package var mayBeAbsent: Bool {
      switch kind {
      case .segment, .any: !isRequired
      case .sequence: !isRequired || children.allSatisfy(\.mayBeAbsent)
      case .choice: !isRequired || children.contains { $0.mayBeAbsent }
      }
    }

    /// The segments without which there is none of this: the first required one of a group.
    var firstRequired: String? {
      switch kind {
      case .segment: name
      case .any: nil
      case .choice: children.first?.firstRequired
      case .sequence: children.lazy.filter { !$0.mayBeAbsent }.compactMap(\.firstRequired).first
      }
    }
  }

  public let name: String
  package let root: Node

  init(name: String, grammar: String) {
    self.name = name
    var parser = Parser(rest: grammar[...].utf8)
    root = Node(kind: .sequence, name: name, children: parser.members())
  }

  /// Reads `MSH SFT* PROCEDURE(PR1 ROL*)* ORDER<OBR|RXO>?`, which the generator writes.
  private struct Parser {
    var rest: Substring.UTF8View

    mutating func members() -> [Node] {
      var nodes: [Node] = []
      while let byte = rest.first {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "|"): rest.removeFirst()
        case UInt8(ascii: ")"), UInt8(ascii: ">"): return nodes
        default: nodes.append(member())
        }
      }
      return nodes
    }

    private mutating func member() -> Node {
      let word = rest.prefix { !" |()<>?*+".utf8.contains($0) }
      rest = rest[word.endIndex...]
      let name = String(Substring(word))
      var node = Node(
        kind: name == "any" ? .any : HL7SegmentName.pack(name).map { .segment($0) } ?? .sequence, name: name)
      if let open = rest.first, open == UInt8(ascii: "(") || open == UInt8(ascii: "<") {
        rest.removeFirst()
        node.kind = open == UInt8(ascii: "<") ? .choice : .sequence
        node.children = members()
        rest = rest.dropFirst()
      }
      if let quantifier = rest.first, "?*+".utf8.contains(quantifier) {
        node.isRequired = quantifier == UInt8(ascii: "+")
        node.repeats = quantifier != UInt8(ascii: "?")
        rest.removeFirst()
      }
      return node
    }
  }
}

extension HL7Structure.Node {
  /// How a search goes about what a message should have and has not.
  enum Search {
    /// Passes over nothing that is required.
    case strict
    /// As strict; a place for any segment counts too.
    case any
    /// Passes over whatever is missing.
    case tolerant
  }

  /// The children to go down by to the first place for a segment, as their numbers; empty where this is the place.
  func path(to segment: UInt32, _ search: Search) -> [Int]? {
    switch kind {
    case .segment(let name): return name == segment ? [] : nil
    case .any: return search == .strict ? nil : []
    case .sequence, .choice:
      for (index, child) in children.enumerated() {
        if let path = child.path(to: segment, search) { return [index] + path }
        if kind == .sequence, search != .tolerant, !child.mayBeAbsent { return nil }
      }
      return nil
    }
  }
}
