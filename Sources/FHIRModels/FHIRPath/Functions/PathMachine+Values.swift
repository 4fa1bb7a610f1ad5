import Glibc

extension PathMachine {
  // MARK: Conversion

  mutating func conversion(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    try spend(items.textBytes / 64)
    guard let value = try single(items)?.plain else { return .empty }
    let isTest = function.rawValue.hasPrefix("converts")
    let converted: PathValue?
    switch function {
    case .toBoolean, .convertsToBoolean: converted = PathConversion.boolean(value)
    case .toInteger, .convertsToInteger: converted = PathConversion.integer(value)
    case .toDecimal, .convertsToDecimal: converted = PathConversion.decimal(value)
    case .toDate, .convertsToDate: converted = PathConversion.date(value)
    case .toDateTime, .convertsToDateTime: converted = PathConversion.dateTime(value)
    case .toTime, .convertsToTime: converted = PathConversion.time(value)
    case .toQuantity, .convertsToQuantity:
      guard let unit = try argument(arguments, 0) else {
        converted = PathConversion.quantity(value)
        break
      }
      guard let unit = try string(unit) else { return .empty }
      converted = PathConversion.quantity(value, in: unit)
    default: converted = PathConversion.text(value).map { .string($0) }
    }
    return isTest ? .boolean(converted != nil) : .optional(converted)
  }

  // MARK: Numbers

  mutating func math(
    _ function: PathFunction, _ items: PathItems, _ arguments: ArraySlice<PathTree.Index>
  ) throws(FHIRPathError) -> PathItems {
    guard let value = try single(items)?.plain else { return .empty }
    switch (function, value) {
    case (.comparable, .quantity(let left)):
      guard let other = try single(try argument(arguments, 0) ?? .empty)?.plain else { return .empty }
      guard case .quantity(let right) = other else { throw failure("comparable() takes an amount") }
      return .boolean(left.isComparable(to: right))
    case (.precision, .temporal(let moment)): return .one(.integer(moment.digits))
    case (.abs, .quantity(let quantity)): return .one(.quantity(quantity.with(quantity.value.magnitude)))
    case (.abs, .integer(let number)): return whole(Swift.abs(number))
    default: break
    }
    guard let number = value.number else { throw failure("\(function.rawValue)() takes a number") }
    switch function {
    case .abs: return .one(.decimal(number.magnitude))
    case .precision: return .one(.integer(number.scale))
    case .ceiling: return number.roundedUp(to: 0).integer.map { whole($0) } ?? .empty
    case .floor: return number.roundedDown(to: 0).integer.map { whole($0) } ?? .empty
    case .truncate: return number.truncated.integer.map { whole($0) } ?? .empty
    case .round:
      let digits = try integer(try argument(arguments, 0) ?? .one(.integer(0))) ?? 0
      guard digits >= 0 else { throw failure("round() takes no negative number of digits") }
      return .one(.decimal(number.rounded(to: digits)))
    case .exp: return .optional(PathDecimal(Glibc.exp(number.double)).map { .decimal($0) })
    case .ln: return .optional(PathDecimal(Glibc.log(number.double)).map { .decimal($0) })
    case .sqrt: return .optional(PathDecimal(Glibc.sqrt(number.double)).map { .decimal($0) })
    case .log:
      guard let base = try other(arguments) else { return .empty }
      return .optional(PathDecimal(Glibc.log(number.double) / Glibc.log(base.double)).map { .decimal($0) })
    default:
      guard let exponent = try other(arguments) else { return .empty }
      if let times = exponent.integer {
        let power = number.power(times)
        if case .integer = value, times >= 0 { return power?.integer.map { whole($0) } ?? .empty }
        return .optional(power.map { .decimal($0) })
      }
      return .optional(PathDecimal(Glibc.pow(number.double, exponent.double)).map { .decimal($0) })
    }
  }

  private mutating func other(_ arguments: ArraySlice<PathTree.Index>) throws(FHIRPathError) -> PathDecimal? {
    guard let value = try single(try argument(arguments, 0) ?? .empty)?.plain else { return nil }
    guard let number = value.number else { throw failure("A number must stand here") }
    return number
  }

  // MARK: Time

  /// What the clock says: the same throughout one evaluation (FHIRPath, "Current date and time functions").
  mutating func moment(_ function: PathFunction) -> PathValue? {
    let now = context.now ?? clockReading ?? PathMachine.clock()
    clockReading = now
    guard var moment = PathTemporal(dateTime: now.text) else { return nil }
    switch function {
    case .now: break
    case .today:
      moment.kind = .date
      moment.precision = .day
      moment.offsetMinutes = nil
    default:
      moment.kind = .time
      moment.offsetMinutes = nil
    }
    return .temporal(moment)
  }

  private static func clock() -> FHIRInstant {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return FHIRInstant(epochMicroseconds: Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1_000_000 * 1_000)
  }
}
