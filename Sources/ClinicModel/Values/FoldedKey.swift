/// Text as searches compare it: without case, accents, or the many ways of writing a space or an apostrophe.
///
/// `fold` is total, deterministic and idempotent, and equal to the SQL function `clinic.fold`, which computes the
/// stored key columns. Letters of scripts outside the table pass unchanged.
public enum FoldedKey {
  private static let table: [UInt32: [UInt8]] = {
    var table: [UInt32: [UInt8]] = [:]
    for (folded, originals) in FoldingTable.single {
      let bytes = Array(String(Character(folded)).utf8)
      for scalar in originals.unicodeScalars { table[scalar.value] = bytes }
    }
    for (original, folded) in FoldingTable.double { table[original.value] = Array(folded.utf8) }
    return table
  }()

  public static func fold(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        append(ascii: UInt8(truncatingIfNeeded: scalar.value), to: &bytes)
      } else {
        append(scalar, to: &bytes)
      }
    }
    if bytes.last == space { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The least text that is greater than every text beginning with `prefix` in the order of `COLLATE "C"`; nil when
  /// the prefix is empty. A prefix search is then `key >= prefix and key < upperBound`.
  public static func upperBound(ofPrefix prefix: String) -> String? {
    var scalars = Array(prefix.unicodeScalars)
    while let last = scalars.popLast() {
      // Step over the surrogates; after the last scalar, shorten instead.
      let next = last.value == 0xD7FF ? 0xE000 : last.value + 1
      if let scalar = Unicode.Scalar(next) {
        scalars.append(scalar)
        return String(String.UnicodeScalarView(scalars))
      }
    }
    return nil
  }

  /// The digits of a telephone number, equal to the SQL function `clinic.phone_key`.
  public static func phone(_ text: some StringProtocol) -> String {
    String(decoding: text.utf8.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }, as: UTF8.self)
  }

  private static let space = UInt8(ascii: " ")

  private static func append(ascii byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): bytes.append(byte | 0x20)
    case UInt8(ascii: "`"): bytes.append(UInt8(ascii: "'"))
    case space, 0x09, 0x0A, 0x0D: if let last = bytes.last, last != space { bytes.append(space) }
    default: bytes.append(byte)
    }
  }

  private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    if FoldingTable.vanishes(scalar) { return }
    guard let folded = table[scalar.value] else { return bytes.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
    if folded == [space] { append(ascii: space, to: &bytes) } else { bytes.append(contentsOf: folded) }
  }
}
