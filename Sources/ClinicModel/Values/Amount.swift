/// An amount of money to the cent, as `numeric(14,2)` holds it; its currency stands beside it in the record.
public struct Amount: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The amount in hundredths of the currency's unit.
  public let cents: Int64

  public static let zero = Amount(cents: 0)

  public init(cents: Int64) { self.cents = cents }

  /// Reads decimal text such as `-12.5`; more than two decimals that matter are an error, not a rounding.
  public init(_ text: some StringProtocol) throws(ClinicValueError) {
    cents = try FixedPoint.parse(text, scale: 2)
  }

  /// Two decimals always: `12.50`.
  public var description: String { FixedPoint.print(cents, scale: 2, minimum: 2) }

  public static func < (left: Amount, right: Amount) -> Bool { left.cents < right.cents }

  public static prefix func - (amount: Amount) -> Amount { Amount(cents: 0 &- amount.cents) }

  public func adding(_ other: Amount) throws(ClinicValueError) -> Amount {
    Amount(cents: try FixedPoint.narrow(Int128(cents) + Int128(other.cents)))
  }

  public func subtracting(_ other: Amount) throws(ClinicValueError) -> Amount {
    Amount(cents: try FixedPoint.narrow(Int128(cents) - Int128(other.cents)))
  }

  /// This amount × `percent` / 100, rounded half up to the cent.
  public func percentage(_ percent: Quantity) throws(ClinicValueError) -> Amount {
    let product = Int128(cents) * Int128(percent.millionths)
    return Amount(cents: try FixedPoint.narrow(FixedPoint.divideHalfUp(product, by: 100_000_000)))
  }

  /// The sum of all, or an overflow.
  public static func sum(_ amounts: some Sequence<Amount>) throws(ClinicValueError) -> Amount {
    var total: Int128 = 0
    for amount in amounts { total += Int128(amount.cents) }
    return Amount(cents: try FixedPoint.narrow(total))
  }
}

/// An amount with its ISO 4217 currency.
public struct Money: Sendable, Hashable, CustomStringConvertible {
  public var amount: Amount
  public var currency: String

  public init(_ amount: Amount, _ currency: String) {
    self.amount = amount
    self.currency = currency
  }

  public var description: String { "\(amount) \(currency)" }
}
