/// A decimal number that keeps its text: `1.00` is not `1.0`.
///
/// Equality is of texts. For money use `init(minorUnits:scale:)` and `minorUnits(scale:)`, which are exact.
public struct FHIRDecimal: Sendable, Hashable, CustomStringConvertible, TextPrimitive {
  /// The number as written, such as `12.50` or `1e2`.
  public let text: String

  /// Accepts what JSON accepts as a number.
  public init?(_ text: String) {
    guard text.read(FHIRDecimal.isNumber) else { return nil }
    self.text = text
  }

  /// A whole number.
  public init(_ value: Int) { text = String(value) }

  /// `minorUnits` × 10^-`scale`, written with `scale` digits after the point: (1250, 2) is 12.50.
  public init(minorUnits: Int64, scale: Int) {
    let digits = String(minorUnits.magnitude)
    let sign = minorUnits < 0 ? "-" : ""
    guard scale > 0 else {
      text = sign + digits + (minorUnits == 0 ? "" : String(repeating: "0", count: max(0, -scale)))
      return
    }
    let padded = String(repeating: "0", count: max(0, scale + 1 - digits.utf8.count)) + digits
    text = "\(sign)\(padded.dropLast(scale)).\(padded.suffix(scale))"
  }

  /// The number × 10^`scale`, if that is whole and fits: 12.50 and 12.5 are 1250 at scale 2, 12.505 is nil.
  public func minorUnits(scale: Int) -> Int64? {
    var digits: [UInt8] = []
    var isNegative = false
    var exponent = 0
    var isFraction = false
    let parts = text.utf8.split(whereSeparator: { $0 | 0x20 == UInt8(ascii: "e") })
    guard let mantissa = parts.first else { return nil }
    if parts.count == 2 {
      guard let written = Int(Substring(parts[1])), abs(written) < 1_000 else { return nil }
      exponent = written
    }
    for byte in mantissa {
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isFraction = true
      default:
        digits.append(byte - 0x30)
        if isFraction { exponent -= 1 }
      }
    }
    exponent += scale
    while exponent < 0, let last = digits.last {
      guard last == 0 else { return nil }
      digits.removeLast()
      exponent += 1
    }
    var value: Int64 = 0
    for digit in digits {
      let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflows) = product.subtractingReportingOverflow(Int64(digit))
      if tooLarge || overflows { return nil }
      value = sum
    }
    while exponent > 0, value != 0 {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      if overflows { return nil }
      value = product
      exponent -= 1
    }
    // Digits were taken away from zero, because the least number has no positive counterpart.
    if isNegative { return value }
    return value == .min ? nil : -value
  }

  /// The nearest binary fraction. Never for money.
  public var double: Double { Double(text) ?? .nan }

  public var description: String { text }

  init(checked text: String) { self.text = text }
}
