import Crypto
import Glibc
import HTTP
import JSON
package import Reactor

/// A partner that takes deliveries, as a partner should: for the demonstration, for tests, and as an example to read.
///
/// It verifies the signature, keeps each body once by its `webhook-id`, and writes a line to its ledger for every
/// request. It serves over TLS and may ask for the gateway's client certificate.
///
/// Isolation: the loop's own thread.
// @unchecked: every stored variable belongs to `loop`'s thread.
package final class ReceivingPartner: @unchecked Sendable {
  /// What it does with the next request, for trying what happens when a partner fails.
  package enum Behaviour: Sendable, Equatable {
    case accept
    /// Answers with a status, without keeping anything.
    case answer(Int, retryAfter: String? = nil)
    /// Keeps the body, then answers with a status: the answer that got lost.
    case acceptButAnswer(Int)
    /// Never answers.
    case hang
    case redirect(String)
  }

  /// One request, as the ledger has it.
  package struct Receipt: Sendable, Equatable {
    package let key: String
    /// Lower-case hex.
    package let sha256: String
    package let unixSeconds: Int64
    package let contentType: String
    package let path: String
    package let status: Int
    /// The key had been accepted before.
    package let isRepeat: Bool
  }

  /// How far the signature's time may lie from ours, as Standard Webhooks advises.
  static let toleranceSeconds: Int64 = 300
  static let bodyBytes = 64 << 20

  private let loop: EventLoop
  private let folder: String
  private let secrets: WebhookSecrets?
  private var server: HTTPServer?
  private var accepted: [String: String] = [:]
  /// Every request since the start, in order.
  package private(set) var receipts: [Receipt] = []
  /// Consumed from the front, one a request; when empty, requests are accepted.
  package var behaviours: [Behaviour] = []
  /// What it does when `behaviours` is empty.
  package var usually = Behaviour.accept

  /// - Parameters:
  ///   - folder: where bodies and `ledger.jsonl` are kept; made when missing.
  ///   - secrets: verifies signatures; nil takes unsigned requests too.
  package init(loop: EventLoop, folder: String, secrets: WebhookSecrets?) throws(SystemFailure) {
    self.loop = loop
    self.folder = folder
    self.secrets = secrets
    try makeFolder(folder)
    // What a run before has accepted is still known: one line of the ledger a request.
    guard let lines = try? readWholeFile("\(folder)/ledger.jsonl", maximumBytes: 256 << 20) else { return }
    for line in lines.split(separator: 0x0A) {
      guard let entry = try? JSONValue.parse(Array(line)), let key = entry["key"]?.string,
        let hash = entry["sha256"]?.string, entry["status"]?.int == 200
      else { continue }
      accepted[key] = hash
    }
  }

  /// Serves at `address`; call on the loop.
  /// - Returns: where it listens.
  package func serve(at address: SocketAddress, tls: TLSContextBox?) throws(SystemError) -> SocketAddress {
    var limits = HTTPLimits()
    limits.bodyBytes = Self.bodyBytes
    limits.handlerTimeoutMilliseconds = 600_000
    let handler = HTTPClosureHandler { (request) async throws(HTTPRefusal) in try await self.respond(to: request) }
    let server = try HTTPServer(address: address, loop: loop, tls: tls, limits: limits, handler: handler)
    self.server = server
    return server.address
  }

  package func stop(until deadline: Deadline) async { await server?.drain(until: deadline) }

  private func respond(to request: HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse {
    guard request.method == .post else { return .text(.methodNotAllowed, "POST deliveries here") }
    let body = try await request.body.collect(limit: Self.bodyBytes)
    guard let key = request.fields["webhook-id"], Self.isFileName(key) else {
      return .text(.badRequest, "webhook-id is missing, over 100 characters or not of letters, digits, - _ .")
    }
    if let refusal = signatureRefusal(request.fields, key, body) {
      note(request, key, body, status: 401, isRepeat: false)
      return .text(.unauthorized, refusal)
    }
    switch behaviours.isEmpty ? usually : behaviours.removeFirst() {
    case .accept: return await accept(request, key, body, answering: 200)
    case .acceptButAnswer(let status): return await accept(request, key, body, answering: status)
    case .answer(let status, let retryAfter):
      note(request, key, body, status: status, isRepeat: accepted[key] != nil)
      var response = HTTPResponse.text(HTTPStatus(status), "as told")
      if let retryAfter { response.fields.append(.retryAfter, retryAfter) }
      return response
    case .redirect(let location):
      note(request, key, body, status: 307, isRepeat: accepted[key] != nil)
      var response = HTTPResponse(HTTPStatus(307))
      response.fields.append(.location, location)
      return response
    case .hang:
      note(request, key, body, status: 0, isRepeat: accepted[key] != nil)
      await loop.sleep(milliseconds: 60_000)
      return .text(.serviceUnavailable, "late")
    }
  }

  /// Why the signature does not hold; nil when it does or none is asked for.
  private func signatureRefusal(_ fields: HTTPFields, _ key: String, _ body: [UInt8]) -> String? {
    guard let secrets else { return nil }
    guard let text = fields["webhook-timestamp"], let timestamp = Int64(text),
      abs(WallClock.unixSeconds - timestamp) <= Self.toleranceSeconds
    else { return "webhook-timestamp is missing or more than \(Self.toleranceSeconds) s away" }
    guard let signature = fields["webhook-signature"],
      secrets.accepts(signature, id: key, timestamp: timestamp, body: body)
    else { return "webhook-signature is missing or not by the secret agreed upon" }
    return nil
  }

  /// Keeps a body under its key; the same again is taken and kept once, other bytes under the key are a conflict.
  private func accept(
    _ request: HTTPRequest, _ key: String, _ body: [UInt8], answering status: Int
  ) async -> HTTPResponse {
    let hash = Hex.encode(SHA256.hash(body))
    if let known = accepted[key] {
      let isSame = known == hash
      note(request, key, body, status: isSame ? 200 : 409, isRepeat: true)
      return isSame ? .text(.ok, "taken before") : .text(.conflict, "the key came with other bytes before")
    }
    let path = "\(folder)/\(key).\(Self.ending(of: request.fields[.contentType] ?? ""))"
    accepted[key] = hash
    do {
      try await BlockingPool.shared.run { try writeFile(body, to: path) }
    } catch {
      accepted[key] = nil
      return .text(.insufficientStorage, "the body could not be kept")
    }
    note(request, key, body, status: 200, isRepeat: false)
    return .text(HTTPStatus(status), status == 200 ? "taken" : "as told")
  }

  private func note(_ request: HTTPRequest, _ key: String, _ body: [UInt8], status: Int, isRepeat: Bool) {
    let receipt = Receipt(
      key: key, sha256: Hex.encode(SHA256.hash(body)), unixSeconds: WallClock.unixSeconds,
      contentType: request.fields[.contentType] ?? "", path: request.path, status: status, isRepeat: isRepeat)
    receipts.append(receipt)
    let entry: JSONObject = [
      "key": .string(receipt.key), "sha256": .string(receipt.sha256), "time": .number("\(receipt.unixSeconds)"),
      "content_type": .string(receipt.contentType), "path": .string(receipt.path),
      "status": .number("\(receipt.status)"), "repeat": .bool(receipt.isRepeat),
    ]
    let bytes = JSONValue.object(entry).serialized() + [0x0A]
    let file = open("\(folder)/ledger.jsonl", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { return }
    _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  private static func isFileName(_ key: String) -> Bool {
    (1...100).contains(key.utf8.count) && key.first != "."
      && key.utf8.allSatisfy { Base62.isDigit($0) || "-_.".utf8.contains($0) }
  }

  private static func ending(of type: String) -> String {
    type.contains("json") ? "json" : type.contains("xml") ? "xml" : "bin"
  }
}

/// Makes a folder of the owner's alone, unless it is there.
func makeFolder(_ path: String) throws(SystemFailure) {
  guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
    throw SystemFailure(reason: "\(path): \(SystemFailure.last.reason)")
  }
}

/// Writes a file beside its place and moves it there when it is whole.
func writeFile(_ bytes: [UInt8], to path: String) throws(SystemFailure) {
  let draft = path + ".new"
  let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard file >= 0 else { throw SystemFailure.last }
  defer { close(file) }
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    guard count > 0 else { throw SystemFailure.last }
    rest = rest.dropFirst(count)
  }
  guard fsync(file) == 0, rename(draft, path) == 0 else { throw SystemFailure.last }
}
