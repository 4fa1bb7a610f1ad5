/// What the readers of JSON and XML share: nodes in the making, the path to them, and what is wrong with them.
///
/// The slots of all elements that are open lie on one stack; an element that closes moves its own into a node of exactly
/// their number. `base` is where the slots of the innermost open element begin.
struct NodeBuilder: ~Copyable {
  let source: Source
  let options: FHIRDecodingOptions
  var issues: [FHIRIssue] = []
  var slots = Stack<NodeSlot>()
  var values = Stack<NodeValue>()
  var path = DocumentPath()
  /// What a lenient reading keeps, with the depth of the element it belongs to. An element's own lie at the end when it
  /// closes, since those inside it took theirs.
  private var unknown: [(depth: Int, member: UnknownMember)] = []
  private var keptCount = 0
  /// Whether more had to be kept than the limits allow; the document is then refused.
  private var keptTooMuch: Bool { keptCount > options.limits.kept }
  /// Whether a document that was read to its end may be handed out.
  var isAcceptable: Bool { options.isLenient ? !keptTooMuch : issues.isEmpty }

  init(_ source: Source, _ options: FHIRDecodingOptions) {
    self.source = source
    self.options = options
  }

  /// Whether so many issues are listed that no more are.
  var isFull: Bool { issues.count >= options.issues }

  /// Where a slot of `key` belongs. Documents mostly follow the order of the tables, so that the end is the place.
  @inline(__always)
  func position(of key: SlotKey, _ base: Int) -> Int {
    var position = slots.count
    while position > base, key < slots[position &- 1].key { position &-= 1 }
    return position
  }

  /// Whether another type of the choice `group` is present than the one in `field`.
  func hasOther(of group: ClosedRange<Int>, than field: Int, _ base: Int) -> Bool {
    for index in base..<slots.count {
      let other = slots[index].key.field
      if other != field, group.contains(other) { return true }
    }
    return false
  }

  /// Reports the required fields that are not there. `start` is where the element begins.
  mutating func checkRequired(_ type: TypeReference, _ base: Int, _ start: Int) {
    for group in type.pointer.pointee.required {
      var isPresent = false
      for index in base..<slots.count where group.contains(slots[index].key.field) {
        isPresent = true
        break
      }
      if isPresent || hasKept { continue }
      path.push(type.field(group.lowerBound))
      report(.required, "The element must be present", at: start)
      path.pop()
    }
  }

  /// Moves the slots of the element that closes into a node.
  mutating func close(_ type: TypeReference, _ base: Int) -> FHIRNode {
    if !unknown.isEmpty { keepUnknown() }
    let count = slots.count - base
    let storage = NodeStorage.make(type: type, source: source, capacity: count)
    storage.withUnsafeMutablePointers { header, elements in
      slots.move(from: base, to: elements)
      header.pointee.count = count
      for index in 0..<count { header.pointee.present |= elements[index].key.bit }
    }
    return FHIRNode(storage: storage)
  }

  /// Keeps what does not fit for the element that is open; `depthAbove` counts the path's steps beyond it.
  mutating func keep(_ member: UnknownMember, depthAbove: Int = 0, endingAt offset: Int) {
    guard options.isLenient, !keptTooMuch else { return }
    keptCount += 1
    guard !keptTooMuch else {
      let diagnostics = "More than \(options.limits.kept) members are unknown or do not fit"
      return issues.append(FHIRIssue(.fatal, .tooCostly, at: path.expression, diagnostics, offset: offset))
    }
    unknown.append((path.count - depthAbove, member))
  }

  /// Whether something is kept for the element that is open.
  var hasKept: Bool { unknown.last?.depth == path.count }

  /// Puts what the closing element could not place into its last slot.
  private mutating func keepUnknown() {
    let first = (unknown.lastIndex { $0.depth != path.count } ?? -1) + 1
    guard first < unknown.count else { return }
    slots.append(NodeSlot(key: .unknown, value: .unknown(unknown[first...].map(\.member))))
    unknown.removeSubrange(first...)
  }

  mutating func report(_ code: IssueType, _ diagnostics: String, at offset: Int) {
    guard !isFull else { return }
    issues.append(
      FHIRIssue(
        options.isLenient ? .warning : .error, code, at: path.expression, diagnostics, offset: offset))
  }

  /// A name of the document as a message may repeat it: it may be anything, a patient's name too, so that only what
  /// looks like an element is shown.
  static func shown(_ name: String, else general: String) -> String {
    let isName = name.utf8.count <= 64 && name.utf8.allSatisfy { ($0 | 0x20) &- 0x61 < 26 || $0 == 0x5F }
    return isName ? "\"\(name)\"" : general
  }
}
