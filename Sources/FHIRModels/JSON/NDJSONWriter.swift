import JSON

/// Writes resources as newline-delimited JSON, one a line, for a stream: take what is written with `take()` whenever
/// there is enough of it, and no more than that is held.
public struct NDJSONWriter: ~Copyable {
  private var writer: JSONWriter

  /// - Parameter capacity: bytes to make room for at once.
  public init(capacity: Int = 64 << 10) { writer = JSONWriter(capacity: capacity) }

  /// Bytes written and not taken.
  public var count: Int { writer.count }

  /// Writes one resource and ends its line.
  public mutating func write(_ resource: some FHIRResource) { write(resource.node) }

  /// Writes one resource and ends its line.
  public mutating func write(_ resource: AnyResource) { write(resource.node) }

  private mutating func write(_ node: FHIRNode) {
    let start = writer.count
    node.write(to: &writer)
    writer.endLine(from: start)
  }

  /// What was written since the last call.
  public mutating func take() -> [UInt8] {
    let bytes = writer.bytes
    writer.removeAll()
    return bytes
  }

  /// The same without a copy: `body` gets the bytes, then they are forgotten.
  public mutating func take<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    let result = writer.withUnsafeBytes(body)
    writer.removeAll()
    return result
  }
}
