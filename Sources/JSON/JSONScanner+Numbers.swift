extension JSONScanner {
  /// Consumes a number and returns where its text stands. The text is kept: `1.00` and `1e2` stay as written.
  @inlinable
  public mutating func scanNumber() throws(JSONError) -> Range<Int> {
    let start = offset
    var position = start
    if position < count, base[position] == 0x2D { position &+= 1 }
    guard position < count else { throw unexpectedEnd("a digit") }
    if base[position] == 0x30 {
      position &+= 1
      if position < count, isDigit(position) { throw invalidNumber(at: position, "has a leading zero") }
    } else {
      guard isDigit(position) else {
        if position == start { throw unexpected("a value") }
        throw invalidNumber(at: position, "needs a digit after the sign")
      }
      position = skipDigits(position)
    }
    if position < count, base[position] == 0x2E {
      position &+= 1
      guard position < count else { throw unexpectedEnd("a digit") }
      guard isDigit(position) else { throw invalidNumber(at: position, "needs a digit after the point") }
      position = skipDigits(position)
    }
    if position < count, base[position] | 0x20 == 0x65 {
      position &+= 1
      if position < count, base[position] == 0x2B || base[position] == 0x2D { position &+= 1 }
      guard position < count else { throw unexpectedEnd("a digit") }
      guard isDigit(position) else { throw invalidNumber(at: position, "needs a digit in its exponent") }
      position = skipDigits(position)
    }
    if position &- start > limits.numberBytes { throw numberTooLong(at: start) }
    offset = position
    return start..<position
  }

  @inlinable
  func isDigit(_ position: Int) -> Bool { base[position] &- 0x30 < 10 }

  @inlinable
  func skipDigits(_ from: Int) -> Int {
    var position = from
    while position < count, isDigit(position) { position &+= 1 }
    return position
  }

  @usableFromInline @inline(never)
  func invalidNumber(at position: Int, _ reason: String) -> JSONError {
    JSONError(.invalidNumber, at: position, "A number \(reason)")
  }

  @usableFromInline @inline(never)
  func numberTooLong(at position: Int) -> JSONError {
    JSONError(.numberTooLong, at: position, "A number is longer than \(limits.numberBytes) bytes")
  }
}
