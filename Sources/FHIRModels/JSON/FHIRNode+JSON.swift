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
    writer.beginObject()
    storage.withUnsafeMutablePointers { header, slots in
      let type = header.pointee.type
      if type.isResource { writer.member("resourceType", type.name) }
      for position in 0..<header.pointee.count {
        let key = slots[position].key
        if key == .unknown {
          FHIRNode.writeUnknown(slots[position].value, &writer)
          continue
        }
        let field = type.field(key.field)
        writer.key(prepared: field.pointee.name.key(isSide: key.isSide))
        if field.pointee.isList {
          writer.beginArray()
          FHIRNode.write(slots[position].value, field.pointee.kind, header, &writer)
          writer.endArray()
        } else {
          FHIRNode.write(slots[position].value, field.pointee.kind, header, &writer)
        }
      }
    }
    writer.endObject()
  }

  /// Writes a value, or one item after another.
  private static func write(
    _ value: NodeValue, _ kind: FieldKind, _ header: UnsafeMutablePointer<NodeHeader>, _ writer: inout JSONWriter
  ) {
    switch value {
    case .null: writer.null()
    case .bool(let flag): writer.bool(flag)
    case .slice(let slice):
      let bytes = header.pointee.bytes(slice)
      if kind.isNumber {
        writer.raw(bytes)
      } else if header.pointee.isJSON {
        writer.string(escaped: bytes)
      } else {
        writer.string(utf8: bytes)
      }
    case .text(let text):
      kind.isNumber ? writer.number(text: text) : writer.string(text)
    case .node(let node): node.write(to: &writer)
    case .list(let items): for item in items { write(item, kind, header, &writer) }
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
