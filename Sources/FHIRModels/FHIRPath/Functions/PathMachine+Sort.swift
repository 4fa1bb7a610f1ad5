extension PathMachine {
  /// `sort(keys…)`: by the items themselves without keys; equal ones stay as they were, empty keys come first
  /// whichever way the order goes.
  mutating func sorted(
    _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    var keys: [[PathValue?]] = Array(repeating: [], count: items.count)
    var place = 0
    for argument in arguments {
      place = 0
      try each(items, argument) { (machine, _, found) throws(FHIRPathError) in
        keys[place].append(try machine.single(found))
        place += 1
        return true
      }
    }
    let values = items.array
    if arguments.isEmpty {
      for (index, value) in values.enumerated() { keys[index] = [value] }
    }
    let isDescending = arguments.map { tree.descending.contains($0) }
    try spend(values.count * max(1, isDescending.count) * (Int.bitWidth - values.count.leadingZeroBitCount))
    var fault: FHIRPathError?
    let places = values.indices.sorted { first, second in
      if fault != nil { return false }
      do throws(FHIRPathError) {
        let found = try order(keys[first], keys[second], isDescending)
        return found == 0 ? first < second : found < 0
      } catch {
        fault = error
        return false
      }
    }
    if let fault { throw fault }
    return PathItems(places.map { values[$0] })
  }

  private func order(
    _ left: [PathValue?], _ right: [PathValue?], _ isDescending: [Bool]
  ) throws(FHIRPathError) -> Int {
    for (index, (first, second)) in zip(left, right).enumerated() {
      switch (first, second) {
      case (nil, nil): continue
      case (nil, _): return -1
      case (_, nil): return 1
      case (let first?, let second?):
        guard let found = try order(first, second), found != 0 else { continue }
        return isDescending.indices.contains(index) && isDescending[index] ? -found : found
      }
    }
    return 0
  }
}
