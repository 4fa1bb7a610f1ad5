/// A value that cannot be what it claims to be: a date that does not exist, an amount that does not fit.
///
/// `text` repeats at most 40 characters of what was refused, so that an error never carries a document.
public struct ClinicValueError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was wrong; new codes may be added.
  public struct Code: Sendable, Hashable {
    public let name: String
    public static let notANumber = Code(name: "not-a-number")
    public static let tooManyDecimals = Code(name: "too-many-decimals")
    public static let overflow = Code(name: "overflow")
    public static let notADate = Code(name: "not-a-date")
    public static let notAnInstant = Code(name: "not-an-instant")
    public static let notAZone = Code(name: "not-a-zone")
    public static let unknownRegion = Code(name: "unknown-region")
  }

  public let code: Code
  public let text: String

  public init(_ code: Code, _ text: String) {
    self.code = code
    self.text = String(text.prefix(40))
  }

  public var description: String { "\(code.name): '\(text)'" }
}
