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
  private var lines: NDJSONLines
  /// The number of the next line, from 1.
  public var line: Int { lines.number }
  /// What a lenient reading kept of the line that was returned last; offsets count from the beginning of the line.
  public private(set) var issues: [FHIRIssue] = []

  /// - Parameters:
  ///   - options: how each line is read; its limits are those of one line.
  ///   - lineBytes: the longest line in bytes that is accepted.
  public init(options: FHIRDecodingOptions = .strict, lineBytes: Int = 16 << 20) {
    self.options = options
    self.lineBytes = max(1, lineBytes)
    lines = NDJSONLines(lineBytes: lineBytes)
  }

  /// Hands on the next bytes of the stream.
  public mutating func append(_ bytes: some Collection<UInt8>) { lines.append(bytes) }

  /// The resource of the next line that is complete; nil when more bytes are needed.
  ///
  /// - Throws: why the line is refused, with its number and place. The reader then stands behind it.
  public mutating func next() throws(NDJSONError) -> AnyResource? { try read(lines.next()) }

  /// The resource of a last line that no line feed ends; nil when nothing is left. Take all of `next()` before.
  public mutating func finish() throws(NDJSONError) -> AnyResource? { try read(lines.finish()) }

  private mutating func read(_ line: NDJSONLines.Line?) throws(NDJSONError) -> AnyResource? {
    guard let line else { return nil }
    guard !line.isTooLong else {
      let issue = FHIRIssue(.fatal, .tooCostly, "The line is longer than \(lineBytes) bytes", offset: lineBytes)
      throw NDJSONError(line: line.number, offset: line.offset, issues: [issue])
    }
    do throws(FHIRDecodingError) {
      let read = try AnyResource.decode(json: line.bytes, options: options)
      issues = read.issues
      return read.value
    } catch {
      throw NDJSONError(line: line.number, offset: line.offset, issues: error.issues)
    }
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
