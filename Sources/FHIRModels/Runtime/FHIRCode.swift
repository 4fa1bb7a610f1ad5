/// A code of a required binding. The type is open: a code that the value set lacks is kept, and validation names it.
public protocol FHIRCode: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible
where RawValue == String {
  init(rawValue: String)
}

extension FHIRCode {
  public init(stringLiteral value: String) { self.init(rawValue: value) }
  public init(_ rawValue: String) { self.init(rawValue: rawValue) }
  public var description: String { rawValue }
}
