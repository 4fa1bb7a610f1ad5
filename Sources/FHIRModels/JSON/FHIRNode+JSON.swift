import JSON

extension FHIRNode {
  /// The element as JSON, in the order of the specification.
  public func json(pretty: Bool = false) -> [UInt8] {
    var writer = JSONWriter(pretty: pretty)
    write(to: &writer)
    return writer.finish()
  }

  /// Writes the fields that are present in the order of the table; `resourceType` comes first.
  func write(to writer: inout JSONWriter) {
    let type = type
    writer.beginObject()
    if type.isResource { writer.member("resourceType", type.name) }
    storage.withUnsafeMutablePointers { header, slots in
      if let source = header.pointee.source {
        source.withBytes { bytes in
          write(slots, header.pointee.count, type, SourceBytes(bytes: bytes, isJSON: source.isJSON), &writer)
        }
      } else {
        let none = SourceBytes(bytes: UnsafeBufferPointer(start: nil, count: 0), isJSON: true)
        write(slots, header.pointee.count, type, none, &writer)
      }
    }
    writer.endObject()
  }

  private struct SourceBytes {
    let bytes: UnsafeBufferPointer<UInt8>
    let isJSON: Bool
  }

  private func write(
    _ slots: UnsafeMutablePointer<NodeSlot>, _ count: Int, _ type: TypeReference, _ source: SourceBytes,
    _ writer: inout JSONWriter
  ) {
    for position in 0..<count {
      let key = slots[position].key
      if key == .unknown {
        FHIRNode.writeUnknown(slots[position].value, &writer)
        continue
      }
      let field = type.field(key.field)
      writer.rawKey(field.pointee.name, underscored: key.isSide)
      FHIRNode.write(slots[position].value, field.pointee.kind, source, &writer)
    }
  }

  private static func write(
    _ value: NodeValue, _ kind: FieldKind, _ source: SourceBytes, _ writer: inout JSONWriter
  ) {
    switch value {
    case .null: writer.null()
    case .bool(let flag): writer.bool(flag)
    case .slice(let slice):
      let start = Int(slice.offset)
      let bytes = UnsafeBufferPointer(rebasing: source.bytes[start..<start + slice.length])
      if kind.isNumber {
        writer.raw(bytes)
      } else if source.isJSON {
        writer.string(escaped: bytes)
      } else {
        writer.string(utf8: bytes)
      }
    case .text(let text):
      kind.isNumber ? writer.number(text: text) : writer.string(text)
    case .node(let node): node.write(to: &writer)
    case .list(let items):
      writer.beginArray()
      for item in items { write(item, kind, source, &writer) }
      writer.endArray()
    case .unknown: break
    }
  }

  private static func writeUnknown(_ value: NodeValue, _ writer: inout JSONWriter) {
    guard case .unknown(let members) = value else { return }
    for member in members where member.format == .json {
      writer.key(member.name)
      writer.raw(member.text)
    }
  }
}
