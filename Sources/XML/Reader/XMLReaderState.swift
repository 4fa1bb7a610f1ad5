import CLibXML2

/// Where an `XMLReader` is in its document, and what libxml2 has told of it.
@usableFromInline
struct XMLReaderState {
  let bytes: [UInt8]
  @usableFromInline var buffer: XMLEventBuffer
  private let sink: XMLEventSink
  private let context: xmlParserCtxtPtr
  /// Bytes skipped at the start (a byte-order mark); libxml2 counts without them.
  let skipped: Int
  /// Bytes that can be parsed, and why those behind them cannot.
  private let usable: Int
  private let unusable: XMLError?
  private var fed: Int
  private var isFinished = false
  /// What `nextOfDocument()` throws when the events before it are used up.
  private var fault: XMLError?
  /// The current event's place in the buffer.
  @usableFromInline var position = -1
  private var chunkBytes = Self.smallestChunkBytes

  private static let smallestChunkBytes = 16 << 10

  init(_ bytes: [UInt8], _ checked: XMLPrecheck.Checked, _ parser: XMLParser) {
    self.bytes = bytes
    buffer = parser.buffer
    sink = parser.sink
    context = parser.context
    skipped = checked.skipped
    usable = checked.usable
    unusable = checked.fault
    fed = checked.skipped
  }

  /// Gives the parser back, or frees it.
  func end() {
    if isFinished, fault == nil {
      XMLParserPool.give(XMLParser(context, sink, buffer))
    } else {
      xmlFreeParserCtxt(context)
    }
  }

  /// Moves to the event at `position`, which may be beyond what libxml2 has seen.
  @usableFromInline
  mutating func nextOfDocument() throws(XMLError) -> XMLReader.Event? {
    // A text at the end of the buffer may go on in bytes not fed yet.
    while !isFinished, position >= buffer.events.count || position == buffer.events.count - 1 && currentIsText {
      if position >= buffer.events.count {
        buffer.removeAll()
        position = 0
      }
      feed()
    }
    guard position < buffer.events.count else {
      position = buffer.events.count
      if let fault { throw fault }
      return nil
    }
    return buffer.events[position].kind
  }

  private var currentIsText: Bool { buffer.events[position].kind == .text }

  /// Hands the next bytes to libxml2; a fault ends the reading and is kept.
  ///
  /// libxml2 looks through what it could not consume yet at each call: chunks grow while nothing comes of them, which
  /// keeps a long attribute linear.
  private mutating func feed() {
    let before = buffer.events.count
    let count = min(chunkBytes, usable - fed)
    let isEnd = fed + count == usable
    let isLast = isEnd && unusable == nil
    swap(&buffer, &sink.buffer)
    let status = bytes.withUnsafeBufferPointer { bytes -> Int32 in
      guard let base = bytes.baseAddress else { return 0 }
      return (base + fed).withMemoryRebound(to: CChar.self, capacity: count) {
        xmlParseChunk(context, $0, Int32(count), isLast ? 1 : 0)
      }
    }
    swap(&buffer, &sink.buffer)
    fed += count
    if let refusal = buffer.refusal {
      fault = located(refusal)
    } else if status != 0 || context.pointee.wellFormed == 0 || context.pointee.nsWellFormed == 0 {
      fault = located(unreported(status))
    } else if isLast, !buffer.isRootClosed {
      fault = located(truncation())
    } else if isEnd {
      fault = unusable
    }
    isFinished = isEnd || fault != nil
    chunkBytes = buffer.events.count == before ? chunkBytes * 2 : Self.smallestChunkBytes
  }

  private func located(_ error: XMLError) -> XMLError {
    XMLError(
      error.code, error.message, line: error.line, column: error.column, byteOffset: error.byteOffset + skipped)
  }

  private func truncation() -> XMLError {
    let input = context.pointee.input
    return XMLError(
      .truncated, "the document ends with \(buffer.openElements) elements open",
      line: Int(input?.pointee.line ?? 0), column: Int(input?.pointee.col ?? 0), byteOffset: bytes.count - skipped)
  }

  /// Never needed, as libxml2 reports what it refuses: so that nothing it counts as a fault passes.
  private func unreported(_ status: Int32) -> XMLError {
    XMLError(.malformed, "libxml2 error \(status)", line: 0, column: 0, byteOffset: fed - skipped)
  }
}
