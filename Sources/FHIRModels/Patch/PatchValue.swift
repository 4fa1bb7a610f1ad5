/// The value that an operation of a FHIRPath Patch carries: a part with a value, a resource, or parts for the elements of
/// a type that has no name of its own.
struct PatchValue {
  private let part: Parameters.Parameter

  init(_ part: Parameters.Parameter) { self.part = part }

  /// The value as the field `name` of `type` holds it, and which field that is: of a choice the one of its type.
  func item(named name: String, of type: TypeReference) throws(FHIRPatchError) -> (field: Int, FHIRNode.Item) {
    let fields = type.pointer.pointee.fields
    let range =
      PathNames.shared.fields(named: name, of: type)
      ?? fields.indices.first { fields[$0].jsonName == name }.map { $0...$0 }
    guard let range else { throw FHIRPatchError(.path, "\(type.name) has no element of this name") }
    for index in range {
      if let item = try item(for: fields[index], isChoice: range.count > 1) { return (index, item) }
    }
    throw FHIRPatchError(.value, "The value is of no type that \(type.name).\(fields[range.lowerBound].pathName) takes")
  }

  /// Nil where the value is of another type.
  private func item(for field: Field, isChoice: Bool) throws(FHIRPatchError) -> FHIRNode.Item? {
    if let resource = part.resource {
      return field.kind == .resource ? FHIRNode.Item(value: .node(resource.node), side: nil) : nil
    }
    if !part.part.isEmpty { return try anonymous(field) }
    guard let value = FHIRItem(part, keepsPlaces: false).children(named: "value").first else {
      throw FHIRPatchError(.syntax, "The part \"value\" has no value")
    }
    switch value.content {
    case .element(let node):
      guard field.kind == .node, let type = field.type else { return nil }
      if node.type == type { return FHIRNode.Item(value: .node(node), side: nil) }
      // A Quantity where one of its kinds belongs: the same elements under another name.
      guard !isChoice, PathType.lineage(of: type).contains(node.typeName) else { return nil }
      let read = try? JSONNodeDecoder.decode(node.json(pretty: false), .strict, as: type)
      return read.map { FHIRNode.Item(value: .node($0.0), side: nil) }
    case .primitive(let kind, let item, let owner):
      return try primitive(kind, item, owner, for: field, isChoice: isChoice)
    }
  }

  private func primitive(
    _ kind: FieldKind, _ item: FHIRNode.Item, _ owner: FHIRNode, for field: Field, isChoice: Bool
  ) throws(FHIRPatchError) -> FHIRNode.Item? {
    guard field.kind.isPrimitive, isChoice ? kind == field.kind : PatchValue.isAlike(kind, field.kind) else {
      return nil
    }
    guard let value = item.value else { return item }
    if let flag = value.flag { return FHIRNode.Item(value: .bool(flag), side: item.side) }
    guard var text = owner.text(value) else { return nil }
    let isValid = text.withUTF8 { bytes in
      if field.kind == .xhtml { return XHTMLNarrative.problem(bytes) == nil }
      if field.kind.isNumber { return field.kind == .decimal || PrimitiveSyntax.isInteger(bytes, field.kind) }
      return PrimitiveSyntax.isValid(bytes, field.kind, hasEscapes: false)
    }
    guard isValid else {
      throw FHIRPatchError(
        .value, field.kind == .xhtml ? "The narrative is not acceptable" : PrimitiveSyntax.expectation(field.kind))
    }
    return FHIRNode.Item(value: .text(text), side: field.hasSide ? item.side : nil)
  }

  /// Whether a value of one kind can stand where the other belongs, as long as its text fits.
  private static func isAlike(_ kind: FieldKind, _ other: FieldKind) -> Bool {
    if kind == other { return true }
    if kind == .boolean || other == .boolean { return false }
    return kind.isNumber == other.isNumber
  }

  /// An element of a type without a name of its own, such as `Patient.contact`: its elements are the parts.
  private func anonymous(_ field: Field) throws(FHIRPatchError) -> FHIRNode.Item? {
    guard field.kind == .node, let type = field.type else { return nil }
    var node = FHIRNode(type: type)
    for part in part.part { try node.append(PatchValue(part), named: part.name ?? "") }
    return FHIRNode.Item(value: .node(node), side: nil)
  }
}
