/// The name of a header field (RFC 9110, section 5.1): compared without regard to case, written as given.
public struct HTTPFieldName: Sendable, Hashable, CustomStringConvertible, ExpressibleByStringLiteral {
  let bytes: [UInt8]
  /// Of the lower-case bytes.
  let hash: UInt32

  /// A name made of token characters; nil for any other text.
  public init?(validating text: some StringProtocol) {
    let bytes = Array(text.utf8)
    guard !bytes.isEmpty, bytes.allSatisfy({ HTTPCharacters.lowerToken($0) != 0 }) else { return nil }
    self.bytes = bytes
    hash = Self.hash(of: bytes)
  }

  /// A name written in the program.
  public init(stringLiteral text: StaticString) {
    bytes = text.withUTF8Buffer { Array($0) }
    precondition(!bytes.isEmpty && bytes.allSatisfy { HTTPCharacters.lowerToken($0) != 0 }, "no field name: \(text)")
    hash = Self.hash(of: bytes)
  }

  public var description: String { String(decoding: bytes, as: UTF8.self) }

  public static func == (left: HTTPFieldName, right: HTTPFieldName) -> Bool {
    left.hash == right.hash && left.bytes.count == right.bytes.count
      && zip(left.bytes, right.bytes).allSatisfy { HTTPCharacters.lowerToken($0) == HTTPCharacters.lowerToken($1) }
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  /// FNV-1a over lower-case bytes.
  private static func hash(of bytes: [UInt8]) -> UInt32 {
    bytes.reduce(hashStart) { hashStep($0, HTTPCharacters.lowerToken($1)) }
  }
  static let hashStart: UInt32 = 0x811C_9DC5
  @inline(__always)
  static func hashStep(_ hash: UInt32, _ lowerByte: UInt8) -> UInt32 { (hash ^ UInt32(lowerByte)) &* 0x0100_0193 }
}

/// Names that the server and its users write, computed once.
extension HTTPFieldName {
  public static let accept: HTTPFieldName = "Accept"
  public static let acceptEncoding: HTTPFieldName = "Accept-Encoding"
  public static let allow: HTTPFieldName = "Allow"
  public static let authorization: HTTPFieldName = "Authorization"
  public static let cacheControl: HTTPFieldName = "Cache-Control"
  public static let connection: HTTPFieldName = "Connection"
  public static let contentEncoding: HTTPFieldName = "Content-Encoding"
  public static let contentLength: HTTPFieldName = "Content-Length"
  public static let contentLocation: HTTPFieldName = "Content-Location"
  public static let contentSecurityPolicy: HTTPFieldName = "Content-Security-Policy"
  public static let contentType: HTTPFieldName = "Content-Type"
  public static let date: HTTPFieldName = "Date"
  public static let eTag: HTTPFieldName = "ETag"
  public static let expect: HTTPFieldName = "Expect"
  public static let host: HTTPFieldName = "Host"
  public static let idempotencyKey: HTTPFieldName = "Idempotency-Key"
  public static let ifMatch: HTTPFieldName = "If-Match"
  public static let ifModifiedSince: HTTPFieldName = "If-Modified-Since"
  public static let ifNoneExist: HTTPFieldName = "If-None-Exist"
  public static let ifNoneMatch: HTTPFieldName = "If-None-Match"
  public static let lastModified: HTTPFieldName = "Last-Modified"
  public static let location: HTTPFieldName = "Location"
  public static let prefer: HTTPFieldName = "Prefer"
  public static let retryAfter: HTTPFieldName = "Retry-After"
  public static let traceparent: HTTPFieldName = "traceparent"
  public static let tracestate: HTTPFieldName = "tracestate"
  public static let transferEncoding: HTTPFieldName = "Transfer-Encoding"
  public static let userAgent: HTTPFieldName = "User-Agent"
  public static let vary: HTTPFieldName = "Vary"
  public static let wwwAuthenticate: HTTPFieldName = "WWW-Authenticate"
  public static let xAPIKey: HTTPFieldName = "X-API-Key"
  public static let xRequestID: HTTPFieldName = "X-Request-Id"
}
