// What generated setters call. FHIR has no empty values: setting one takes the field away.

extension FHIRNode {
  @usableFromInline
  @inline(never)
  mutating func setString(_ field: Int, _ text: String?) {
    setValue(SlotKey(field), text.flatMap { $0.isEmpty ? nil : .text($0) })
  }

  @inline(__always)
  mutating func setCode<T: FHIRCode>(_ field: Int, _ code: T?) { setString(field, code?.rawValue) }

  @inline(never)
  mutating func setFlag(_ field: Int, _ flag: Bool?) { setValue(SlotKey(field), flag.map { .bool($0) }) }

  @inline(never)
  mutating func setInteger(_ field: Int, _ value: Int?) { setString(field, value.map { String($0) }) }

  @inline(__always)
  mutating func setPrimitive<T: TextPrimitive>(_ field: Int, _ value: T?) { setString(field, value?.text) }

  @inline(never)
  private mutating func setChild(_ field: Int, _ child: FHIRNode?) {
    let value = child.map { NodeValue.node($0) }
    setValue(SlotKey(field), value?.isEmpty == true ? nil : value)
  }

  @inline(__always)
  mutating func setElement<T: FHIRElement>(_ field: Int, _ element: T?) { setChild(field, element?.node) }

  @inline(__always)
  mutating func setResource(_ field: Int, _ resource: AnyResource?) { setChild(field, resource?.node) }

  /// Sets the type of a choice that is chosen, by its place among the `count` whose fields begin with `first`, and takes
  /// the others away.
  @inline(never)
  mutating func setChoice(_ first: Int, of count: Int, _ chosen: (index: Int, value: NodeValue)?) {
    for index in 0..<count {
      setValue(SlotKey(first + index), nil)
      if index != chosen?.index { setValue(SlotKey(first + index, isSide: true), nil) }
    }
    if let chosen, !chosen.value.isEmpty { setValue(SlotKey(first + chosen.index), chosen.value) }
  }

  // MARK: Repeating fields. What a primitive's items had beside them (`_name`) goes with them.

  private mutating func setItems(_ field: Int, _ items: [NodeValue]) {
    let items = items.filter { !$0.isEmpty }
    setValue(SlotKey(field), items.isEmpty ? nil : .items(items))
    setValue(SlotKey(field, isSide: true), nil)
  }

  @inline(never)
  mutating func setStrings(_ field: Int, _ texts: [String]) { setItems(field, texts.map { .text($0) }) }

  mutating func setCodes<T: FHIRCode>(_ field: Int, _ codes: [T]) { setStrings(field, codes.map(\.rawValue)) }

  mutating func setIntegers(_ field: Int, _ values: [Int]) { setStrings(field, values.map { String($0) }) }

  mutating func setPrimitives<T: TextPrimitive>(_ field: Int, _ values: [T]) { setStrings(field, values.map(\.text)) }

  // A generated face holds its node and nothing else, so that an array of faces is one of nodes.

  @inline(__always)
  mutating func setElements<T: FHIRElement>(_ field: Int, _ elements: [T]) {
    setChildren(field, unsafeBitCast(elements, to: [FHIRNode].self))
  }

  @usableFromInline
  mutating func setResources(_ field: Int, _ resources: [AnyResource]) {
    setChildren(field, unsafeBitCast(resources, to: [FHIRNode].self))
  }

  @inline(never)
  private mutating func setChildren(_ field: Int, _ children: [FHIRNode]) {
    setItems(field, children.map { .node($0) })
  }
}
