/// Takes a body out of what was received: by its length, by chunks, or to the end of the connection. No I/O.
///
/// Trailers are checked and dropped; they never become header fields.
struct HTTPBodyDecoder: Sendable {
  private enum State: Sendable, Equatable {
    case counted(left: Int)
    case untilEnd
    case chunkLine
    case chunk(left: Int)
    case chunkEnd
    case trailers(taken: Int)
    case done
  }

  private var state: State
  private let limits: HTTPLimits
  /// Body bytes given out so far.
  private(set) var delivered = 0

  init(_ framing: HTTPFraming, limits: HTTPLimits) {
    self.limits = limits
    switch framing {
    case .none, .length(0): state = .done
    case .length(let count): state = .counted(left: count)
    case .chunked: state = .chunkLine
    case .untilEnd: state = .untilEnd
    }
  }

  var isDone: Bool { state == .done }

  /// The bytes still to come; nil when only the sender knows.
  var left: Int? {
    switch state {
    case .counted(let left): left
    case .done: 0
    default: nil
    }
  }

  /// Whether the connection may end here.
  var mayEnd: Bool { state == .done || state == .untilEnd }

  /// Moves what is there of the body from `input` to the end of `output`; `isDone` tells when that was all.
  mutating func decode(_ input: inout HTTPInput, into output: inout [UInt8]) throws(HTTPRefusal) {
    while true {
      switch state {
      case .done: return
      case .counted(let left):
        let taken = take(left, &input, &output)
        state = taken == left ? .done : .counted(left: left - taken)
        return
      case .untilEnd:
        _ = take(.max, &input, &output)
        return
      case .chunk(let left):
        let taken = take(left, &input, &output)
        guard taken == left else {
          state = .chunk(left: left - taken)
          return
        }
        state = .chunkEnd
      case .chunkEnd:
        guard input.count >= 2 else {
          if input.count == 1, input.bytes[input.start] != 0x0D { throw .bad("a chunk is longer than its size says") }
          return
        }
        guard input.bytes[input.start] == 0x0D, input.bytes[input.start + 1] == 0x0A else {
          throw .bad("a chunk is longer than its size says")
        }
        input.consume(2)
        state = .chunkLine
      case .chunkLine:
        guard let line = try self.line(&input, limit: limits.chunkLineBytes, "chunk size line") else { return }
        let size = try chunkSize(line)
        state = size == 0 ? .trailers(taken: 0) : .chunk(left: size)
      case .trailers(let taken):
        guard let line = try self.line(&input, limit: limits.trailerBytes - taken, "trailer section") else { return }
        if line.isEmpty {
          state = .done
          return
        }
        try checkTrailer(line)
        state = .trailers(taken: taken + line.count + 2)
      }
    }
  }

  private mutating func take(_ wanted: Int, _ input: inout HTTPInput, _ output: inout [UInt8]) -> Int {
    let count = min(wanted, input.count)
    output.append(contentsOf: input.bytes[input.start..<input.start + count])
    input.consume(count)
    delivered += count
    return count
  }

  /// The next line without its end; nil when it is not all there.
  private func line(_ input: inout HTTPInput, limit: Int, _ what: String) throws(HTTPRefusal) -> [UInt8]? {
    let window = input.bytes[input.start...].prefix(max(0, limit) + 2)
    guard let feed = window.firstIndex(of: 0x0A) else {
      if window.count == max(0, limit) + 2 { throw .bad("the \(what) exceeds \(max(0, limit)) bytes") }
      return nil
    }
    guard feed > input.start, input.bytes[feed - 1] == 0x0D else { throw .bad("the \(what) ends in a bare line feed") }
    let line = Array(input.bytes[input.start..<feed - 1])
    input.consume(line.count + 2)
    return line
  }

  /// `1*HEXDIG [ ";" extensions ]`; extensions are checked for control bytes and dropped.
  private func chunkSize(_ line: [UInt8]) throws(HTTPRefusal) -> Int {
    var size = 0
    var digits = 0
    for byte in line {
      guard let value = HTTPCharacters.hexValue(byte) else { break }
      digits += 1
      guard digits <= 8 else { throw .bad("a chunk size of more than 8 digits") }
      size = size << 4 | value
    }
    let rest = line[digits...]
    guard digits > 0, rest.isEmpty || rest.first == 0x3B else { throw .bad("a chunk size that is not hexadecimal") }
    guard rest.allSatisfy(HTTPCharacters.isFieldContent) else { throw .bad("a control byte in a chunk extension") }
    return size
  }

  private func checkTrailer(_ line: [UInt8]) throws(HTTPRefusal) {
    let name = line.prefix { HTTPCharacters.lowerToken($0) != 0 }
    guard !name.isEmpty, name.count < line.count, line[name.count] == 0x3A,
      line[name.count...].allSatisfy(HTTPCharacters.isFieldContent)
    else { throw .bad("a trailer line without a valid name, colon and value") }
  }
}
