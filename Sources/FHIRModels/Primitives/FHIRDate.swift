/// A date of year, month or day precision, as written. Days that do not exist are refused.
public struct FHIRDate: Sendable, Hashable, CustomStringConvertible, TextPrimitive {
  /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
  public let text: String

  /// Accepts `YYYY`, `YYYY-MM` and `YYYY-MM-DD` of days that exist; nil for anything else.
  public init?(_ text: String) {
    guard text.utf8.count <= 10, text.read({ CivilTime(dateTime: $0) != nil }) else { return nil }
    self.text = text
  }

  /// The year, month or day that is given; nil for one that does not exist.
  public init?(year: Int, month: Int? = nil, day: Int? = nil) {
    guard (1...9_999).contains(year), month != nil || day == nil else { return nil }
    var text = CivilTime.padded(year, 4)
    if let month { text += "-" + CivilTime.padded(month, 2) }
    if let day { text += "-" + CivilTime.padded(day, 2) }
    self.init(text)
  }

  /// The day `days` after 1970-01-01.
  public init?(daysSinceEpoch days: Int) {
    guard abs(days) < 4_000_000 else { return nil }
    let civil = CivilTime(epochMicroseconds: Int64(days) * 86_400_000_000, offsetMinutes: 0)
    self.init(year: civil.year, month: civil.month, day: civil.day)
  }

  private var civil: CivilTime { text.read { CivilTime(dateTime: $0) } ?? CivilTime() }

  /// 1 to 9999.
  public var year: Int { civil.year }
  /// 1 to 12; nil for a year alone.
  public var month: Int? { text.utf8.count >= 7 ? civil.month : nil }
  /// 1 to 31; nil for a year or month alone.
  public var day: Int? { text.utf8.count == 10 ? civil.day : nil }
  /// Days from 1970-01-01 to this day, or to the first of the year or month that is given.
  public var daysSinceEpoch: Int { civil.daysSinceEpoch }
  public var description: String { text }

  init(checked text: String) { self.text = text }
}

/// A date, or a moment with its zone, as written.
public struct FHIRDateTime: Sendable, Hashable, CustomStringConvertible, TextPrimitive {
  /// A date as in `FHIRDate`, or `YYYY-MM-DDThh:mm:ss[.f](Z|±hh:mm)`.
  public let text: String

  /// Accepts a date, or a moment with its zone; nil for a day or time that does not exist.
  public init?(_ text: String) {
    guard text.read({ CivilTime(dateTime: $0) != nil }) else { return nil }
    self.text = text
  }

  /// The date, in its precision.
  public init(_ date: FHIRDate) { text = date.text }
  /// The moment, as it is written.
  public init(_ instant: FHIRInstant) { text = instant.text }

  /// The moment as a clock shows it `offsetMinutes` east of UTC.
  public init(epochMicroseconds: Int64, offsetMinutes: Int = 0) {
    text = CivilTime(epochMicroseconds: epochMicroseconds, offsetMinutes: offsetMinutes).dateTimeText
  }

  private var civil: CivilTime { text.read { CivilTime(dateTime: $0) } ?? CivilTime() }

  /// Whether a clock time, and so a zone, is given.
  public var hasTime: Bool { text.utf8.count > 10 }
  /// Microseconds from 1970-01-01T00:00:00Z; of a date its first moment in UTC.
  public var epochMicroseconds: Int64 { civil.epochMicroseconds }
  /// Minutes east of UTC; nil for a date.
  public var offsetMinutes: Int? { civil.offsetMinutes }
  /// The date as written, without the time.
  public var date: FHIRDate? { FHIRDate(String(text.prefix(10))) }
  public var description: String { text }

  init(checked text: String) { self.text = text }
}

/// A moment to the second or finer, with its zone, as written.
public struct FHIRInstant: Sendable, Hashable, CustomStringConvertible, TextPrimitive {
  /// `YYYY-MM-DDThh:mm:ss[.f](Z|±hh:mm)`.
  public let text: String

  /// Accepts a moment to the second or finer with its zone; nil for anything else.
  public init?(_ text: String) {
    guard text.read({ CivilTime(dateTime: $0)?.precision == .second }) else { return nil }
    self.text = text
  }

  /// The moment as a clock shows it `offsetMinutes` east of UTC.
  public init(epochMicroseconds: Int64, offsetMinutes: Int = 0) {
    text = CivilTime(epochMicroseconds: epochMicroseconds, offsetMinutes: offsetMinutes).dateTimeText
  }

  private var civil: CivilTime { text.read { CivilTime(dateTime: $0) } ?? CivilTime() }

  /// Microseconds from 1970-01-01T00:00:00Z.
  public var epochMicroseconds: Int64 { civil.epochMicroseconds }
  /// Minutes east of UTC.
  public var offsetMinutes: Int { civil.offsetMinutes ?? 0 }
  public var description: String { text }

  init(checked text: String) { self.text = text }
}

/// A time of day without date or zone, as written.
public struct FHIRTime: Sendable, Hashable, CustomStringConvertible, TextPrimitive {
  /// `hh:mm:ss[.f]`.
  public let text: String

  /// Accepts `hh:mm:ss` with or without a fraction; nil for anything else.
  public init?(_ text: String) {
    guard text.read({ CivilTime(time: $0) != nil }) else { return nil }
    self.text = text
  }

  public var description: String { text }

  init(checked text: String) { self.text = text }
}
