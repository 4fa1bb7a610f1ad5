/// Runs a regular expression over one text. Every way to match is a thread; threads stand in the order of preference,
/// no two at one instruction, so that a step of the text costs the size of the expression at most.
struct PathRegexMachine {
  /// More work than was granted.
  struct Exhausted: Error {}

  private let regex: PathRegex
  private let text: [UInt32]
  /// Slots that a thread carries: none where only the answer counts.
  private let width: Int
  private var current: Threads
  private var next: Threads
  /// The slots of the thread that is being followed.
  private var slots: [Int]
  private var stack: [Frame] = []
  /// Threads that may still be followed.
  private(set) var budget: Int

  /// Where a group of a match begins and ends; -1 for one that took no part.
  struct Match {
    let slots: [Int]
    var range: Range<Int> { slots[0]..<slots[1] }
    func group(_ number: Int) -> Range<Int>? {
      let start = slots[number * 2]
      let end = slots[number * 2 + 1]
      return start >= 0 && end >= start ? start..<end : nil
    }
  }

  init(_ regex: PathRegex, _ text: [UInt32], keepsGroups: Bool, budget: Int) {
    self.regex = regex
    self.text = text
    self.budget = budget
    width = keepsGroups ? (regex.groups + 1) * 2 : 0
    slots = Array(repeating: -1, count: width)
    current = Threads(size: regex.instructions.count, width: width)
    next = Threads(size: regex.instructions.count, width: width)
  }

  /// Whether the text holds a match, or with `isFull` is one.
  mutating func hasMatch(isFull: Bool) throws(Exhausted) -> Bool {
    try find(from: 0, isFull: isFull) != nil
  }

  /// The first match that begins at `start` or after it.
  mutating func find(from start: Int, isFull: Bool = false) throws(Exhausted) -> Match? {
    var found: Match?
    var position = start
    current.clear()
    while true {
      let mayBegin = found == nil && (position == start || !isFull) && (position == 0 || !regex.isAnchored)
      if mayBegin {
        for index in slots.indices { slots[index] = -1 }
        if width > 0 { slots[0] = position }
        current.follow(0, at: position, of: regex, in: text, &slots, &stack)
      } else if current.isEmpty {
        return found
      }
      budget -= current.places.count + 1
      if budget < 0 { throw Exhausted() }
      next.clear()
      let scalar = position < text.count ? text[position] : nil
      if let match = step(scalar, position, isFull) {
        found = match
        if width == 0 { return found }
      }
      if scalar == nil { return found }
      swap(&current, &next)
      position += 1
    }
  }

  /// Moves every thread over `scalar`; a match ends those that come after it.
  private mutating func step(_ scalar: UInt32?, _ position: Int, _ isFull: Bool) -> Match? {
    for index in 0..<current.places.count {
      let place = current.places[index]
      let goesOn: Bool
      switch regex.instructions[place] {
      case .match:
        if isFull, scalar != nil { continue }
        current.load(place, &slots)
        if width > 0 { slots[1] = position }
        return Match(slots: slots)
      case .scalar(let wanted): goesOn = scalar == wanted
      case .any: goesOn = scalar != nil
      case .anyInLine: goesOn = scalar != nil && scalar != 0x0A && scalar != 0x0D
      case .set(let number): goesOn = scalar.map { regex.sets[number].contains($0) } ?? false
      default: goesOn = false
      }
      guard goesOn else { continue }
      current.load(place, &slots)
      next.follow(place + 1, at: position + 1, of: regex, in: text, &slots, &stack)
    }
    return nil
  }
}

/// An instruction to follow, or with a slot the value to give back to it.
private struct Frame {
  let value: Int
  let slot: Int
}

/// The instructions that are being followed, in the order of preference.
private struct Threads {
  private(set) var places: [Int] = []
  /// For each instruction where it stands in `places`, as long as it is really there.
  private var index: [Int]
  private var slots: [Int]
  private let width: Int

  init(size: Int, width: Int) {
    index = Array(repeating: 0, count: size)
    slots = Array(repeating: -1, count: size * width)
    self.width = width
    places.reserveCapacity(min(size, 64))
  }

  var isEmpty: Bool { places.isEmpty }
  mutating func clear() { places.removeAll(keepingCapacity: true) }

  private mutating func insert(_ place: Int) -> Bool {
    let known = index[place]
    if known < places.count, places[known] == place { return false }
    index[place] = places.count
    places.append(place)
    return true
  }

  private mutating func store(_ place: Int, _ values: [Int]) {
    for offset in 0..<width { slots[place * width + offset] = values[offset] }
  }

  func load(_ place: Int, _ values: inout [Int]) {
    for offset in 0..<width { values[offset] = slots[place * width + offset] }
  }

  /// Adds the threads that `place` leads to without taking a character.
  mutating func follow(
    _ place: Int, at position: Int, of regex: PathRegex, in text: [UInt32], _ slots: inout [Int], _ stack: inout [Frame]
  ) {
    stack.append(Frame(value: place, slot: -1))
    while let frame = stack.popLast() {
      if frame.slot >= 0 {
        slots[frame.slot] = frame.value
        continue
      }
      let place = frame.value
      guard insert(place) else { continue }
      switch regex.instructions[place] {
      case .jump(let target): stack.append(Frame(value: target, slot: -1))
      case .split(let first, let second):
        stack.append(Frame(value: second, slot: -1))
        stack.append(Frame(value: first, slot: -1))
      case .save(let slot):
        if slot < width {
          stack.append(Frame(value: slots[slot], slot: slot))
          slots[slot] = position
        }
        stack.append(Frame(value: place + 1, slot: -1))
      case .assert(let assertion):
        if Threads.holds(assertion, position, text) { stack.append(Frame(value: place + 1, slot: -1)) }
      default: store(place, slots)
      }
    }
  }

  private static func holds(_ assertion: PathRegexAssertion, _ position: Int, _ text: [UInt32]) -> Bool {
    switch assertion {
    case .start: position == 0
    case .end: position == text.count
    case .startOfLine: position == 0 || text[position - 1] == 0x0A
    case .endOfLine: position == text.count || text[position] == 0x0A
    case .wordBoundary: isWord(position - 1, text) != isWord(position, text)
    case .noWordBoundary: isWord(position - 1, text) == isWord(position, text)
    }
  }

  private static func isWord(_ position: Int, _ text: [UInt32]) -> Bool {
    text.indices.contains(position) && PathScalarSet.word.contains(text[position])
  }
}
