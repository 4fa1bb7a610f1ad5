/// Reads resources from newline-delimited JSON, one a line, in pieces as they arrive: a file, a body, a pipe.
///
/// Hand on bytes with `append`, then take what is complete with `next()` until it answers nil; after the last bytes take
/// what is left with `finish()`. Lines of white space only are passed over; `\r\n` ends a line too. A line that is
/// refused does not stop the reader: the next call goes on behind it.
///
///     var reader = NDJSONReader()
///     while let bytes = more() {
///       reader.append(bytes)
///       while let patient = try reader.next()?.as(Patient.self) { … }
///     }
///     if let last = try reader.finish() { … }
///
/// It holds what was handed on and not yet taken; of a line that is not complete no more than `lineBytes`.
public struct NDJSONReader: Sendable {
  private let options: FHIRDecodingOptions
  private let lineBytes: Int
  private var buffer: [UInt8] = []
  /// Where the next line begins in the buffer.
  private var start = 0
  /// Up to where the buffer holds no line feed.
  private var searched = 0
  /// Bytes of the stream that lie before the buffer.
  private var passed = 0
  /// Whether the line at `start` was refused for its length and is being passed over.
  private var isSkipping = false
  /// The number of the next line, from 1.
  public private(set) var line = 1
  /// What a lenient reading kept of the line that was returned last; offsets count from the beginning of the line.
  public private(set) var issues: [FHIRIssue] = []

  /// - Parameters:
  ///   - options: how each line is read; its limits are those of one line.
  ///   - lineBytes: the longest line in bytes that is accepted.
  public init(options: FHIRDecodingOptions = .strict, lineBytes: Int = 16 << 20) {
    self.options = options
    self.lineBytes = max(1, lineBytes)
  }

  /// Hands on the next bytes of the stream.
  public mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0 {
      buffer.removeSubrange(..<start)
      passed += start
      searched -= start
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The resource of the next line that is complete; nil when more bytes are needed.
  ///
  /// - Throws: why the line is refused, with its number and place. The reader then stands behind it.
  public mutating func next() throws(NDJSONError) -> AnyResource? {
    while let end = endOfLine() {
      if let resource = try take(upTo: end, next: end + 1) { return resource }
    }
    if !isSkipping, buffer.count - start > lineBytes {
      isSkipping = true
      defer { dropPiece() }
      throw tooLong()
    }
    if isSkipping { dropPiece() }
    return nil
  }

  /// The resource of a last line that no line feed ends; nil when nothing is left. Take all of `next()` before.
  public mutating func finish() throws(NDJSONError) -> AnyResource? {
    guard start < buffer.count else { return nil }
    return try take(upTo: buffer.count, next: buffer.count)
  }

  private mutating func endOfLine() -> Int? {
    guard let end = buffer[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) else {
      searched = buffer.count
      return nil
    }
    searched = end + 1
    return end
  }

  /// Reads the line from `start` to `end`; nil when it is white space or the rest of one that was too long.
  private mutating func take(upTo end: Int, next: Int) throws(NDJSONError) -> AnyResource? {
    let begin = start
    defer {
      start = next
      line += 1
      isSkipping = false
    }
    if isSkipping || buffer[begin..<end].allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
    guard end - begin <= lineBytes else { throw tooLong() }
    do throws(FHIRDecodingError) {
      let read = try AnyResource.decode(json: Array(buffer[begin..<end]), options: options)
      issues = read.issues
      return read.value
    } catch {
      throw NDJSONError(line: line, offset: passed + begin, issues: error.issues)
    }
  }

  /// Forgets what is held of a line that is too long.
  private mutating func dropPiece() {
    start = buffer.count
    searched = buffer.count
  }

  private func tooLong() -> NDJSONError {
    let issue = FHIRIssue(
      .fatal, .tooCostly, "The line is longer than \(lineBytes) bytes", offset: lineBytes)
    return NDJSONError(line: line, offset: passed + start, issues: [issue])
  }
}

/// Why a line of newline-delimited JSON was refused.
public struct NDJSONError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The line's number, from 1.
  public var line: Int
  /// The byte of the stream where the line begins.
  public var offset: Int
  /// Everything found wrong; offsets count from the beginning of the line.
  public var issues: [FHIRIssue]

  public var description: String { issues.map { "line \(line): \($0)" }.joined(separator: "\n") }

  /// The same as a resource to answer with.
  public var operationOutcome: OperationOutcome {
    OperationOutcome(
      issues: issues.map { issue in
        var located = issue
        located.diagnostics = "Line \(line): " + issue.diagnostics
        return located
      })
  }
}
