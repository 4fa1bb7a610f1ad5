import Foundation

/// The tables of docs/fhir-validation.md, which say why a document is judged otherwise than one might expect: what stands
/// there is what the tests hold, and the other way round.
enum ValidationTable {
  /// The rows below a heading: what is in the first column, and the reason beside it.
  static func reasons(under heading: String) throws -> [String: String] {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appendingPathComponent("docs/fhir-validation.md"), encoding: .utf8)
    var reasons: [String: String] = [:]
    var isInside = false
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") { isInside = line.drop { $0 == "#" || $0 == " " } == heading }
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard isInside, cells.count == 2, cells[0].hasPrefix("`") else { continue }
      // Cases of one reason share a row.
      for name in cells[0].split(separator: ",") {
        reasons[name.trimmingCharacters(in: CharacterSet(charactersIn: " `"))] = cells[1]
      }
    }
    return reasons
  }
}
