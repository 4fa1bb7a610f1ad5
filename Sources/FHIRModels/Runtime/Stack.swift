/// A stack whose top can be moved out as raw memory. It owns what lies on it.
struct Stack<Element>: ~Copyable {
  private var memory: UnsafeMutablePointer<Element>
  private var capacity = 64
  private(set) var count = 0

  init() { memory = .allocate(capacity: capacity) }

  deinit {
    memory.deinitialize(count: count)
    memory.deallocate()
  }

  subscript(index: Int) -> Element {
    @inline(__always) _read {
      precondition(index >= 0 && index < count)
      yield memory[index]
    }
    @inline(__always) _modify {
      precondition(index >= 0 && index < count)
      yield &memory[index]
    }
  }

  mutating func append(_ element: consuming Element) {
    if count == capacity { grow() }
    (memory + count).initialize(to: element)
    count &+= 1
  }

  @inline(__always)
  mutating func insert(_ element: consuming Element, at position: Int) {
    precondition(position >= 0 && position <= count)
    if count == capacity { grow() }
    if position < count { (memory + position + 1).moveInitialize(from: memory + position, count: count - position) }
    (memory + position).initialize(to: element)
    count &+= 1
  }

  /// Moves everything from `base` on to uninitialised memory with room for it.
  mutating func move(from base: Int, to target: UnsafeMutablePointer<Element>) {
    precondition(base >= 0 && base <= count)
    // Mostly a few, for which a loop is faster than a call.
    for index in 0..<count - base { (target + index).initialize(to: (memory + base + index).move()) }
    count = base
  }

  mutating func removeLast() -> Element {
    precondition(count > 0)
    count &-= 1
    return (memory + count).move()
  }

  /// Moves the last `number` elements into an array.
  mutating func removeLast(_ number: Int) -> [Element] {
    precondition(number >= 0 && number <= count)
    let base = count - number
    count = base
    let source = memory + base
    return Array(unsafeUninitializedCapacity: number) { buffer, written in
      if let address = buffer.baseAddress { address.moveInitialize(from: source, count: number) }
      written = number
    }
  }

  @inline(never)
  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    larger.moveInitialize(from: memory, count: count)
    memory.deallocate()
    memory = larger
    capacity *= 2
  }
}
