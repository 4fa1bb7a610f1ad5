import JSON

extension FHIRDecimal {
  /// Whether the bytes are one JSON number and nothing else.
  static func isNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first, first == UInt8(ascii: "-") || first &- 0x30 < 10,
      var scanner = try? JSONScanner(UnsafeRawBufferPointer(bytes)), let range = try? scanner.scanNumber()
    else { return false }
    return range.count == bytes.count
  }
}
