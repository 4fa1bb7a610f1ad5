import COpenSSL

/// A cryptographic operation that did not succeed.
public struct CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
  public struct Code: Sendable, Hashable {
    let name: String

    /// A key or a nonce has the wrong length.
    public static let wrongLength = Code(name: "wrong length")
    /// The sealed bytes were changed, cut, or sealed under another key.
    public static let notAuthentic = Code(name: "not authentic")
    /// The system has no randomness to give.
    public static let noRandomness = Code(name: "no randomness")
    /// libcrypto refused for a reason of its own.
    public static let library = Code(name: "libcrypto")
  }

  public let code: Code
  public let detail: String

  public init(_ code: Code, _ detail: String) {
    self.code = code
    self.detail = detail
  }

  public var description: String { "\(code.name): \(detail)" }

  /// The error that libcrypto queued last on this thread; empties the queue.
  static func library(_ call: String) -> CryptoError {
    var text = [CChar](repeating: 0, count: 256)
    let number = ERR_get_error()
    ERR_error_string_n(number, &text, text.count)
    ERR_clear_error()
    let reason = String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return CryptoError(.library, "\(call): \(reason)")
  }
}
