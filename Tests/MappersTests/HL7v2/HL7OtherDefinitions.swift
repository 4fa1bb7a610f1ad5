import Foundation
import JSON
import TestSupport

/// Message structures as another public source has them (`hl7-dictionary`; ours are of `hl7apy`): whether a message is
/// valid is asked of both.
final class HL7OtherDefinitions {
  private let collection: SharedCollection
  private var versions: [String: JSONValue] = [:]
  private var patterns: [String: NSRegularExpression?] = [:]

  init(_ collection: SharedCollection) { self.collection = collection }

  /// Whether the structure of a version takes these segments in this order, Z-segments apart; nil where it has none.
  func accepts(_ segments: [String], structure: String, version: String) throws -> Bool? {
    let key = "\(version) \(structure)"
    if patterns[key] == nil { patterns[key] = .some(try pattern(structure, version)) }
    guard case .some(.some(let pattern)) = patterns[key] else { return nil }
    let text = segments.filter { !$0.hasPrefix("Z") }.map { $0 + " " }.joined()
    return pattern.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
  }

  private func pattern(_ structure: String, _ version: String) throws -> NSRegularExpression? {
    if versions[version] == nil {
      let bytes = try? collection.bytes("definitions/hl7-dictionary/v\(version).json")
      versions[version] = try bytes.map { try JSONValue.parse($0) } ?? .null
    }
    guard let nodes = versions[version]?["messages"]?[structure]?["segments"]?["segments"]?.array else { return nil }
    return try NSRegularExpression(pattern: "^(?:\(Self.content(nodes)))$")
  }

  private static func content(_ nodes: [JSONValue]) -> String {
    nodes.map { node in
      let inner: String
      if let children = node["children"]?.array {
        inner = content(children)
      } else if let choice = node["compounds"]?.array {
        inner = choice.map { content([$0]) }.joined(separator: "|")
      } else {
        inner = "\(node["name"]?.string ?? "") "
      }
      let isRequired = node["min"]?.int ?? 0 > 0
      let repeats = node["max"]?.int == 0
      return "(?:\(inner))" + (repeats ? (isRequired ? "+" : "*") : (isRequired ? "" : "?"))
    }.joined()
  }
}
