/// A queue in one ring of memory: append and remove-first without moving elements.
struct FIFO<Element> {
  private var slots: [Element?] = []
  private var head = 0
  private(set) var count = 0

  var isEmpty: Bool { count == 0 }
  var first: Element? { count == 0 ? nil : slots[head] }

  mutating func append(_ element: Element) {
    if count == slots.count { grow() }
    slots[(head + count) & (slots.count - 1)] = element
    count += 1
  }

  mutating func removeFirst() -> Element? {
    guard count > 0 else { return nil }
    let element = slots[head].take()
    head = (head + 1) & (slots.count - 1)
    count -= 1
    return element
  }

  /// Changes the element at a position, 0 being the first.
  mutating func update(_ position: Int, _ change: (inout Element) -> Void) {
    guard position < count else { return }
    let index = (head + position) & (slots.count - 1)
    guard var element = slots[index].take() else { return }
    change(&element)
    slots[index] = element
  }

  subscript(position: Int) -> Element? { position < count ? slots[(head + position) & (slots.count - 1)] : nil }

  /// Takes out every element that `isGone` says, in order.
  mutating func removeAll(where isGone: (Element) -> Bool) -> [Element] {
    var gone: [Element] = []
    for _ in 0..<count {
      guard let element = removeFirst() else { break }
      if isGone(element) { gone.append(element) } else { append(element) }
    }
    return gone
  }

  private mutating func grow() {
    var larger = [Element?](repeating: nil, count: max(8, slots.count * 2))
    for position in 0..<count { larger[position] = slots[(head + position) & (slots.count - 1)] }
    slots = larger
    head = 0
  }
}
