/// An amount of a unit: UCUM's, or one of the calendar's.
struct PathQuantity: Sendable {
  var value: PathDecimal
  /// As written: a UCUM code, or a keyword such as `days`.
  var unit: String
  /// Set when the unit is a keyword of the language.
  var calendar: CalendarUnit?

  init(_ value: PathDecimal, unit: String) {
    self.value = value
    self.unit = unit
  }

  init(_ value: PathDecimal, calendar: CalendarUnit, written: String) {
    self.value = value
    self.calendar = calendar
    unit = written
  }

  /// `4 days`, `10.1 'mg'`.
  var text: String { calendar == nil ? "\(value.text) '\(unit)'" : "\(value.text) \(unit)" }

  /// Reads what `text` writes; the quotes of a unit are needed, and no unit means `'1'`.
  init?(_ text: String) {
    let trimmed = text.drop { $0 == " " }
    let number = trimmed.prefix { $0.isASCII && ($0.isNumber || "+-.".contains($0)) }
    guard let value = PathDecimal(number) else { return nil }
    let rest = trimmed.dropFirst(number.count).drop { $0 == " " }
    if rest.isEmpty {
      self.init(value, unit: "1")
    } else if rest.first == "'", rest.last == "'", rest.count > 2 {
      self.init(value, unit: String(rest.dropFirst().dropLast()))
    } else if let calendar = CalendarUnit(keyword: rest), trimmed.dropFirst(number.count).first == " " {
      self.init(value, calendar: calendar, written: String(rest))
    } else {
      return nil
    }
  }

  /// The UCUM unit, unless the calendar's has none.
  private var measure: PathUnit? {
    guard let calendar else { return PathUnit(unit) }
    return calendar.ucum.flatMap { PathUnit($0) }
  }

  private func isSameUnit(as other: PathQuantity) -> Bool {
    calendar == nil && other.calendar == nil ? unit == other.unit : calendar == other.calendar
  }

  /// Years and months of the calendar in months.
  private var months: PathDecimal? {
    switch calendar {
    case .year?: PathDecimal.product(value, PathDecimal(12))
    case .month?: value
    default: nil
    }
  }

  /// Whether both can be compared and added.
  func isComparable(to other: PathQuantity) -> Bool {
    if isSameUnit(as: other) || months != nil && other.months != nil { return true }
    guard let mine = measure, let its = other.measure else { return false }
    return mine.isCommensurable(with: its)
  }

  /// Negative, zero or positive; nil where the units have nothing in common.
  static func order(_ left: PathQuantity, _ right: PathQuantity) -> Int? {
    if left.isSameUnit(as: right) { return PathDecimal.order(left.value, right.value) }
    if let left = left.months, let right = right.months { return PathDecimal.order(left, right) }
    guard let first = left.measure, let second = right.measure, first.isCommensurable(with: second) else { return nil }
    return first.order(left.value, right.value, of: second)
  }

  /// Equal to the digits that the less precise of both has. A calendar's year is UCUM's here.
  static func isEquivalent(_ left: PathQuantity, _ right: PathQuantity) -> Bool {
    if left.isSameUnit(as: right) { return PathDecimal.isEquivalent(left.value, right.value) }
    guard let first = left.roughMeasure, let second = right.roughMeasure, first.isCommensurable(with: second) else {
      return false
    }
    // In the larger unit, where the digits of the less precise one mean what was written.
    if first.factor >= second.factor {
      return second.convert(right.value, to: first).map { PathDecimal.isEquivalent(left.value, $0) } ?? false
    }
    return first.convert(left.value, to: second).map { PathDecimal.isEquivalent($0, right.value) } ?? false
  }

  private var roughMeasure: PathUnit? {
    switch calendar {
    case .year?: PathUnit("a")
    case .month?: PathUnit("mo")
    default: measure
    }
  }

  /// The sum in the smaller of the two units; nil where they have nothing in common.
  static func sum(_ left: PathQuantity, _ right: PathQuantity) -> PathQuantity? {
    if left.isSameUnit(as: right) {
      return PathDecimal.sum(left.value, right.value).map { left.with($0) }
    }
    guard let first = left.measure, let second = right.measure, first.isCommensurable(with: second) else { return nil }
    if first.factor <= second.factor {
      return second.convert(right.value, to: first).flatMap { PathDecimal.sum(left.value, $0) }.map { left.with($0) }
    }
    return first.convert(left.value, to: second).flatMap { PathDecimal.sum($0, right.value) }.map { right.with($0) }
  }

  /// The same amount in the unit of `other`; nil where they have nothing in common.
  func converted(to other: PathQuantity) -> PathQuantity? {
    if isSameUnit(as: other) { return other.with(value) }
    if let months, other.months != nil {
      let value = other.calendar == .year ? PathDecimal.quotient(months, PathDecimal(12)) : months
      return value.map { other.with($0) }
    }
    guard let mine = measure, let its = other.measure, mine.isCommensurable(with: its) else { return nil }
    return mine.convert(value, to: its).map { other.with($0) }
  }

  static func product(_ left: PathQuantity, _ right: PathQuantity) -> PathQuantity? {
    guard let value = PathDecimal.product(left.value, right.value) else { return nil }
    let (first, second) = (left.code, right.code)
    if first == "1" { return PathQuantity(value, unit: second) }
    return PathQuantity(value, unit: second == "1" ? first : "\(first).(\(second))")
  }

  static func quotient(_ left: PathQuantity, _ right: PathQuantity) -> PathQuantity? {
    guard let value = PathDecimal.quotient(left.value, right.value) else { return nil }
    let (first, second) = (left.code, right.code)
    if first == second { return PathQuantity(value, unit: "1") }
    return PathQuantity(value, unit: second == "1" ? first : "\(first)/(\(second))")
  }

  func with(_ value: PathDecimal) -> PathQuantity {
    var copy = self
    copy.value = value
    return copy
  }

  private var code: String { calendar.map { $0.ucum ?? ($0 == .year ? "a" : "mo") } ?? unit }
}

extension PathDecimal {
  /// Equal when both are rounded to the digits of the less precise one; zeroes at the end do not count.
  static func isEquivalent(_ left: PathDecimal, _ right: PathDecimal) -> Bool {
    let digits = min(left.normalized.scale, right.normalized.scale)
    return order(left.rounded(to: digits), right.rounded(to: digits)) == 0
  }
}
