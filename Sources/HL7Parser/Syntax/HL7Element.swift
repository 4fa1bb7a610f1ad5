/// A field, repetition, component or sub-component: a range of the received bytes that knows how it is split.
///
/// Asking for a part that is not there gives an absent element, never a trap, so paths can be followed blindly.
/// A part of something not split further is that thing itself: `component(1)` of `A` is `A`, which is how HL7 lets a
/// later version turn a simple field into a composite. A value: changing one (`set(_:)`) makes new bytes, and changes
/// nothing of the message it came from until it is put back.
public struct HL7Element: Sendable {
  enum Level: UInt8, Sendable {
    case field, repetition, component, subcomponent
    /// MSH-1 and MSH-2: delimiters that split nothing.
    case literal
  }

  let storage: HL7Storage
  let start: UInt32
  let end: UInt32
  let level: Level

  /// An element that is not there. It has a level all the same, so that what is set in it is split as it should be.
  static func absent(in storage: HL7Storage, _ level: Level) -> HL7Element {
    HL7Element(storage: storage, start: 0, end: 0, level: level)
  }

  // MARK: What is there

  /// The bytes as received, escapes and delimiters included.
  public var bytes: ArraySlice<UInt8> { storage.slice(start, end) }

  /// Nothing was sent here.
  public var isAbsent: Bool { start == end }

  /// `""` was sent: the receiver shall delete what it holds here.
  public var isNull: Bool { end - start == 2 && storage[start] == 0x22 && storage[start + 1] == 0x22 }

  /// Something other than nothing and null was sent.
  public var hasValue: Bool { !isAbsent && !isNull }

  /// The text of the first leaf (first repetition, component, sub-component), decoded by the charset and the escapes;
  /// `nil` where it is absent or null.
  public var string: String? {
    let leaf = leaf
    return leaf.hasValue ? HL7Escapes.decode(leaf) : nil
  }

  /// The text of the whole element, with delimiters that split it left in; `nil` where it is absent or null. For
  /// free text, in which careless senders leave `&` and `^` unescaped.
  public var fullText: String? { hasValue ? HL7Escapes.decode(self) : nil }

  /// `fullText` with formatting carried out: line breaks for `\.br\` and the like, highlighting dropped.
  public var plainText: String? { hasValue ? HL7Escapes.decode(self, formatting: .rendered) : nil }

  // MARK: Parts

  /// The repetitions of a field in order; none where it is absent.
  public var repetitions: HL7Repeats<HL7Element> { HL7Repeats(self) }

  /// A repetition by its number, from 1.
  public func repetition(_ number: Int) -> HL7Element {
    guard level == .field else { return number == 1 ? self : .absent(in: storage, level) }
    return part(number, separatedBy: storage.delimiters.repetition, level: .repetition)
  }

  /// A component by its number, from 1, of the first repetition.
  public func component(_ number: Int) -> HL7Element {
    switch level {
    case .field: repetition(1).component(number)
    case .repetition: part(number, separatedBy: storage.delimiters.component, level: .component)
    case .component, .subcomponent, .literal: number == 1 ? self : .absent(in: storage, level)
    }
  }

  /// A sub-component by its number, from 1, of the first component.
  public func subcomponent(_ number: Int) -> HL7Element {
    switch level {
    case .field, .repetition: component(1).subcomponent(number)
    case .component: part(number, separatedBy: storage.delimiters.subcomponent, level: .subcomponent)
    case .subcomponent, .literal: number == 1 ? self : .absent(in: storage, level)
    }
  }

  /// The part a data type numbers: a component of a field or repetition, a sub-component of a component.
  public func part(_ number: Int) -> HL7Element {
    level == .component ? subcomponent(number) : component(number)
  }

  /// How many repetitions were sent; 0 where the field is absent.
  public var repetitionCount: Int { count(.field, storage.delimiters.repetition) }

  /// How many components the first repetition has; 0 where it is absent.
  public var componentCount: Int {
    level == .field ? repetition(1).componentCount : count(.repetition, storage.delimiters.component)
  }

  /// How many sub-components the first component has; 0 where it is absent.
  public var subcomponentCount: Int {
    level == .field || level == .repetition
      ? component(1).subcomponentCount : count(.component, storage.delimiters.subcomponent)
  }

  /// Whether nothing splits it any further: a sub-component, or a delimiter of MSH-1 and MSH-2.
  package var isFinest: Bool { level >= .subcomponent }

  /// How many parts of the next finer level there are; 0 where the element is absent.
  var partCount: Int {
    switch level {
    case .field: repetitionCount
    case .repetition: componentCount
    case .component: subcomponentCount
    case .subcomponent, .literal: isAbsent ? 0 : 1
    }
  }

  /// The first part of the next finer level.
  var firstPart: HL7Element {
    switch level {
    case .field: repetition(1)
    case .repetition: component(1)
    case .component: subcomponent(1)
    case .subcomponent, .literal: self
    }
  }

  /// The parts of the next finer level, in one pass.
  package var parts: [HL7Element] {
    guard level < .subcomponent, let delimiter = storage.delimiters.before(level.next) else {
      return isAbsent ? [] : [firstPart]
    }
    var parts: [HL7Element] = []
    var from = start
    while from <= end, !isAbsent {
      let to = storage.firstOffset(of: delimiter, from: from, to: end)
      parts.append(HL7Element(storage: storage, start: from, end: to, level: level.next))
      from = to + 1
    }
    return parts
  }

  /// The first part of the first part, found in one look: it ends at the first delimiter that splits this level.
  private var leaf: HL7Element {
    guard level != .literal, level != .subcomponent else { return self }
    let delimiters = storage.delimiters
    let end = storage.firstOffset(from: start, to: end) { byte in
      byte == delimiters.subcomponent || (level != .component && byte == delimiters.component)
        || (level == .field && byte == delimiters.repetition)
    }
    return HL7Element(storage: storage, start: start, end: end, level: .subcomponent)
  }

  private func count(_ splits: Level, _ delimiter: UInt8?) -> Int {
    guard !isAbsent else { return 0 }
    guard level == splits, let delimiter else { return 1 }
    return storage.count(of: delimiter, from: start, to: end) + 1
  }

  private func part(_ number: Int, separatedBy delimiter: UInt8?, level: Level) -> HL7Element {
    guard number >= 1 else { return .absent(in: storage, level) }
    guard let delimiter else {
      return number == 1
        ? HL7Element(storage: storage, start: start, end: end, level: level) : .absent(in: storage, level)
    }
    guard let (from, to) = storage.part(number - 1, separatedBy: delimiter, from: start, to: end) else {
      return .absent(in: storage, level)
    }
    return HL7Element(storage: storage, start: from, end: to, level: level)
  }
}

/// A typed face over an element: it holds nothing of its own.
public protocol HL7DataType: Sendable {
  var element: HL7Element { get set }
  init(_ element: HL7Element)
}

extension HL7Element: HL7DataType {
  public var element: HL7Element {
    get { self }
    set { self = newValue }
  }

  public init(_ element: HL7Element) {
    self = element
  }
}

/// The repetitions of a field, counted from 0; one that is not there reads as absent, it does not trap.
public struct HL7Repeats<Value: HL7DataType>: Sequence, Sendable {
  /// The whole field.
  public internal(set) var field: HL7Element

  public init(_ field: HL7Element) {
    self.field = field
  }

  /// How many were sent; 0 where the field is absent. Complexity: one search of the field.
  public var count: Int { field.repetitionCount }
  public var isEmpty: Bool { field.isAbsent }
  public var first: Value? { field.isAbsent ? nil : self[0] }

  public func makeIterator() -> Iterator { Iterator(field) }

  /// Walks the repetitions in one pass.
  public struct Iterator: IteratorProtocol {
    private let field: HL7Element
    private var from: UInt32?

    init(_ field: HL7Element) {
      self.field = field
      from = field.isAbsent ? nil : field.start
    }

    public mutating func next() -> Value? {
      guard let start = from else { return nil }
      guard field.level == .field, let delimiter = field.storage.delimiters.repetition else {
        from = nil
        return Value(field.repetition(1))
      }
      let end = field.storage.firstOffset(of: delimiter, from: start, to: field.end)
      from = end < field.end ? end + 1 : nil
      return Value(HL7Element(storage: field.storage, start: start, end: end, level: .repetition))
    }
  }
}
