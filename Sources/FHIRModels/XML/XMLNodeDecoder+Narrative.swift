import XML

extension XMLNodeDecoder {
  /// The `div` of a narrative, which JSON keeps as text: as it stands where it declares its namespace itself and nothing
  /// in it has a prefix, else written anew without prefixes.
  mutating func narrative() throws(XMLError) -> NodeValue? {
    let start = reader.tagOffset
    let bytes: [UInt8]
    if declaresNamespace(source(from: start, to: reader.byteOffset)), !hasPrefixes(from: reader.byteOffset) {
      try reader.skipElement()
      bytes = Array(source(from: start, to: reader.byteOffset))
    } else {
      bytes = try rewrittenNarrative()
    }
    if let problem = bytes.withUnsafeBufferPointer(XHTMLNarrative.problem) {
      report(.value, problem.diagnostics, at: min(start + problem.offset, reader.byteOffset))
    }
    return keptText(bytes)
  }

  /// Whether a start tag is `<div` with a default namespace of its own.
  private func declaresNamespace(_ tag: ArraySlice<UInt8>) -> Bool {
    guard tag.starts(with: "<div".utf8), let next = tag.dropFirst(4).first, next <= 0x20 else { return false }
    for start in tag.indices where tag[start] <= 0x20 && tag[(start + 1)...].starts(with: "xmlns".utf8) {
      return tag[(start + 6)...].first { $0 > 0x20 } == UInt8(ascii: "=")
    }
    return false
  }

  /// Whether a tag with a prefix stands between `start`, inside the div, and the end of the `text` around it. No byte is
  /// looked at twice, however many divs there are.
  private mutating func hasPrefixes(from start: Int) -> Bool {
    if start >= tagsSeen.end { tagsSeen = firstPrefix(from: start) }
    return tagsSeen.hasPrefix
  }

  private func firstPrefix(from start: Int) -> (end: Int, hasPrefix: Bool) {
    var rest = source(from: start, to: document.count)
    while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      rest = rest[(open + 1)...]
      if rest.first == UInt8(ascii: "!") {
        // No tag stands in a comment or in CDATA.
        let end = rest.starts(with: "!--".utf8) ? "-->" : "]]>"
        guard let close = rest.firstRange(of: end.utf8) else { break }
        rest = rest[close.upperBound...]
        continue
      }
      let isEnd = rest.first == UInt8(ascii: "/")
      let name = rest.dropFirst(isEnd ? 1 : 0)
        .prefix { $0 > 0x20 && $0 != UInt8(ascii: ">") && $0 != UInt8(ascii: "/") }
      let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
      if isEnd, local.elementsEqual("text".utf8) { return (open, false) }
      if local.count < name.count { return (open, true) }
    }
    return (document.count, false)
  }

  /// The `div` whose start is the current event, by what it says: prefixes, comments and CDATA sections are left out.
  private mutating func rewrittenNarrative() throws(XMLError) -> [UInt8] {
    var writer = XMLWriter(declaration: false, illegalCharacters: .replace)
    let depth = reader.depth
    startTag(&writer, isRoot: true)
    while let event = try reader.next() {
      switch event {
      case .startElement: startTag(&writer, isRoot: false)
      case .text: writer.text(reader.text)
      case .endElement:
        writer.endElement()
        // One root and nothing open: the writer cannot fail on names that a parser read.
        if reader.depth == depth { return (try? writer.finish()) ?? [] }
      }
    }
    return []
  }

  private mutating func startTag(_ writer: inout XMLWriter, isRoot: Bool) {
    writer.startElement(reader.localName)
    if isRoot { writer.namespace(XHTMLNarrative.namespace.description) }
    if reader.namespace != XHTMLNarrative.namespace.description {
      report(.value, "The narrative holds an element that is not XHTML", at: reader.tagOffset)
    }
    for index in 0..<reader.attributeCount {
      let isXML = reader.attributeNamespace(index) == "http://www.w3.org/XML/1998/namespace"
      writer.attribute((isXML ? "xml:" : "") + reader.attributeName(index), reader.attributeValue(index))
    }
  }

  private mutating func keptText(_ bytes: [UInt8]) -> NodeValue {
    let value = bytes.withUnsafeBufferPointer { XMLNodeDecoder.slice($0, in: builder.source, at: textCount) }
    if case .slice(let slice) = value { textCount += slice.length }
    return value
  }
}
