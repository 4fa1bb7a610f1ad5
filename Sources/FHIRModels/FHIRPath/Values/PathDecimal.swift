/// A decimal number of up to 38 digits, exact in + - × and comparison. Operations that would need more answer nil.
struct PathDecimal: Sendable {
  /// The number is `significand` × 10^-`scale`.
  let significand: Int128
  /// Digits after the point, as written: 0 to 38.
  let scale: Int

  static let maximumScale = 38
  static let zero = PathDecimal(0)
  static let one = PathDecimal(1)

  init(_ integer: Int) {
    significand = Int128(integer)
    scale = 0
  }

  init(significand: Int128, scale: Int) {
    self.significand = significand
    self.scale = scale
  }

  /// Reads what FHIR writes as a decimal. Fractions beyond 38 digits in all are rounded; larger numbers are nil.
  init?(_ text: some StringProtocol) {
    var digits: Int128 = 0
    var scale = 0
    var exponent = 0
    var isNegative = false
    var isFraction = false
    var any = false
    var isFull = false
    var bytes = text.utf8.makeIterator()
    var next = bytes.next()
    if next == UInt8(ascii: "-") || next == UInt8(ascii: "+") {
      isNegative = next == UInt8(ascii: "-")
      next = bytes.next()
    }
    while let byte = next {
      let digit = byte &- 0x30
      if digit < 10 {
        any = true
        if isFull || scale == PathDecimal.maximumScale {
          guard isFraction else { return nil }
        } else {
          let (product, tooLarge) = digits.multipliedReportingOverflow(by: 10)
          let (sum, overflows) = product.addingReportingOverflow(Int128(digit))
          if tooLarge || overflows {
            guard isFraction else { return nil }
            isFull = true
          } else {
            digits = sum
            if isFraction { scale += 1 }
          }
        }
      } else if byte == UInt8(ascii: "."), !isFraction, any {
        isFraction = true
        any = false
      } else if byte | 0x20 == UInt8(ascii: "e"), any {
        guard let written = PathDecimal.exponent(&bytes) else { return nil }
        exponent = written
        break
      } else {
        return nil
      }
      next = bytes.next()
    }
    guard any else { return nil }
    self.init(significand: isNegative ? -digits : digits, scale: scale, exponent: exponent)
  }

  private static func exponent(_ bytes: inout some IteratorProtocol<UInt8>) -> Int? {
    var value = 0
    var isNegative = false
    var any = false
    var isFirst = true
    while let byte = bytes.next() {
      let digit = byte &- 0x30
      if digit < 10 {
        any = true
        value = value * 10 + Int(digit)
        if value > 999 { return nil }
      } else if isFirst, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
        isNegative = byte == UInt8(ascii: "-")
      } else {
        return nil
      }
      isFirst = false
    }
    return any ? (isNegative ? -value : value) : nil
  }

  /// The number times 10^`exponent`.
  private init?(significand: Int128, scale: Int, exponent: Int) {
    let shifted = scale - exponent
    if significand == 0 {
      self.init(significand: 0, scale: min(max(shifted, 0), PathDecimal.maximumScale))
    } else if shifted < 0 {
      guard let power = PathDecimal.power(-shifted) else { return nil }
      let (product, overflows) = significand.multipliedReportingOverflow(by: power)
      guard !overflows else { return nil }
      self.init(significand: product, scale: 0)
    } else if shifted > PathDecimal.maximumScale {
      guard let power = PathDecimal.power(shifted - PathDecimal.maximumScale) else {
        self.init(significand: 0, scale: PathDecimal.maximumScale)
        return
      }
      self.init(significand: significand / power, scale: PathDecimal.maximumScale)
    } else {
      self.init(significand: significand, scale: shifted)
    }
  }

  /// 10^`exponent`; nil beyond 38 digits.
  static func power(_ exponent: Int) -> Int128? {
    guard (0...38).contains(exponent) else { return nil }
    return powers[exponent]
  }

  private static let powers: [Int128] = {
    var powers: [Int128] = [1]
    for _ in 1...38 { powers.append(powers[powers.count - 1] * 10) }
    return powers
  }()

  // MARK: Seeing

  var isNegative: Bool { significand < 0 }
  var isZero: Bool { significand == 0 }
  var negated: PathDecimal { PathDecimal(significand: -significand, scale: scale) }
  var magnitude: PathDecimal { significand < 0 ? negated : self }

  /// The same number with as few digits after the point as it needs.
  var normalized: PathDecimal {
    if scale == 0 { return self }
    if significand == 0 { return .zero }
    var value = significand
    var digits = scale
    while digits > 0, value % 10 == 0 {
      value /= 10
      digits -= 1
    }
    return PathDecimal(significand: value, scale: digits)
  }

  /// The number when it is whole and fits.
  var integer: Int? {
    let plain = normalized
    return plain.scale == 0 ? Int(exactly: plain.significand) : nil
  }

  /// The nearest binary fraction.
  var double: Double { Double(text) ?? .nan }

  /// The number with its digits as they came.
  var text: String {
    let digits = String(significand.magnitude)
    let sign = significand < 0 ? "-" : ""
    if scale == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
    return "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
  }

  /// A binary fraction in the fewest digits that give it back, rounded to 28 after the point; nil for what is no number.
  init?(_ double: Double) {
    guard double.isFinite else { return nil }
    self.init("\(double)")
  }
}
