import JSON
import XML

extension [FHIRIssue] {
  /// The same findings, each with the byte of the document where its place begins; of what is missing, the byte of the
  /// element that lacks it. `document` is what the resource was read from.
  public func located(in document: [UInt8], as format: FHIRFormat) -> [FHIRIssue] {
    if allSatisfy({ $0.offset != nil || $0.expression == nil }) { return self }
    let places = PlaceTree()
    for issue in self where issue.offset == nil { places.add(issue.expression) }
    switch format {
    case .json: places.findInJSON(document)
    case .xml: places.findInXML(document)
    }
    return map { issue in
      var issue = issue
      issue.offset = issue.offset ?? places.offset(of: issue.expression)
      return issue
    }
  }
}

/// The places that are looked for, as a tree of the steps of their paths.
private final class PlaceTree {
  private var below: [(name: String, index: Int, tree: PlaceTree)] = []
  private var offset: Int?

  /// `name[2]` and its like; the first step of a path is the type and leads nowhere.
  private static func steps(_ expression: String?) -> [(name: String, index: Int)] {
    (expression ?? "").split(separator: ".").dropFirst().map { step in
      guard step.last == "]", let open = step.lastIndex(of: "["),
        let index = Int(step[step.index(after: open)...].dropLast())
      else { return (String(step), -1) }
      return (String(step[..<open]), index)
    }
  }

  func add(_ expression: String?) {
    var tree = self
    for step in PlaceTree.steps(expression) { tree = tree.child(step.name, step.index) ?? tree.insert(step) }
  }

  /// The byte of the place, or of the innermost element around it that was found.
  func offset(of expression: String?) -> Int? {
    var tree = self
    var found = offset
    for step in PlaceTree.steps(expression) {
      guard let next = tree.child(step.name, step.index), let offset = next.offset else { break }
      (tree, found) = (next, offset)
    }
    return found
  }

  private func child(_ name: String, _ index: Int) -> PlaceTree? {
    below.first { $0.index == index && $0.name == name }?.tree
  }

  private func insert(_ step: (name: String, index: Int)) -> PlaceTree {
    let tree = PlaceTree()
    below.append((step.name, step.index, tree))
    return tree
  }

  /// The step that leads to a member or element `key`: `value` to `valueQuantity`, `birthDate` to `_birthDate`.
  private func step(to key: String) -> String? {
    let key = key.hasPrefix("_") ? String(key.dropFirst()) : key
    if below.contains(where: { $0.name == key }) { return key }
    return below.first { key.hasPrefix($0.name) && key.dropFirst($0.name.count).first?.isUppercase == true }?.name
  }

  private func found(at place: Int) { offset = offset ?? place }

  // MARK: JSON

  func findInJSON(_ document: [UInt8]) {
    document.withUnsafeBytes { bytes in
      // The document was read before, so that nothing is wrong with it; if something is, the places stay unknown.
      guard var scanner = try? JSONScanner(bytes) else { return }
      try? value(&scanner)
    }
  }

  private func value(_ scanner: inout JSONScanner) throws(JSONError) {
    let first = try scanner.need("a value")
    found(at: scanner.offset)
    guard first == UInt8(ascii: "{"), !below.isEmpty else { return try scanner.skipValue() }
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "}")) { return scanner.leave() }
    repeat {
      let key = scanner.text(try scanner.scanKey())
      if let step = step(to: key) {
        try member(step, &scanner)
      } else {
        try scanner.skipValue()
      }
    } while try scanner.hasNext(closing: UInt8(ascii: "}"))
    scanner.leave()
  }

  private func member(_ name: String, _ scanner: inout JSONScanner) throws(JSONError) {
    let whole = child(name, -1)
    guard try scanner.need("a value") == UInt8(ascii: "[") else {
      guard let whole else { return try scanner.skipValue() }
      return try whole.value(&scanner)
    }
    whole?.found(at: scanner.offset)
    try scanner.enter()
    if scanner.consume(UInt8(ascii: "]")) { return scanner.leave() }
    var index = 0
    repeat {
      if let item = child(name, index) {
        try item.value(&scanner)
      } else {
        try scanner.skipValue()
      }
      index += 1
    } while try scanner.hasNext(closing: UInt8(ascii: "]"))
    scanner.leave()
  }

  // MARK: XML

  func findInXML(_ document: [UInt8]) {
    guard var reader = try? XMLReader(document) else { return }
    guard let event = try? reader.next(), event == .startElement else { return }
    found(at: reader.tagOffset)
    try? children(&reader)
  }

  /// Reads up to the end tag of the element that is open.
  private func children(_ reader: inout XMLReader) throws(XMLError) {
    if below.isEmpty { return try reader.skipElement() }
    var counts: [String: Int] = [:]
    while let event = try reader.next(), event != .endElement {
      guard event == .startElement else { continue }
      let name = reader.localName
      // The element of a resource inside another: paths do not name it.
      if name.first?.isUppercase == true {
        try children(&reader)
        continue
      }
      let index = counts[name, default: 0]
      counts[name] = index + 1
      guard let step = step(to: name), let tree = child(step, index) ?? child(step, -1) else {
        try reader.skipElement()
        continue
      }
      tree.found(at: reader.tagOffset)
      try tree.children(&reader)
    }
  }
}
