import CLibXML2
import Synchronization

/// A libxml2 parser and the tables of what it reports, ready for a document.
///
/// Making one costs as much as a kilobyte of document. Unchecked because of the pointer: whoever took a parser from the
/// pool is the only one that has it.
struct XMLParser: @unchecked Sendable {
  let context: xmlParserCtxtPtr
  let sink: XMLEventSink
  var buffer: XMLEventBuffer

  init(_ context: xmlParserCtxtPtr, _ sink: XMLEventSink, _ buffer: XMLEventBuffer) {
    self.context = context
    self.sink = sink
    self.buffer = buffer
  }

  /// A new parser; nil when libxml2 has no memory for it.
  fileprivate init?(_ limits: XMLLimits, bytes: Int) {
    sink = XMLEventSink(lending: XMLEventBuffer(limits: limits))
    guard let context = XMLParserSetup.makeContext(reportingTo: sink) else { return nil }
    self.context = context
    buffer = XMLEventBuffer(limits: limits, bytes: bytes)
    buffer.context = context
  }

  /// Makes libxml2 forget the document; false when the parser is not worth keeping, or cannot be used again.
  fileprivate func reset() -> Bool {
    buffer.isSmall && xmlDictGetUsage(context.pointee.dict) <= XMLParserPool.keptNameBytes
      && XMLParserSetup.reset(context)
  }

  fileprivate func free() { xmlFreeParserCtxt(context) }
}

/// The parsers that wait for a document: those that read one to its end without a fault.
///
/// Each holds the names of the documents that it read, within `keptNameBytes`, and nothing else of them.
enum XMLParserPool {
  /// What the names of a waiting parser may take.
  static let keptNameBytes = 64 << 10
  /// As many as threads read XML at one time; more are freed.
  private static let size = 8
  private static let waiting = Mutex<[XMLParser]>([])

  /// A parser for a document of `bytes`; nil when libxml2 has no memory for one.
  static func take(_ limits: XMLLimits, bytes: Int) -> XMLParser? {
    // A parser's names count once only: under a tight limit a document would profit from those before it.
    guard limits.names >= XMLLimits.standard.names, var parser = waiting.withLock({ $0.popLast() }) else {
      return XMLParser(limits, bytes: bytes)
    }
    parser.buffer.begin(limits)
    return parser
  }

  /// Takes a parser back after a document without a fault.
  static func give(_ parser: XMLParser) {
    guard parser.reset() else { return parser.free() }
    let isKept = waiting.withLock { waiting in
      guard waiting.count < size else { return false }
      waiting.append(parser)
      return true
    }
    if !isKept { parser.free() }
  }
}
