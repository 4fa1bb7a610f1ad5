import XML

/// A document's events in a line each: `<name`, `@name=value`, `"text"`, `>`.
func events(of document: some Sequence<UInt8>, limits: XMLLimits = .standard) throws(XMLError) -> [String] {
  var reader = try XMLReader(Array(document), limits: limits)
  var lines: [String] = []
  while let event = try reader.next() {
    switch event {
    case .startElement:
      lines.append("<" + (reader.namespace.isEmpty ? "" : "{\(reader.namespace)}") + reader.localName)
      for index in 0..<reader.attributeCount {
        let namespace = reader.attributeNamespace(index)
        lines.append(
          "@" + (namespace.isEmpty ? "" : "{\(namespace)}") + reader.attributeName(index) + "="
            + reader.attributeValue(index))
      }
    case .text: lines.append("\"\(reader.text)\"")
    case .endElement: lines.append(">")
    }
  }
  return lines
}

func events(of document: String, limits: XMLLimits = .standard) throws(XMLError) -> [String] {
  try events(of: Array(document.utf8), limits: limits)
}

/// The error that a document meets, nil when it has none.
func fault(of document: some Sequence<UInt8>, limits: XMLLimits = .standard) -> XMLError? {
  do {
    _ = try events(of: Array(document), limits: limits)
    return nil
  } catch {
    return error
  }
}

func fault(of document: String, limits: XMLLimits = .standard) -> XMLError? {
  fault(of: Array(document.utf8), limits: limits)
}
