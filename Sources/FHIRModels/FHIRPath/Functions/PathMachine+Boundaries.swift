extension PathMachine {
  /// `lowBoundary` and `highBoundary`: the least and the greatest that a value of limited precision can mean.
  mutating func boundary(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    guard let value = try single(items)?.plain else { return .empty }
    let digits = try argument(arguments, 0)
    let wanted = try digits.map { (given) throws(FHIRPathError) in try integer(given) }
    if digits != nil, wanted == .some(nil) { return .empty }
    let isHigh = function == .highBoundary
    switch value {
    case .integer, .decimal:
      let bound = value.number?.boundary(isHigh: isHigh, digits: (wanted ?? nil) ?? 8)
      return .optional(bound.map { .decimal($0) })
    case .quantity(let quantity):
      let bound = quantity.value.boundary(isHigh: isHigh, digits: (wanted ?? nil) ?? 8)
      return .optional(bound.map { .quantity(quantity.with($0)) })
    case .temporal(let moment):
      return .optional(moment.boundary(isHigh: isHigh, digits: wanted ?? nil).map { .temporal($0) })
    case .item: return .empty
    default: throw failure("\(function.rawValue)() takes a number, an amount, a date or a time")
    }
  }
}

extension PathDecimal {
  /// Half of the last digit below or above the number, in `digits` after the point. Where these do not suffice, the bound
  /// that lies nearer to zero is cut and the other one rounded, as the published suite has it.
  func boundary(isHigh: Bool, digits: Int) -> PathDecimal? {
    guard (0...28).contains(digits), scale < PathDecimal.maximumScale else { return nil }
    let (tenfold, overflows) = significand.multipliedReportingOverflow(by: 10)
    if overflows { return nil }
    let (sum, exceeds) = tenfold.addingReportingOverflow(isHigh ? 5 : -5)
    if exceeds { return nil }
    let bound = PathDecimal(significand: sum, scale: scale + 1)
    if digits >= bound.scale {
      let padded = bound.padded(to: digits)
      return padded.scale == digits ? padded : nil
    }
    let isNearZero = isNegated ? isHigh : !isHigh && !isZero
    guard isNearZero else { return bound.rounded(to: digits) }
    return bound.isNegative ? bound.roundedUp(to: digits) : bound.roundedDown(to: digits)
  }

  private var isNegated: Bool { significand < 0 }
}

extension PathTemporal {
  /// The first or last moment that this can mean, in the parts that `digits` counts (4 for a year up to 17 for
  /// milliseconds; of a time 2 to 9); nil for a number that ends in the middle of a part.
  func boundary(isHigh: Bool, digits: Int?) -> PathTemporal? {
    let wanted = digits ?? (kind == .date ? 8 : kind == .dateTime ? 17 : 9)
    let clockDigits = kind == .time ? wanted : wanted - 8
    let target: Precision
    switch (kind, wanted) {
    case (.date, 4), (.dateTime, 4): target = .year
    case (.date, 6), (.dateTime, 6): target = .month
    case (.date, 8), (.dateTime, 8): target = .day
    case (.date, _): return nil
    default:
      switch clockDigits {
      case 2: target = .hour
      case 4: target = .minute
      case 6, 9: target = .second
      default: return nil
      }
    }
    var bound = filled(isHigh: isHigh)
    bound.precision = target
    bound.fractionDigits = target == .second && clockDigits == 9 ? 3 : 0
    if kind == .dateTime, target >= .hour, bound.offsetMinutes == nil {
      bound.offsetMinutes = isHigh ? -12 * 60 : 14 * 60
    }
    bound.cut()
    return bound
  }

  /// With the parts that are not given set to their least or greatest.
  private func filled(isHigh: Bool) -> PathTemporal {
    var bound = self
    if kind != .time {
      if precision < .month { bound.month = isHigh ? 12 : 1 }
      if precision < .day { bound.day = isHigh ? CivilTime.days(in: bound.month, of: year) : 1 }
    }
    if precision < .hour { bound.hour = isHigh ? 23 : 0 }
    if precision < .minute { bound.minute = isHigh ? 59 : 0 }
    if precision < .second { bound.second = isHigh ? 59 : 0 }
    if isHigh {
      var open = 1_000_000_000
      for _ in 0..<(precision < .second ? 0 : fractionDigits) { open /= 10 }
      bound.nanosecond += open - 1
    }
    return bound
  }

  /// Sets what the precision leaves away to its first.
  private mutating func cut() {
    if kind != .time {
      if precision < .month { month = 1 }
      if precision < .day { day = 1 }
      if precision < .hour { offsetMinutes = nil }
    }
    if precision < .hour { hour = 0 }
    if precision < .minute { minute = 0 }
    if precision < .second { second = 0 }
    let unit = precision == .second && fractionDigits > 0 ? 1_000_000 : 1_000_000_000
    nanosecond = nanosecond / unit * unit
  }
}
