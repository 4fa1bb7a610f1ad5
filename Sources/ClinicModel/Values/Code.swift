/// A coded value: FHIR's Coding, HL7's CWE, and three columns of the contract (`…_system`, `…_code`, `…_display`).
public struct Code: Sendable, Hashable {
  public var system: String?
  public var code: String?
  public var display: String?

  public init(system: String? = nil, code: String?, display: String? = nil) {
    self.system = system
    self.code = code
    self.display = display
  }
}

/// A stretch of days, either end open.
public struct DayPeriod: Sendable, Hashable {
  public var from: CalendarDate?
  public var to: CalendarDate?

  public init(from: CalendarDate? = nil, to: CalendarDate? = nil) {
    self.from = from
    self.to = to
  }
}
