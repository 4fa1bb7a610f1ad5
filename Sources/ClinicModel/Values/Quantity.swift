/// A number with up to six decimals, as `numeric(18,6)` holds it: quantities, unit prices, percentages.
public struct Quantity: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The number in millionths.
  public let millionths: Int64

  public static let zero = Quantity(millionths: 0)
  public static let one = Quantity(millionths: 1_000_000)

  public init(millionths: Int64) { self.millionths = millionths }

  /// A whole number; nil when it does not fit.
  public init?(_ whole: Int) {
    let (product, overflow) = Int64(whole).multipliedReportingOverflow(by: 1_000_000)
    guard !overflow else { return nil }
    millionths = product
  }

  /// The same number as an amount, e.g. a unit price that happens to be whole cents.
  public init(_ amount: Amount) throws(ClinicValueError) {
    millionths = try FixedPoint.narrow(Int128(amount.cents) * 10_000)
  }

  /// Reads decimal text; more than six decimals that matter are an error.
  public init(_ text: some StringProtocol) throws(ClinicValueError) {
    millionths = try FixedPoint.parse(text, scale: 6)
  }

  /// The shortest text: `9.975`, `20`, `0.5`.
  public var description: String { FixedPoint.print(millionths, scale: 6, minimum: 0) }

  /// Text with at least `minimumDecimals` (0–6): `12.50` for a price.
  public func text(minimumDecimals: Int) -> String {
    FixedPoint.print(millionths, scale: 6, minimum: min(max(minimumDecimals, 0), 6))
  }

  public static func < (left: Quantity, right: Quantity) -> Bool { left.millionths < right.millionths }

  /// This × `other`, rounded half up to the cent: quantity × unit price.
  public func amount(times other: Quantity) throws(ClinicValueError) -> Amount {
    let product = Int128(millionths) * Int128(other.millionths)
    return Amount(cents: try FixedPoint.narrow(FixedPoint.divideHalfUp(product, by: 10_000_000_000)))
  }
}
