/// Writes rows in COPY's text format (manual, COPY, "Text Format"): tabs between columns, a newline after each row.
///
/// Append-only; take `bytes` and call `removeAll` when there is enough for a chunk.
public struct CopyText: Sendable {
  /// What has been written.
  public private(set) var bytes: [UInt8] = []
  private var isRowOpen = false

  public init(reserving capacity: Int = 1 << 16) { bytes.reserveCapacity(capacity) }

  /// Starts a column with text; nil is null.
  public mutating func column(_ text: String?) {
    separate()
    guard var text else { return null() }
    text.withUTF8 { escape($0) }
  }

  public mutating func column(_ number: Int?) {
    separate()
    guard let number else { return null() }
    bytes.append(contentsOf: number.description.utf8)
  }

  public mutating func column(_ flag: Bool?) {
    separate()
    guard let flag else { return null() }
    bytes.append(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
  }

  /// A `bytea`.
  public mutating func column(bytea: [UInt8]?) {
    separate()
    guard let bytea else { return null() }
    bytes.append(contentsOf: "\\\\x".utf8)
    for byte in bytea {
      bytes.append(Self.digit(byte >> 4))
      bytes.append(Self.digit(byte & 15))
    }
  }

  /// Ends the row.
  public mutating func endRow() {
    bytes.append(UInt8(ascii: "\n"))
    isRowOpen = false
  }

  /// Takes what has been written, for the next chunk.
  public mutating func take() -> [UInt8] {
    let taken = bytes
    bytes = []
    bytes.reserveCapacity(taken.capacity)
    return taken
  }

  /// How many bytes wait to be taken.
  public var count: Int { bytes.count }

  private mutating func separate() {
    if isRowOpen { bytes.append(UInt8(ascii: "\t")) }
    isRowOpen = true
  }

  private mutating func null() { bytes.append(contentsOf: "\\N".utf8) }

  private mutating func escape(_ text: UnsafeBufferPointer<UInt8>) {
    for byte in text {
      switch byte {
      case UInt8(ascii: "\\"): bytes.append(contentsOf: "\\\\".utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
      default: bytes.append(byte)
      }
    }
  }

  private static func digit(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
  }
}
