extension PathTemporal {
  /// What comparing two of them says.
  enum Order { case less, same, more, unknown }

  /// Compares part by part; `unknown` where one has a part that the other lacks before they differ, or where a missing
  /// zone could turn the answer. Nil for what cannot be compared: a time and a date.
  static func order(_ left: PathTemporal, _ right: PathTemporal) -> Order? {
    guard (left.kind == .time) == (right.kind == .time) else { return nil }
    let bothClocks = left.precision >= .hour && right.precision >= .hour
    if left.kind != .time, bothClocks, (left.offsetMinutes == nil) != (right.offsetMinutes == nil) {
      return orderWithoutZone(left, right)
    }
    let areZoned = left.offsetMinutes != nil && right.offsetMinutes != nil
    return partwise(areZoned ? left.inUTC : left, areZoned ? right.inUTC : right)
  }

  private static func partwise(_ left: PathTemporal, _ right: PathTemporal) -> Order {
    let first = left.kind == .time ? Precision.hour.rawValue : 0
    for part in first...Precision.second.rawValue {
      let isLeft = part <= left.precision.rawValue
      let isRight = part <= right.precision.rawValue
      if !isLeft && !isRight { return .same }
      if isLeft != isRight { return .unknown }
      let (one, other) = (left.part(part), right.part(part))
      if one != other { return one < other ? .less : .more }
    }
    return .same
  }

  private func part(_ index: Int) -> Int {
    switch index {
    case 0: year
    case 1: month
    case 2: day
    case 3: hour
    case 4: minute
    default: second * 1_000_000_000 + nanosecond
    }
  }

  /// One has a zone and the other could have any from -12:00 to +14:00.
  private static func orderWithoutZone(_ left: PathTemporal, _ right: PathTemporal) -> Order {
    func at(_ value: PathTemporal, _ offset: Int) -> PathTemporal {
      var zoned = value
      if zoned.offsetMinutes == nil { zoned.offsetMinutes = offset }
      return zoned.inUTC
    }
    let east = partwise(at(left, 14 * 60), at(right, 14 * 60))
    let west = partwise(at(left, -12 * 60), at(right, -12 * 60))
    return east == west && east != .same ? east : .unknown
  }

  /// Equal, with a part that only one has making it unknown (nil).
  static func equals(_ left: PathTemporal, _ right: PathTemporal) -> Bool? {
    switch order(left, right) {
    case .same?: true
    case .less?, .more?: false
    case .unknown?: nil
    case nil: false
    }
  }

  /// The same for all that are equal: those have the same parts, in UTC where they have a zone.
  var equalityHash: Int {
    let moment = inUTC
    var hasher = Hasher()
    hasher.combine(kind == .time)
    hasher.combine(precision)
    for part in 0...precision.rawValue { hasher.combine(moment.part(part)) }
    return hasher.finalize()
  }

  /// Equal with the same parts given.
  static func isEquivalent(_ left: PathTemporal, _ right: PathTemporal) -> Bool {
    left.precision == right.precision && order(left, right) == .same
  }
}
