import Foundation
import HL7Parser
import TestSupport
import XCTest
import XML

@testable import Mappers

/// ER7 to XML and back over the public collections: the identity, and groups as the message definitions have them.
final class HL7XMLCorpusTests: XCTestCase {
  private func messages(in collection: SharedCollection) -> [(String, [UInt8])] {
    collection.files(endings: ["hl7", "HL7", "hl7v2", "er7", "txt", ""]).flatMap { file in
      let data = (try? Data(contentsOf: file)).map { Array($0) } ?? []
      guard HL7Contents.isHL7(data), let contents = try? HL7Contents(of: data) else { return [(String, [UInt8])]() }
      return contents.messages.map { (file.lastPathComponent, Array($0)) }
    }
  }

  func testEveryMessageOfTheCollectionsComesBack() throws {
    let collection = try SharedCollection("hl7v2/corpora.tar.xz")
    defer { collection.remove() }
    let definitions = try SharedCollection("hl7v2/definitions.tar.xz")
    defer { definitions.remove() }
    let others = HL7OtherDefinitions(definitions)
    var (same, judged, conforming) = (0, 0, 0)
    var other = (asked: 0, agrees: 0, stricter: 0, laxer: 0)
    var reasons: [String: (count: Int, example: String)] = [:]
    for (name, bytes) in messages(in: collection) {
      guard let message = try? HL7Message(parsing: bytes) else { continue }
      let document = try HL7XMLWriter().document(of: message)
      do throws(HL7XMLError) {
        let back = try HL7XMLReader.message(document)
        XCTAssertTrue(back == bytes, "\(name) is not the same after XML and back")
        same += 1
      } catch {
        XCTFail("\(name): \(error)")
      }
      let named = message.header[12].string.flatMap(HL7Version.init)
      guard let structure = HL7Schema.of(named ?? .v2_5_1).structure(of: message) else { continue }
      judged += 1
      let findings = HL7Arrangement(message, by: structure).findings
      let isValid = try HL7XMLGrammar(structure).accepts(document)
      let verdict = try others.accepts(
        message.segments.map(\.name), structure: structure.name, version: (named ?? .v2_5_1).description)
      if let verdict {
        other.asked += 1
        other.agrees += verdict == isValid ? 1 : 0
        other.stricter += isValid && !verdict ? 1 : 0
        other.laxer += verdict && !isValid ? 1 : 0
      }
      if isValid {
        conforming += 1
      } else {
        XCTAssertFalse(findings.isEmpty, "\(name): in order by the parser, not by the grammar of \(structure.name)")
        let reason = self.reason(findings, structure)
        reasons[reason] = ((reasons[reason]?.count ?? 0) + 1, reasons[reason]?.example ?? name)
      }
    }
    print("HL7XMLCorpusTests: \(same) messages are the same after XML and back;")
    print("  of \(judged) whose structure is defined, \(conforming) are valid by it in XML")
    for (reason, found) in reasons.sorted(by: { ($0.value.count, $1.key) > ($1.value.count, $0.key) }) {
      print("    \(found.count) \(reason), such as \(found.example)")
    }
    print(
      "  other definitions of \(other.asked) structures agree on \(other.agrees); they refuse \(other.stricter) more and "
        + "take \(other.laxer) more")
    XCTAssertGreaterThan(other.asked, 1500)
    XCTAssertGreaterThan(other.agrees * 100, other.asked * 98)
    XCTAssertGreaterThan(same, 2000)
    XCTAssertGreaterThan(conforming * 10, judged * 6)
  }

  /// The class of what keeps a message from being valid: of its first finding.
  private func reason(_ findings: [HL7Finding], _ structure: HL7Structure) -> String {
    guard let first = findings.first, let segment = first.location?.segment else { return "nothing" }
    let type = String(structure.name.prefix(3))
    if first.text.contains(" requires ") { return "\(type): \(segment) is missing" }
    return "\(type): \(segment) " + (first.text.contains(" has no place ") ? "out of place" : "not of its structure")
  }
}

/// The content models of a structure as regular expressions over the names of children: written apart from
/// `HL7Arrangement`, to judge it.
struct HL7XMLGrammar {
  private var models: [String: [NSRegularExpression]] = [:]
  private let name: String

  init(_ structure: HL7Structure) throws {
    name = structure.name
    try add(structure.root, as: structure.name)
  }

  private mutating func add(_ node: HL7Structure.Node, as element: String) throws {
    let separator = node.kind == .choice ? "|" : ""
    let model = try node.children.map { try pattern($0) }.joined(separator: separator)
    // Groups of one name may stand in several places, with a content for each.
    models[element, default: []].append(try NSRegularExpression(pattern: "^(?:\(model))$"))
  }

  private mutating func pattern(_ node: HL7Structure.Node) throws -> String {
    // A group that may be empty is not there when it is: ER7 cannot tell the two apart.
    let isRequired = node.isRequired && !node.mayBeAbsent
    let quantifier = node.repeats ? (isRequired ? "+" : "*") : (isRequired ? "" : "?")
    switch node.kind {
    case .segment: return "(?:\(node.name) )\(quantifier)"
    case .any: return "(?:[A-Z0-9]{3} )\(quantifier)"
    case .choice where node.name == "CHOICE":
      return "(?:\(try node.children.map { try pattern($0) }.joined(separator: "|")))\(quantifier)"
    case .sequence, .choice:
      let element = "\(name).\(node.name)"
      try add(node, as: element)
      return "(?:\(NSRegularExpression.escapedPattern(for: element)) )\(quantifier)"
    }
  }

  /// Whether every group of a document holds what its model says, Z-segments apart.
  func accepts(_ document: [UInt8]) throws -> Bool {
    var reader = try XMLReader(document)
    var open: [(name: String, children: String)] = []
    while let event = try reader.next() {
      guard event != .text, reader.namespace == "urn:hl7-org:v2xml" else { continue }
      let element = reader.localName
      if event == .startElement {
        if element.utf8.count == 3, !open.isEmpty {
          if !element.hasPrefix("Z") { open[open.count - 1].children += element + " " }
          try reader.skipElement()
        } else {
          if !open.isEmpty { open[open.count - 1].children += element + " " }
          open.append((element, ""))
        }
      } else if let (name, children) = open.popLast() {
        let whole = NSRange(children.startIndex..., in: children)
        guard let own = models[name], own.contains(where: { $0.firstMatch(in: children, range: whole) != nil }) else {
          return false
        }
      }
    }
    return true
  }
}
