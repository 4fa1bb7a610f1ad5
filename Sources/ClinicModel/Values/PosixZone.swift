/// The rule of a POSIX `TZ` string, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixZone: Sendable, Equatable {
  /// When in a year a change falls, and at what local second of that day.
  struct Change: Sendable, Equatable {
    enum Day: Sendable, Equatable {
      /// 1–365, the 29th of February never counted.
      case julian(Int)
      /// 0–365.
      case zeroBased(Int)
      /// Month 1–12, week 1–5 (5 = last), weekday 0–6 (0 = Sunday).
      case weekday(month: Int, week: Int, weekday: Int)
    }
    var day: Day
    var second: Int
  }

  struct Summer: Sendable, Equatable {
    var offset: Int
    var start: Change
    var end: Change
  }

  var standardOffset: Int
  var summer: Summer?

  init?(_ text: [UInt8]) {
    var reader = Reader(bytes: text)
    guard reader.name(), let offset = reader.time() else { return nil }
    standardOffset = -offset
    if reader.isAtEnd { return }
    guard reader.name() else { return nil }
    var summerOffset = standardOffset + 3600
    if !reader.isAtEnd, reader.peek != UInt8(ascii: ",") {
      guard let offset = reader.time() else { return nil }
      summerOffset = -offset
    }
    guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
    summer = Summer(offset: summerOffset, start: start, end: end)
  }

  func offset(atSecond second: Int64) -> Int {
    guard let summer else { return standardOffset }
    let year = Instant(microseconds: (second + Int64(standardOffset)).multipliedOrHeld(by: 1_000_000)).localTime().date
      .year
    let start = Int64(Self.second(of: summer.start, year: year) - standardOffset)
    let end = Int64(Self.second(of: summer.end, year: year) - summer.offset)
    let isSummer = start < end ? second >= start && second < end : second >= start || second < end
    return isSummer ? summer.offset : standardOffset
  }

  private static func second(of change: Change, year: Int) -> Int {
    let newYear = CalendarDate.days(year: year, month: 1, day: 1)
    let day: Int
    switch change.day {
    case .zeroBased(let number): day = newYear + number
    case .julian(let number):
      let isLeap = CalendarDate.days(inMonth: 2, of: year) == 29
      day = newYear + number - 1 + (isLeap && number >= 60 ? 1 : 0)
    case .weekday(let month, let week, let weekday):
      let first = CalendarDate.days(year: year, month: month, day: 1)
      // 1970-01-01 was a Thursday.
      let firstWeekday = ((first + 4) % 7 + 7) % 7
      var dayOfMonth = 1 + (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
      while dayOfMonth > CalendarDate.days(inMonth: month, of: year) { dayOfMonth -= 7 }
      day = first + dayOfMonth - 1
    }
    return day * 86400 + change.second
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0
    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }
    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
      guard peek == byte else { return false }
      index += 1
      return true
    }

    mutating func number() -> Int? {
      let start = index
      while let byte = peek, byte >= 0x30, byte <= 0x39, index - start < 5 { index += 1 }
      return index == start ? nil : digits(bytes, start, index)
    }

    /// An abbreviation: letters, or anything between `<` and `>`.
    mutating func name() -> Bool {
      if take(UInt8(ascii: "<")) {
        while let byte = peek, byte != UInt8(ascii: ">") { index += 1 }
        return take(UInt8(ascii: ">"))
      }
      let start = index
      while let byte = peek, byte | 0x20 >= 0x61, byte | 0x20 <= 0x7A { index += 1 }
      return index > start
    }

    /// `[+-]hh[:mm[:ss]]` in seconds; RFC 8536 allows up to 167 hours.
    mutating func time() -> Int? {
      let sign = take(UInt8(ascii: "-")) ? -1 : 1
      if sign == 1 { _ = take(UInt8(ascii: "+")) }
      guard let hours = number(), hours <= 167 else { return nil }
      var seconds = hours * 3600
      for unit in [60, 1] where take(UInt8(ascii: ":")) {
        guard let value = number(), value < 60 else { return nil }
        seconds += value * unit
      }
      return sign * seconds
    }

    mutating func change() -> Change? {
      guard take(UInt8(ascii: ",")) else { return nil }
      let day: Change.Day
      if take(UInt8(ascii: "M")) {
        guard let month = number(), (1...12).contains(month), take(UInt8(ascii: ".")), let week = number(),
          (1...5).contains(week), take(UInt8(ascii: ".")), let weekday = number(), (0...6).contains(weekday)
        else { return nil }
        day = .weekday(month: month, week: week, weekday: weekday)
      } else if take(UInt8(ascii: "J")) {
        guard let number = number(), (1...365).contains(number) else { return nil }
        day = .julian(number)
      } else {
        guard let number = number(), (0...365).contains(number) else { return nil }
        day = .zeroBased(number)
      }
      guard take(UInt8(ascii: "/")) else { return Change(day: day, second: 7200) }
      return time().map { Change(day: day, second: $0) }
    }
  }
}

extension Int64 {
  fileprivate func multipliedOrHeld(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    return overflow ? (self < 0 ? .min : .max) : product
  }
}
