import XML

/// Writes nodes as FHIR XML (R4, "XML Representation of Resources").
struct XMLNodeEncoder: ~Copyable {
  private var writer: XMLWriter
  private var path = DocumentPath()
  private var issues: [FHIRIssue] = []

  static func encode(_ node: FHIRNode, pretty: Bool) throws(FHIREncodingError) -> [UInt8] {
    var encoder = XMLNodeEncoder(writer: XMLWriter(indentation: pretty ? 2 : nil))
    encoder.path.root = node.type.name
    encoder.resource(node, isRoot: true)
    let issues = encoder.issues
    if !issues.isEmpty { throw FHIREncodingError(issues: issues) }
    do throws(XMLError) {
      return try encoder.finish()
    } catch {
      throw FHIREncodingError(issues: [FHIRIssue(.error, .invalid, at: node.type.name, error.message)])
    }
  }

  private init(writer: XMLWriter) { self.writer = writer }

  private consuming func finish() throws(XMLError) -> [UInt8] { try writer.finish() }

  private mutating func resource(_ node: FHIRNode, isRoot: Bool = false) {
    writer.startElement(node.type.name)
    if isRoot { writer.namespace(Namespaces.fhir.description) }
    content(node)
    writer.endElement()
  }

  /// The attributes of the element that is open, then its children.
  private mutating func content(_ node: FHIRNode) {
    let type = node.type
    node.forEachSlot { key, value in
      if key != .unknown, type.field(key.field).pointee.isAttribute {
        attribute(value, type.field(key.field), of: node)
      }
    }
    var last: (key: SlotKey, value: NodeValue)?
    node.forEachSlot { key, value in
      if let (previous, held) = last {
        last = nil
        if key == SlotKey(previous.field, isSide: true) {
          return field(type.field(key.field), held, value, of: node)
        }
        field(type.field(previous.field), held, nil, of: node)
      }
      if key == .unknown { return unknown(value) }
      guard !type.field(key.field).pointee.isAttribute else { return }
      if key.isSide { return field(type.field(key.field), nil, value, of: node) }
      last = (key, value)
    }
    if let (previous, held) = last { field(type.field(previous.field), held, nil, of: node) }
  }

  private mutating func attribute(_ value: NodeValue, _ field: UnsafeMutablePointer<Field>, of node: FHIRNode) {
    path.push(field)
    attribute(field.pointee.name.bytes, value, of: node)
    checkWriter()
    path.pop()
  }

  private mutating func attribute(_ name: UnsafeBufferPointer<UInt8>, _ value: NodeValue, of node: FHIRNode) {
    if case .slice(let slice) = value, !slice.hasEscapes {
      node.withBytes(slice) { writer.attribute(trusted: name, utf8: $0) }
    } else if let text = node.text(value) {
      text.read { writer.attribute(trusted: name, utf8: $0) }
    }
  }

  private static let valueName: StaticString = "value"

  /// One field: its value or values, its side or sides.
  private mutating func field(
    _ field: UnsafeMutablePointer<Field>, _ value: NodeValue?, _ side: NodeValue?, of node: FHIRNode
  ) {
    path.push(field)
    defer { path.pop() }
    guard field.pointee.isList else { return element(field, value, side, of: node) }
    for index in 0..<max(value?.itemCount ?? 0, side?.itemCount ?? 0) {
      path.index = index
      element(field, value?.item(at: index), side?.item(at: index), of: node)
    }
  }

  private mutating func element(
    _ field: UnsafeMutablePointer<Field>, _ value: NodeValue?, _ side: NodeValue?, of node: FHIRNode
  ) {
    if field.pointee.kind == .xhtml { return narrative(value, of: node) }
    writer.startElement(trusted: field.pointee.name.bytes)
    switch value {
    case .node(let child):
      if field.pointee.kind == .resource { resource(child) } else { content(child) }
    case .some(let primitive):
      // The id of the side is an attribute too, and may follow.
      let name = XMLNodeEncoder.valueName
      attribute(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), primitive, of: node)
      if case .node(let child)? = side { content(child) }
    case nil:
      if case .node(let child)? = side { content(child) }
    }
    writer.endElement()
    checkWriter()
  }

  private mutating func narrative(_ value: NodeValue?, of node: FHIRNode) {
    guard let value, let text = node.text(value) else { return }
    if let problem = text.read(XHTMLNarrative.problem) {
      issues.append(FHIRIssue(.error, .invalid, at: path.expression, problem.diagnostics))
    } else {
      writer.raw(text.utf8)
    }
  }

  private mutating func unknown(_ value: NodeValue) {
    guard case .unknown(let members) = value else { return }
    for member in members where member.format == .xml { writer.raw(member.text) }
  }

  /// Names the place of the writer's first fault; it writes nothing after it.
  private mutating func checkWriter() {
    guard let error = writer.error, issues.isEmpty else { return }
    issues.append(FHIRIssue(.error, .invalid, at: path.expression, error.message))
  }
}
