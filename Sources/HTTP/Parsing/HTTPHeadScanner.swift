import Glibc

/// Finds where a head ends and takes its field lines apart. Shared by requests and responses. No I/O.
struct HTTPHeadScanner {
  /// Offsets from the head's first byte, kept between calls so that a slow sender costs no second scan.
  private var scanned = 0
  private var lineStart = 0
  private var lines = 0

  /// Looks for the empty line that ends a head.
  /// - Returns: the head's length with that line; nil when it is not all there.
  /// - Throws: for a line that ends in a bare line feed, and past a limit.
  mutating func length(of input: HTTPInput, limits: HTTPLimits) throws(HTTPRefusal) -> Int? {
    let found: Result<Int?, HTTPRefusal> = input.bytes.withUnsafeBufferPointer { all in
      let head = UnsafeBufferPointer(rebasing: all[input.start...])
      guard let base = head.baseAddress else { return .success(nil) }
      while scanned < head.count, let feed = memchr(base + scanned, 0x0A, head.count - scanned) {
        let index = UnsafePointer(feed.assumingMemoryBound(to: UInt8.self)) - base
        guard index > lineStart, head[index - 1] == 0x0D else {
          return .failure(.bad("a line of the head ends in a bare line feed; lines end in CR LF"))
        }
        scanned = index + 1
        if index - 1 == lineStart, lines > 0 {
          return scanned <= limits.headBytes ? .success(scanned) : .failure(tooLong(limits))
        }
        if lines == 0, index > limits.targetBytes + 64 { return .failure(tooLong(limits)) }
        lines += 1
        lineStart = scanned
        if lines > limits.fieldCount + 1 {
          return .failure(HTTPRefusal(.headerFieldsTooLarge, "more than \(limits.fieldCount) header fields"))
        }
      }
      scanned = head.count
      if lines == 0, head.count > limits.targetBytes + 64 { return .failure(tooLong(limits)) }
      return head.count > limits.headBytes ? .failure(tooLong(limits)) : .success(nil)
    }
    return try found.get()
  }

  private func tooLong(_ limits: HTTPLimits) -> HTTPRefusal {
    lines == 0
      ? HTTPRefusal(.uriTooLong, "the first line exceeds \(limits.targetBytes) bytes")
      : HTTPRefusal(.headerFieldsTooLarge, "the head exceeds \(limits.headBytes) bytes")
  }

  /// Takes field lines apart, from `start` to the empty line at the end of `head`.
  ///
  /// Refuses continued lines, white space before the colon, control bytes and bare carriage returns. Names with an
  /// underscore are dropped: behind it hides a name with a hyphen, once something maps both to one variable.
  static func fields(
    of head: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Result<[HTTPFields.Entry], HTTPRefusal> {
    let tokens = HTTPCharacters.tokenTable
    var entries: [HTTPFields.Entry] = []
    entries.reserveCapacity(16)
    var index = start
    while index < head.count - 2 {
      let nameStart = index
      var hash = HTTPFieldName.hashStart
      var hasUnderscore = false
      while case let lower = tokens[Int(head[index])], lower != 0 {
        hash = HTTPFieldName.hashStep(hash, lower)
        hasUnderscore = hasUnderscore || lower == 0x5F
        index += 1
      }
      let nameEnd = index
      guard head[index] == 0x3A, nameEnd > nameStart else { return .failure(badName(head, nameStart, index)) }
      index += 1
      while head[index] == 0x20 || head[index] == 0x09 { index += 1 }
      let valueStart = index
      while HTTPCharacters.isFieldContent(head[index]) { index += 1 }
      guard head[index] == 0x0D, head[index + 1] == 0x0A else {
        return .failure(.bad("a control byte in the value of a header field"))
      }
      var valueEnd = index
      while valueEnd > valueStart, head[valueEnd - 1] == 0x20 || head[valueEnd - 1] == 0x09 { valueEnd -= 1 }
      index += 2
      if hasUnderscore { continue }
      entries.append(
        HTTPFields.Entry(
          hash: hash, nameStart: UInt32(nameStart), nameCount: UInt32(nameEnd - nameStart),
          valueStart: UInt32(valueStart), valueCount: UInt32(valueEnd - valueStart)))
    }
    return .success(entries)
  }

  private static func badName(_ head: UnsafeBufferPointer<UInt8>, _ start: Int, _ stop: Int) -> HTTPRefusal {
    let byte = head[stop]
    if stop == start, byte == 0x20 || byte == 0x09 {
      return .bad("a header line begins with white space; continued lines are not accepted")
    }
    if byte == 0x20 || byte == 0x09 { return .bad("white space before the colon of a header field") }
    return .bad("a header line without a valid name and colon")
  }
}
