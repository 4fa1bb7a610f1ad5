import XML

/// Reads FHIR XML (R4, "XML Representation of Resources") into nodes by their field tables.
///
/// Elements stand in the order of the table; a repeating element's items stand together. Texts of attributes are copied
/// to the source, references resolved.
struct XMLNodeDecoder: ~Copyable {
  var reader: XMLReader
  var builder: NodeBuilder
  let document: [UInt8]
  /// How far tags of narratives were looked through for prefixes, and whether one stands there.
  var tagsSeen = (end: 0, hasPrefix: false)
  /// Bytes of text written to the source.
  var textCount = 0
  /// The sides of the primitive lists that are open, item by item beside `builder.values`.
  var sides = Stack<NodeValue>()
  private var fields: FieldCache
  private var namespaces = Namespaces()
  var valueName = KnownName("value")
  var idName = KnownName("id")

  init(_ document: [UInt8], _ options: FHIRDecodingOptions) throws(XMLError) {
    let limits = XMLLimits(
      bytes: min(options.limits.bytes, Slice.reach), depth: min(options.limits.depth, DocumentLimits.deepest),
      elements: options.limits.values,
      textBytes: options.limits.bytes)
    reader = try XMLReader(document, limits: limits)
    builder = NodeBuilder(Source(textCapacity: document.count, isChecked: !options.isLenient), options)
    fields = FieldCache(bytes: document.count)
    self.document = document
  }

  // MARK: Documents and resources

  /// Reads the document, which must be a resource; nil when it was reported.
  mutating func resourceDocument() throws(XMLError) -> FHIRNode? {
    // The reader refuses a document without a root.
    _ = try reader.next()
    let node = try resource()
    while try reader.next() != nil {}
    return node
  }

  /// Reads the resource whose start is the current event; nil when its type is unknown.
  mutating func resource() throws(XMLError) -> FHIRNode? {
    guard namespaces.fhir.matches(reader.namespaceIndex, reader) else {
      report(.structure, "A resource is in the namespace \(Namespaces.fhir)", at: reader.tagOffset)
      try reader.skipElement()
      return nil
    }
    let name = reader.localName
    guard let type = Schema.shared.type(named: name), type.isResource, !type.pointer.pointee.isAbstract else {
      report(.structure, "The element names no resource of FHIR R4", at: reader.tagOffset)
      try reader.skipElement()
      return nil
    }
    if builder.path.root.isEmpty { builder.path.root = name }
    return try object(type)
  }

  // MARK: Elements

  /// Reads the element whose start is the current event; ends at its end tag.
  mutating func object(_ type: TypeReference) throws(XMLError) -> FHIRNode {
    let base = builder.slots.count
    let tagEnd = reader.byteOffset
    attributes(type, base)
    try children(type, base)
    if !type.pointer.pointee.required.isEmpty { builder.checkRequired(type, base, tagOffset(endingAt: tagEnd)) }
    if builder.slots.count == base, !type.isResource {
      report(.structure, "An element must have a value or children", at: tagOffset(endingAt: tagEnd))
    }
    return builder.close(type, base)
  }

  /// Reads the attributes that are fields: `id`, and the `url` of an extension.
  private mutating func attributes(_ type: TypeReference, _ base: Int) {
    for index in 0..<reader.attributeCount {
      let field = attributeField(index, of: type)
      if let field {
        _ = attributeSlot(index, type.field(field), SlotKey(field), base)
      } else if !isSchemaLocation(index) {
        unexpectedAttribute(index, "is not an attribute of \(type.name)")
      }
    }
  }

  private mutating func attributeField(_ index: Int, of type: TypeReference) -> Int? {
    guard reader.attributeNamespaceIndex(index) == 0 else { return nil }
    let field = fields.find(reader.attributeNameIndex(index), type, reader)
    return field >= 0 && type.field(field).pointee.isAttribute ? field : nil
  }

  private mutating func attributeSlot(
    _ index: Int, _ field: UnsafeMutablePointer<Field>, _ key: SlotKey, _ base: Int
  ) -> Bool {
    builder.path.push(field)
    defer { builder.path.pop() }
    guard let value = value(ofAttribute: index, field) else { return false }
    builder.slots.insert(NodeSlot(key: key, value: value), at: builder.position(of: key, base))
    return true
  }

  /// Schema hints of tools are no content: FHIR lets them stand.
  private func isSchemaLocation(_ index: Int) -> Bool {
    reader.attributeNamespaceIndex(index) != 0
      && reader.attributeNamespace(index) == "http://www.w3.org/2001/XMLSchema-instance"
  }

  private mutating func unexpectedAttribute(_ index: Int, _ reason: String) {
    let name = NodeBuilder.shown(reader.attributeName(index), else: "An attribute")
    report(.structure, "\(name) \(reason)", at: reader.tagOffset)
  }

  /// Reads the children up to the end tag of the element.
  mutating func children(_ type: TypeReference, _ base: Int) throws(XMLError) {
    var list = OpenList()
    var last = -1
    while let event = try reader.next() {
      switch event {
      case .endElement:
        close(list, base)
        return
      case .text:
        if !reader.isWhitespace { report(.structure, "Text may not stand between elements", at: reader.byteOffset) }
      case .startElement: try child(of: type, base, &list, &last)
      }
    }
  }

  private mutating func child(
    of type: TypeReference, _ base: Int, _ list: inout OpenList, _ last: inout Int
  ) throws(XMLError) {
    let index = fields.find(reader.nameIndex, type, reader)
    guard index >= 0, index != NameTable.resourceType, isInNamespace(of: type.field(index)) else {
      return try unknownElement("is not an element of \(type.name)")
    }
    let field = type.field(index)
    if index != list.field {
      close(list, base)
      list = OpenList()
    }
    // Not popped when reading breaks off: the path then names the place.
    builder.path.push(field)
    checkPlace(field, index, base, last: last, isNextItem: index == list.field)
    last = max(last, index)
    try content(of: field, index, base, &list)
    builder.path.pop()
  }

  /// Reads the element as the value, or the next item, of `field`.
  private mutating func content(
    of field: UnsafeMutablePointer<Field>, _ index: Int, _ base: Int, _ list: inout OpenList
  ) throws(XMLError) {
    let start = reader.byteOffset
    guard field.pointee.isList else {
      if let single = try item(field) {
        place(single, index, base)
      } else {
        keepElement(from: start)
      }
      return
    }
    if list.field < 0 { list = OpenList(field: index, base: builder.values.count, sidesBase: sides.count) }
    builder.path.index = list.count
    guard let single = try item(field) else { return keepElement(from: start) }
    list.count += 1
    builder.values.append(single.value ?? .null)
    if field.pointee.hasSide {
      if single.side != nil { list.hasSides = true }
      if single.value != nil { list.hasValues = true }
      sides.append(single.side ?? .null)
    }
  }

  private mutating func isInNamespace(of field: UnsafeMutablePointer<Field>) -> Bool {
    if field.pointee.isAttribute { return false }
    if field.pointee.kind == .xhtml { return namespaces.xhtml.matches(reader.namespaceIndex, reader) }
    return namespaces.fhir.matches(reader.namespaceIndex, reader)
  }

  /// Reports an element that stands where it may not: out of order, twice, or beside another type of its choice.
  private mutating func checkPlace(
    _ field: UnsafeMutablePointer<Field>, _ index: Int, _ base: Int, last: Int, isNextItem: Bool
  ) {
    if isNextItem || index > last && !field.pointee.isChoice { return }
    let place = reader.tagOffset
    if field.pointee.isChoice, builder.hasOther(of: field.pointee.group, than: index, base) {
      report(.structure, "Only one type of a choice may be present; \(field.pointee.jsonName) is another", at: place)
    } else if has(index, base) {
      let isList = field.pointee.isList
      report(.structure, isList ? "The items of a list must stand together" : "The element stands twice", at: place)
    } else if index < last {
      report(.structure, "\(field.pointee.jsonName) stands too late: elements follow the order of the type", at: place)
    }
  }

  private func has(_ field: Int, _ base: Int) -> Bool {
    for index in base..<builder.slots.count where builder.slots[index].key.field == field { return true }
    return false
  }

  // MARK: What was read

  /// Puts a value and its side in their places; what stands there already stays.
  private mutating func place(_ single: Item, _ field: Int, _ base: Int) {
    if let value = single.value { insert(SlotKey(field), value, base) }
    if let side = single.side { insert(SlotKey(field, isSide: true), side, base) }
  }

  private mutating func insert(_ key: SlotKey, _ value: NodeValue, _ base: Int) {
    let position = builder.position(of: key, base)
    if position > base, builder.slots[position - 1].key == key { return }
    builder.slots.insert(NodeSlot(key: key, value: value), at: position)
  }

  /// Moves the items of a list that ended to its slots.
  private mutating func close(_ list: OpenList, _ base: Int) {
    guard list.field >= 0, list.count > 0 else { return }
    let items = builder.values.takeItems(from: list.base)
    let mayHaveSides = sides.count > list.sidesBase
    let beside = sides.takeItems(from: list.sidesBase)
    if !mayHaveSides || list.hasValues { insert(SlotKey(list.field), items, base) }
    if list.hasSides { insert(SlotKey(list.field, isSide: true), beside, base) }
  }

  // MARK: Texts

  func source(from start: Int, to end: Int) -> ArraySlice<UInt8> { document[start..<end] }

  // MARK: Reports

  mutating func report(_ code: IssueType, _ diagnostics: String, at offset: Int) {
    builder.report(code, diagnostics, at: offset)
  }

  /// The `<` of the start tag that ends at `end`.
  func tagOffset(endingAt end: Int) -> Int { document[..<end].lastIndex(of: UInt8(ascii: "<")) ?? 0 }

  /// Reports and passes over the element whose start is the current event.
  mutating func unknownElement(_ reason: String) throws(XMLError) {
    let name = NodeBuilder.shown(reader.localName, else: "An element")
    let start = reader.byteOffset
    report(.structure, "\(name) \(reason)", at: reader.tagOffset)
    try reader.skipElement()
    keepElement(from: start, depthAbove: 0)
  }

  /// Keeps the element that just ended, whose start tag ends at `start`, for a lenient reading.
  private mutating func keepElement(from start: Int, depthAbove: Int = 1) {
    guard builder.options.isLenient else { return }
    let xml = Array(source(from: tagOffset(endingAt: start), to: reader.byteOffset))
    guard XMLNodeDecoder.standsAlone(xml) else { return }
    builder.keep(
      UnknownMember(name: "", text: xml, format: .xml), depthAbove: depthAbove, endingAt: reader.byteOffset)
  }

  /// Whether an element can be written again inside another document: all its prefixes are declared in it.
  private static func standsAlone(_ xml: [UInt8]) -> Bool {
    let wrapped = Array("<x xmlns=\"\(Namespaces.fhir)\">".utf8) + xml + Array("</x>".utf8)
    do throws(XMLError) {
      var reader = try XMLReader(wrapped)
      while try reader.next() != nil {}
      return true
    } catch {
      return false
    }
  }
}
