extension PathDecimal {
  /// The significands of both at the larger of their scales.
  private static func aligned(_ left: PathDecimal, _ right: PathDecimal) -> (Int128, Int128, scale: Int)? {
    if left.scale == right.scale { return (left.significand, right.significand, left.scale) }
    if let (first, second) = scaled(left, right) { return (first, second, max(left.scale, right.scale)) }
    let (left, right) = (left.normalized, right.normalized)
    return scaled(left, right).map { ($0.0, $0.1, max(left.scale, right.scale)) }
  }

  private static func scaled(_ left: PathDecimal, _ right: PathDecimal) -> (Int128, Int128)? {
    let gap = left.scale - right.scale
    guard let power = power(abs(gap)) else { return nil }
    let (product, overflows) = (gap < 0 ? left : right).significand.multipliedReportingOverflow(by: power)
    if overflows { return nil }
    return gap < 0 ? (product, right.significand) : (left.significand, product)
  }

  static func sum(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    guard let (first, second, scale) = aligned(left, right) else { return nil }
    let (sum, overflows) = first.addingReportingOverflow(second)
    return overflows ? nil : PathDecimal(significand: sum, scale: scale)
  }

  static func product(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    if let product = exactProduct(left, right) { return product }
    return exactProduct(left.normalized, right.normalized)
  }

  private static func exactProduct(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    guard left.scale + right.scale <= maximumScale else { return nil }
    let (product, overflows) = left.significand.multipliedReportingOverflow(by: right.significand)
    return overflows ? nil : PathDecimal(significand: product, scale: left.scale + right.scale)
  }

  /// The quotient to at most 28 digits after the point, the last one rounded; nil for a divisor of zero.
  static func quotient(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    let (left, right) = (left.normalized, right.normalized)
    guard right.significand != 0 else { return nil }
    var dividend = left.significand
    var scale = left.scale - right.scale
    while scale < 29 {
      let (larger, overflows) = dividend.multipliedReportingOverflow(by: 10)
      if overflows { break }
      dividend = larger
      scale += 1
    }
    var value = dividend / right.significand
    while scale < 0 {
      let (larger, overflows) = value.multipliedReportingOverflow(by: 10)
      if overflows { return nil }
      value = larger
      scale += 1
    }
    let found = PathDecimal(significand: value, scale: min(scale, maximumScale))
    return (scale > 28 ? found.rounded(to: 28) : found).normalized
  }

  /// The whole part of the quotient; nil for a divisor of zero.
  static func wholeQuotient(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    guard let (first, second, _) = aligned(left, right), second != 0 else { return nil }
    return PathDecimal(significand: first / second, scale: 0)
  }

  /// What is left of `left` after the whole quotient; it has the sign of `left`.
  static func remainder(_ left: PathDecimal, _ right: PathDecimal) -> PathDecimal? {
    guard let (first, second, scale) = aligned(left, right), second != 0 else { return nil }
    return PathDecimal(significand: first % second, scale: scale)
  }

  /// This number times itself `exponent` times.
  func power(_ exponent: Int) -> PathDecimal? {
    guard exponent >= 0 else {
      return power(-exponent).flatMap { PathDecimal.quotient(.one, $0) }
    }
    guard exponent <= 1_000 else { return nil }
    var result = PathDecimal.one
    for _ in 0..<exponent {
      guard let next = PathDecimal.product(result, self) else { return nil }
      result = next
    }
    return result
  }

  // MARK: Comparing

  /// Negative, zero or positive, as the left is less than, equal to or more than the right.
  static func order(_ left: PathDecimal, _ right: PathDecimal) -> Int {
    if left.scale == right.scale { return order(left.significand, right.significand) }
    let (leftWhole, leftPart) = left.split
    let (rightWhole, rightPart) = right.split
    if leftWhole != rightWhole { return order(leftWhole, rightWhole) }
    return order(leftPart, rightPart)
  }

  private static func order(_ left: Int128, _ right: Int128) -> Int { left < right ? -1 : left == right ? 0 : 1 }

  /// The whole part, and the rest times 10^38. The rest has the sign of the number, so that both together order it.
  private var split: (whole: Int128, part: Int128) {
    guard let power = PathDecimal.power(scale), let stretch = PathDecimal.power(PathDecimal.maximumScale - scale) else {
      return (significand, 0)
    }
    return (significand / power, significand % power * stretch)
  }

  // MARK: Rounding

  /// The number with `digits` after the point; a half goes away from zero.
  func rounded(to digits: Int) -> PathDecimal {
    guard digits < scale, let power = PathDecimal.power(scale - digits) else { return padded(to: digits) }
    let whole = significand / power
    let rest = (significand % power).magnitude
    let up: Int128 = rest >= power.magnitude - rest ? (significand < 0 ? -1 : 1) : 0
    return PathDecimal(significand: whole + up, scale: digits)
  }

  /// The largest number of `digits` after the point that is not above this one.
  func roundedDown(to digits: Int) -> PathDecimal {
    guard digits < scale, let power = PathDecimal.power(scale - digits) else { return padded(to: digits) }
    let whole = significand / power
    return PathDecimal(significand: significand % power < 0 ? whole - 1 : whole, scale: digits)
  }

  /// The smallest number of `digits` after the point that is not below this one.
  func roundedUp(to digits: Int) -> PathDecimal { negated.roundedDown(to: digits).negated }

  /// The whole part.
  var truncated: PathDecimal { isNegative ? roundedUp(to: 0) : roundedDown(to: 0) }

  /// The same number with `digits` after the point, where they fit.
  func padded(to digits: Int) -> PathDecimal {
    guard digits > scale, digits <= PathDecimal.maximumScale, let power = PathDecimal.power(digits - scale) else {
      return self
    }
    let (product, overflows) = significand.multipliedReportingOverflow(by: power)
    return overflows ? self : PathDecimal(significand: product, scale: digits)
  }
}
