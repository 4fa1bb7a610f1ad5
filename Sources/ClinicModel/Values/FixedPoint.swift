/// Text and rounding that `Amount` and `Quantity` share: an `Int64` that counts units of 10^-scale.
enum FixedPoint {
  static let powers: [Int128] = (0...18).map { exponent in
    (0..<exponent).reduce(Int128(1)) { product, _ in product * 10 }
  }

  /// Reads `[+-]digits[.digits]`; decimals past `scale` must be zeroes, nothing is rounded away.
  static func parse(_ text: some StringProtocol, scale: Int) throws(ClinicValueError) -> Int64 {
    var value: Int128 = 0
    var decimals = 0
    var digits = 0
    var seenPoint = false
    var negative = false
    for (index, byte) in text.utf8.enumerated() {
      switch byte {
      case UInt8(ascii: "-") where index == 0: negative = true
      case UInt8(ascii: "+") where index == 0: continue
      case UInt8(ascii: ".") where !seenPoint && digits > 0: seenPoint = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        digits += 1
        let digit = Int128(byte - UInt8(ascii: "0"))
        if seenPoint {
          decimals += 1
          if decimals > scale {
            if digit != 0 { throw ClinicValueError(.tooManyDecimals, String(text)) }
            continue
          }
        }
        value = value * 10 + digit
        if value > powers[18] * 10 { throw ClinicValueError(.overflow, String(text)) }
      default: throw ClinicValueError(.notANumber, String(text))
      }
    }
    if digits == 0 || (seenPoint && decimals == 0) { throw ClinicValueError(.notANumber, String(text)) }
    value *= powers[scale - min(decimals, scale)]
    return try narrow(negative ? -value : value)
  }

  /// Prints with at least `minimum` decimals and no further trailing zeroes.
  static func print(_ value: Int64, scale: Int, minimum: Int) -> String {
    let magnitude = value.magnitude
    let unit = UInt64(truncatingIfNeeded: powers[scale])
    var fraction = String(magnitude % unit)
    fraction = String(repeating: "0", count: scale - fraction.utf8.count) + fraction
    while fraction.utf8.count > minimum, fraction.utf8.last == UInt8(ascii: "0") { fraction.removeLast() }
    let whole = (value < 0 ? "-" : "") + String(magnitude / unit)
    return fraction.isEmpty ? whole : whole + "." + fraction
  }

  /// Divides and rounds half away from zero, as `numeric` does and as invoices expect of both signs.
  static func divideHalfUp(_ value: Int128, by divisor: Int128) -> Int128 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    let twice = remainder.magnitude * 2
    guard twice >= divisor.magnitude else { return quotient }
    return (value < 0) == (divisor < 0) ? quotient + 1 : quotient - 1
  }

  static func narrow(_ value: Int128) throws(ClinicValueError) -> Int64 {
    guard let narrow = Int64(exactly: value), narrow != .min else {
      throw ClinicValueError(.overflow, String(value))
    }
    return narrow
  }
}
