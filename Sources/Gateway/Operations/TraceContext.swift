import Crypto

/// The trace that a request belongs to (W3C Trace Context §3.2, `traceparent`).
package struct TraceContext: Sendable, Equatable {
  /// 32 lower-case hexadecimal digits, not all zero.
  package let traceID: String
  /// 16 lower-case hexadecimal digits, not all zero: the caller's span, or ours when sent on.
  package let spanID: String
  /// Bit 0 is "sampled"; other bits are dropped, as version 00 asks.
  package let isSampled: Bool

  /// Reads the field strictly; a caller whose field is not of the form starts a trace of its own here.
  /// Versions above 00 are read by the rules of 00 (§3.2.4); `ff` is refused.
  package init?(parsing text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count >= 55, bytes.count <= 512, bytes[2] == 0x2D, bytes[35] == 0x2D, bytes[52] == 0x2D,
      Self.isHex(bytes[0..<2]), Self.isHex(bytes[3..<35]), Self.isHex(bytes[36..<52]), Self.isHex(bytes[53..<55])
    else { return nil }
    let version = String(decoding: bytes[0..<2], as: UTF8.self)
    guard version != "ff", version == "00" ? bytes.count == 55 : bytes.count == 55 || bytes[55] == 0x2D else {
      return nil
    }
    guard bytes[3..<35].contains(where: { $0 != 48 }), bytes[36..<52].contains(where: { $0 != 48 }) else { return nil }
    traceID = String(decoding: bytes[3..<35], as: UTF8.self)
    spanID = String(decoding: bytes[36..<52], as: UTF8.self)
    isSampled = (UInt8(String(decoding: bytes[53..<55], as: UTF8.self), radix: 16) ?? 0) & 1 == 1
  }

  private init(traceID: String, spanID: String, isSampled: Bool) {
    self.traceID = traceID
    self.spanID = spanID
    self.isSampled = isSampled
  }

  private static func isHex(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }

  /// The trace of a request without one: its id is the request's.
  package init(request: RequestID) {
    self.init(traceID: request.text, spanID: String(request.text.suffix(16)), isSampled: false)
  }

  /// What to send on: the same trace, with this request's span as the parent.
  package func child(of request: RequestID) -> TraceContext {
    TraceContext(traceID: traceID, spanID: String(request.text.suffix(16)), isSampled: isSampled)
  }

  /// The field's value.
  package var traceparent: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }
}

/// The id of one request: 32 lower-case hexadecimal digits, in logs, audit, answers and traces alike.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
  package let text: String
  package var description: String { text }
}

/// Makes request ids: 64 random bits of the process and loop, then a count that is scrambled so that neighbours differ
/// in many digits. Unique, not secret. Belongs to one loop; no system call an id.
package struct RequestIDGenerator: Sendable {
  private let prefix: UInt64
  private var count: UInt64

  /// - Throws: `CryptoError` when the system gives no random bytes.
  package init() throws {
    let bytes = try secureRandomBytes(16)
    self.init(
      prefix: bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }, count: bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) })
  }

  init(prefix: UInt64, count: UInt64) {
    self.prefix = prefix | 1
    self.count = count
  }

  package mutating func next() -> RequestID {
    // A bijection of 64 bits (splitmix64), so that no id comes twice; zero is left out, no span may be zero.
    var value: UInt64
    repeat {
      count &+= 0x9E37_79B9_7F4A_7C15
      value = (count ^ (count >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      value ^= value >> 31
    } while value == 0
    let (high, low) = (prefix, value)
    return RequestID(
      text: String(unsafeUninitializedCapacity: 32) { output in
        for place in 0..<16 {
          output[place] = Self.digit(high >> UInt64(60 - 4 * place))
          output[place + 16] = Self.digit(low >> UInt64(60 - 4 * place))
        }
        return 32
      })
  }

  private static func digit(_ value: UInt64) -> UInt8 {
    let value = UInt8(truncatingIfNeeded: value & 15)
    return value < 10 ? value + 0x30 : value + 0x57
  }
}
