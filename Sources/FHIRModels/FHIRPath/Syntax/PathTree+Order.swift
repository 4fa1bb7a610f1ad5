extension PathTree {
  /// Refuses what counts on an order after what has none (FHIRPath 2.0, "children", "union").
  func checkOrder() throws(FHIRPathError) {
    for (place, operation) in operations.enumerated() {
      let receiver: Index?
      switch operation {
      case .call(let items, .first, _), .call(let items, .last, _), .call(let items, .tail, _),
        .call(let items, .skip, _), .call(let items, .take, _):
        receiver = items
      case .item(let items, _): receiver = items
      default: continue
      }
      guard isOrdered(receiver) else {
        throw FHIRPathError(.semantic, "What stands before this has no order", at: Int(offsets[place]))
      }
    }
  }

  /// Whether the items of the expression at `place` have an order that every implementation knows.
  private func isOrdered(_ place: Index?) -> Bool {
    var next = place
    while let place = next {
      switch operations[Int(place)] {
      case .call(_, .children, _), .call(_, .descendants, _), .call(_, .union, _): return false
      case .call(_, .sort, _): return true
      case .call(let receiver, _, _), .isType(let receiver, _), .asType(let receiver, _, _), .ofType(let receiver, _):
        next = receiver
      case .member(let receiver, _): next = receiver
      case .item(let list, _): next = list
      case .binary(let symbol, _, _): return symbol != .union
      default: return true
      }
    }
    return true
  }
}
