/// The conversions of FHIRPath 2.0, 5.5: each answers nil where the value cannot be converted.
enum PathConversion {
  static func boolean(_ value: PathValue) -> PathValue? {
    switch value {
    case .boolean: return value
    case .integer(let number): return number == 1 ? .boolean(true) : number == 0 ? .boolean(false) : nil
    case .decimal(let number):
      if PathDecimal.order(number, .one) == 0 { return .boolean(true) }
      return number.isZero ? .boolean(false) : nil
    case .string(let text):
      switch text.lowercased() {
      case "true", "t", "yes", "y", "1", "1.0": return .boolean(true)
      case "false", "f", "no", "n", "0", "0.0": return .boolean(false)
      default: return nil
      }
    default: return nil
    }
  }

  static func integer(_ value: PathValue) -> PathValue? {
    switch value {
    case .integer: return value
    case .boolean(let flag): return .integer(flag ? 1 : 0)
    case .string(let text): return Int32(text).map { .integer(Int($0)) }
    default: return nil
    }
  }

  static func decimal(_ value: PathValue) -> PathValue? {
    switch value {
    case .decimal: return value
    case .integer(let number): return .decimal(PathDecimal(number))
    case .boolean(let flag):
      return .decimal(flag ? PathDecimal(significand: 10, scale: 1) : PathDecimal(significand: 0, scale: 1))
    case .string(let text):
      guard !text.contains(where: { $0 == "e" || $0 == "E" }) else { return nil }
      return PathDecimal(text).map { .decimal($0) }
    default: return nil
    }
  }

  static func quantity(_ value: PathValue) -> PathValue? {
    switch value {
    case .quantity: return value
    case .integer, .decimal: return value.number.map { .quantity(PathQuantity($0, unit: "1")) }
    case .boolean(let flag): return .quantity(PathQuantity(flag ? .one : .zero, unit: "1"))
    case .string(let text): return PathQuantity(text).map { .quantity($0) }
    default: return nil
    }
  }

  /// The amount in `unit`: a UCUM code, or a keyword such as `days`.
  static func quantity(_ value: PathValue, in unit: String) -> PathValue? {
    guard case .quantity(let amount)? = quantity(value) else { return nil }
    let target =
      CalendarUnit(keyword: unit).map { PathQuantity(amount.value, calendar: $0, written: unit) }
      ?? PathQuantity(amount.value, unit: unit)
    return amount.converted(to: target).map { .quantity($0) }
  }

  static func date(_ value: PathValue) -> PathValue? {
    switch value {
    case .temporal(var moment) where moment.kind != .time:
      moment.kind = .date
      moment.precision = min(moment.precision, .day)
      moment.offsetMinutes = nil
      return .temporal(moment)
    case .string(let text): return PathTemporal(dateTime: text).flatMap { date(.temporal($0)) }
    default: return nil
    }
  }

  static func dateTime(_ value: PathValue) -> PathValue? {
    switch value {
    case .temporal(var moment) where moment.kind != .time:
      moment.kind = .dateTime
      return .temporal(moment)
    case .string(let text): return PathTemporal(dateTime: text).flatMap { dateTime(.temporal($0)) }
    default: return nil
    }
  }

  static func time(_ value: PathValue) -> PathValue? {
    switch value {
    case .temporal(let moment) where moment.kind == .time: return value
    case .string(let text): return PathTemporal(time: text).map { .temporal($0) }
    default: return nil
    }
  }

  /// The text of anything but an element.
  static func text(_ value: PathValue) -> String? {
    switch value {
    case .item, .type: nil
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .decimal(let number): number.text
    case .string(let text): text
    case .temporal(let moment): moment.text
    case .quantity(let quantity): quantity.text
    }
  }
}
