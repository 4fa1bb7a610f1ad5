/// How a clinic's invoices are taxed. Raw values are the contract's `tax_regime`.
///
/// Sources: rates in force in 2026 as `docs` cite them; a rate that changed inside an invoice's life is looked up by
/// the day of service (Nova Scotia's HST fell to 14 % on 2025-04-01).
public enum TaxRegime: String, Sendable, CaseIterable {
  /// Medical acts exempt, 20 % otherwise.
  case morocco = "ma-tva"
  /// Care exempt line by line (CGI 261-4-1°), 20 % otherwise.
  case france = "fr-tva"
  /// Physiotherapy exempt; GST, HST, PST or QST otherwise, by province.
  case canada = "ca-gst"
  /// Medical services outside the tax.
  case vietnam = "vn-vat"
  /// No tax on invoices.
  case none

  /// One tax that a line may carry.
  public struct Rate: Sendable, Hashable {
    /// `VAT`, `GST`, `HST`, `PST`, `QST`.
    public let code: String
    /// Percent.
    public let percent: Quantity

    init(_ code: String, millionths: Int64) {
      self.code = code
      percent = Quantity(millionths: millionths)
    }
  }

  /// Whether the regime's documents can be EN 16931 invoices: only where the one tax is VAT.
  public var isEN16931: Bool { self == .morocco || self == .france }

  /// The UBL tax scheme of the regime.
  public var taxScheme: String { self == .canada ? "GST" : "VAT" }

  /// The reason that an exempt line must carry when it names none (VATEX list where the regime has one).
  public var careExemptionReason: String? {
    switch self {
    case .france, .morocco: "VATEX-EU-132-1C"
    case .canada: "Exempt supply of a health care service"
    case .vietnam: "Medical service not subject to VAT"
    case .none: nil
    }
  }

  /// The taxes that a taxable line served on `day` carries; `region` is the province in Canada (`QC`), ignored elsewhere.
  public func rates(region: String?, on day: CalendarDate) throws(ClinicValueError) -> [Rate] {
    switch self {
    case .morocco, .france: return [Rate("VAT", millionths: 20_000_000)]
    case .vietnam: return [Rate("VAT", millionths: 10_000_000)]
    case .none: return []
    case .canada: return try Self.canadianRates(province: region ?? "", on: day)
    }
  }

  private static func canadianRates(province: String, on day: CalendarDate) throws(ClinicValueError) -> [Rate] {
    let gst = Rate("GST", millionths: 5_000_000)
    switch province {
    case "AB", "NT", "NU", "YT": return [gst]
    case "ON": return [Rate("HST", millionths: 13_000_000)]
    case "NS":
      let isReduced = (day.year, day.month) >= (2025, 4)
      return [Rate("HST", millionths: isReduced ? 14_000_000 : 15_000_000)]
    case "NB", "NL", "PE": return [Rate("HST", millionths: 15_000_000)]
    case "QC": return [gst, Rate("QST", millionths: 9_975_000)]
    case "BC", "MB": return [gst, Rate("PST", millionths: 7_000_000)]
    case "SK": return [gst, Rate("PST", millionths: 6_000_000)]
    default: throw ClinicValueError(.unknownRegion, province)
    }
  }
}
