/// Why a record cannot be translated, or an outside document not be understood.
///
/// `field` is where: a column of the contract (`invoice.total_net`, `invoice_item[2].net`) on the way out, a FHIRPath
/// (`ClaimResponse.payment.amount`) on the way in. `message` says what was found and what was expected; it carries
/// amounts and codes, never a patient's name or text.
public struct MappingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of a fault. New kinds may be added.
  public struct Code: RawRepresentable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Something that the target format requires is not there.
    public static let missing = Code(rawValue: "missing")
    /// A value that the target format, or the contract, does not allow.
    public static let invalid = Code(rawValue: "invalid")
    /// Amounts that do not add up.
    public static let total = Code(rawValue: "total")
    /// Two currencies where one is meant.
    public static let currency = Code(rawValue: "currency")
    /// The record's state does not allow it: a draft is not an invoice yet.
    public static let state = Code(rawValue: "state")
    /// The format cannot say what the record says.
    public static let unsupported = Code(rawValue: "unsupported")
    /// A reference to something that is not there.
    public static let unknownReference = Code(rawValue: "unknown-reference")
  }

  public let code: Code
  public let field: String
  public let message: String

  public init(_ code: Code, _ field: String, _ message: String) {
    self.code = code
    self.field = field
    self.message = message
  }

  public var description: String { "\(field): \(message) (\(code.rawValue))" }
}
