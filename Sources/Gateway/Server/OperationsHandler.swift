import HTTP
import JSON
import Reactor

/// `/livez`, `/readyz` and `/metrics`, on a listener of their own that partners do not reach.
struct OperationsHandler: HTTPHandler {
  let health: HealthMonitor
  let metrics: ServerMetrics
  let shards: [MetricsShard]
  /// Brings gauges up to date before they are shown.
  let refresh: @Sendable () async -> Void

  func respond(to request: HTTPRequest) async throws(HTTPRefusal) -> HTTPResponse {
    guard request.method == .get || request.method == .head else {
      var response = HTTPResponse.text(.methodNotAllowed, "GET and HEAD only")
      response.fields.append(.allow, "GET, HEAD")
      return response
    }
    switch request.path {
    case "/livez":
      return HTTPResponse(.ok, type: "application/json", Array(#"{"status":"alive"}"#.utf8))
    case "/readyz":
      let report = health.readiness.report(now: request.connection.loop.now)
      return HTTPResponse(HTTPStatus(report.status), type: "application/json", report.body.serialized())
    case "/metrics":
      await refresh()
      return HTTPResponse(
        .ok, type: "text/plain; version=0.0.4; charset=utf-8", Array(metrics.registry.exposition(shards).utf8))
    default:
      return .text(.notFound, "here are /livez, /readyz and /metrics")
    }
  }
}
