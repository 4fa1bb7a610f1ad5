/// The arithmetic of an invoice, the one place where a cent is decided.
///
/// A line's gross price is quantity × unit price rounded half up to the cent; its net is that less the discount. A tax
/// is owed on the sum of the nets that bear it (EN 16931 BR-CO-17, and Canada's rule of taxing the invoice base), and
/// the rounded total is spread over the lines by largest remainder, so that lines, taxes and totals always add up.
public struct InvoiceTotals: Sendable, Equatable {
  /// One row of the breakdown: all lines with the same tax, category and rate.
  public struct TaxGroup: Sendable, Equatable {
    public var taxCode: String
    public var category: TaxCategory
    public var rate: Quantity
    public var exemptionReason: String?
    public var base: Amount
    public var amount: Amount
  }

  public var net: Amount
  public var tax: Amount
  public var gross: Amount
  /// In order of first appearance.
  public var groups: [TaxGroup]

  /// quantity × unit price − discount, to the cent.
  public static func lineNet(
    quantity: Quantity, unitPrice: Quantity, discount: Amount = .zero
  ) throws(ClinicValueError) -> Amount {
    try quantity.amount(times: unitPrice).subtracting(discount)
  }

  /// Adds up what the lines say, changing nothing.
  public init(items: [InvoiceItemRecord]) throws(ClinicValueError) {
    var groups: [TaxGroup] = []
    for item in items {
      for line in item.taxes { try Self.add(line, reason: item.exemptionReason, to: &groups) }
    }
    self.groups = groups
    net = try Amount.sum(items.map(\.net))
    tax = try Amount.sum(groups.map(\.amount))
    gross = try net.adding(tax)
  }

  private static func add(
    _ line: TaxLine, reason: String?, to groups: inout [TaxGroup]
  ) throws(ClinicValueError) {
    let index = groups.firstIndex {
      $0.taxCode == line.taxCode && $0.category == line.category && $0.rate == line.rate
        && (line.category == .standard || $0.exemptionReason == reason)
    }
    guard let index else {
      groups.append(
        TaxGroup(
          taxCode: line.taxCode, category: line.category, rate: line.rate,
          exemptionReason: line.category == .standard ? nil : reason, base: line.base, amount: line.amount))
      return
    }
    groups[index].base = try groups[index].base.adding(line.base)
    groups[index].amount = try groups[index].amount.adding(line.amount)
  }

  /// Sets each line's net and taxes from its quantity, price, discount and exemption flag.
  ///
  /// A line with an `exemptionReason` is exempt; every other bears all of `rates`.
  public static func price(
    _ items: [InvoiceItemRecord], rates: [TaxRegime.Rate]
  ) throws(ClinicValueError) -> [InvoiceItemRecord] {
    var priced = items
    for index in priced.indices {
      let item = priced[index]
      let net = try lineNet(quantity: item.quantity, unitPrice: item.unitPrice, discount: item.discount)
      priced[index].net = net
      priced[index].taxes =
        item.exemptionReason == nil
        ? rates.map { TaxLine(taxCode: $0.code, category: .standard, rate: $0.percent, base: net, amount: .zero) }
        : [
          TaxLine(
            taxCode: rates.first?.code ?? "VAT", category: .exempt, rate: .zero, base: net, amount: .zero)
        ]
    }
    for rate in rates { try spread(rate, over: &priced) }
    return priced
  }

  /// Rounds `rate` once over all lines that bear it and hands the cents out by largest remainder, first lines first.
  private static func spread(
    _ rate: TaxRegime.Rate, over items: inout [InvoiceItemRecord]
  ) throws(ClinicValueError) {
    var shares: [(item: Int, tax: Int, floor: Int128, remainder: Int128)] = []
    for item in items.indices {
      for tax in items[item].taxes.indices
      where items[item].taxes[tax].category == .standard && items[item].taxes[tax].taxCode == rate.code {
        let exact = Int128(items[item].net.cents) * Int128(rate.percent.millionths)
        var (floor, remainder) = exact.quotientAndRemainder(dividingBy: 100_000_000)
        if remainder < 0 { (floor, remainder) = (floor - 1, remainder + 100_000_000) }
        shares.append((item, tax, floor, remainder))
      }
    }
    let base = try Amount.sum(shares.map { items[$0.item].net })
    let total = Int128(try base.percentage(rate.percent).cents)
    var left = Int(total - shares.reduce(0) { $0 + $1.floor })
    let order = shares.indices.sorted {
      shares[$0].remainder != shares[$1].remainder ? shares[$0].remainder > shares[$1].remainder : $0 < $1
    }
    for index in order {
      let share = shares[index]
      let cents = share.floor + (left > 0 ? 1 : 0)
      left -= left > 0 ? 1 : 0
      items[share.item].taxes[share.tax].amount = Amount(cents: try FixedPoint.narrow(cents))
    }
  }
}
