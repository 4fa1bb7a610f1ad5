/// An answer: status, fields and body. The server adds Date, framing and Connection.
public struct HTTPResponse: Sendable {
  public enum Body: Sendable {
    case none
    case bytes([UInt8])
    /// Several buffers that are sent one after the other without being joined.
    case pieces([[UInt8]])
    /// Written by a closure as it goes; see `HTTPBodyWriter`. With a length the writer must write exactly that much,
    /// without one the body goes out in chunks.
    case stream(length: Int?, @Sendable (HTTPBodyWriter) async throws -> Void)
  }

  public var status: HTTPStatus
  public var fields: HTTPFields
  public var body: Body
  /// Ends the connection after this answer.
  public var closesConnection = false

  public init(_ status: HTTPStatus, fields: HTTPFields = HTTPFields(), body: Body = .none) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// An answer with a body of one media type.
  public init(_ status: HTTPStatus, type: String, _ bytes: [UInt8]) {
    self.init(status, body: .bytes(bytes))
    fields.append(.contentType, type)
  }

  /// A line of plain text.
  public static func text(_ status: HTTPStatus, _ text: String) -> HTTPResponse {
    HTTPResponse(status, type: "text/plain; charset=utf-8", Array(text.utf8) + [0x0A])
  }
}

/// Answers requests. One handler serves every connection of a server, on the loop of each.
public protocol HTTPHandler: Sendable {
  /// Answers one request. What is thrown becomes `refuse`'s answer and the end of the connection.
  func respond(to request: HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse

  /// The answer to what never became a request, or to a body that could not be read.
  func refuse(_ refusal: HTTPRefusal) -> HTTPResponse
}

extension HTTPHandler {
  public func refuse(_ refusal: HTTPRefusal) -> HTTPResponse { .text(refusal.status, refusal.reason) }
}

/// A handler made of a closure.
public struct HTTPClosureHandler: HTTPHandler {
  private let closure: @Sendable (HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse

  public init(_ closure: @escaping @Sendable (HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse) {
    self.closure = closure
  }

  public func respond(to request: HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse {
    try await closure(request)
  }
}
