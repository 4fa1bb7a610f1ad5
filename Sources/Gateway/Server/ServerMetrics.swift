/// Every metric of the server, declared once; each loop counts in its own shard.
package final class ServerMetrics: Sendable {
  package let registry: MetricsRegistry
  /// What is counted of each interaction's answers: by the status's hundreds, beginning at 200, and how long they took.
  private let answers: [String: (statuses: [MetricSeries], duration: MetricSeries)]
  private let otherAnswers: (statuses: [MetricSeries], duration: MetricSeries)
  private let refusals: MetricFamily
  package let strangers: MetricFamily
  private let messages: MetricFamily
  private let deliveries: MetricFamily
  private let backlog: MetricFamily
  private let backlogAge: MetricFamily
  private let maintenance: MetricFamily
  package let auditRows: MetricSeries
  package let auditBatches: MetricSeries
  package let databaseConnections: MetricSeries
  package let databaseWaiting: MetricSeries
  package let httpConnections: MetricSeries

  package init() {
    var registry = MetricsRegistry()
    let interaction = MetricsRegistry.Label(
      "interaction", ["read", "search-type", "create", "capabilities", "hl7v2", "none"])
    let requests = registry.counter(
      "passerelle_http_requests_total", "HTTP requests answered.",
      labels: [interaction, .init("status", ["2xx", "3xx", "4xx", "5xx"])])
    let durations = registry.histogram(
      "passerelle_http_request_seconds", "Time from a request's head to its answer.", labels: [interaction])
    func series(_ interaction: String) -> (statuses: [MetricSeries], duration: MetricSeries) {
      let statuses = ["2xx", "3xx", "4xx", "5xx", "other"].map { requests.series(interaction, $0) }
      return (statuses, durations.series(interaction))
    }
    answers = Dictionary(uniqueKeysWithValues: interaction.values.map { ($0, series($0)) })
    otherAnswers = series("other")
    refusals = registry.counter(
      "passerelle_access_refusals_total", "Refused requests of known partners.",
      labels: [.init("reason", AccessRefusal.Reason.allCases.map(\.rawValue))])
    strangers = registry.counter(
      "passerelle_strangers_total", "Refused requests of unknown callers.",
      labels: [.init("reason", AccessRefusal.Reason.allCases.map(\.rawValue))])
    messages = registry.counter(
      "passerelle_hl7_messages_total", "HL7 v2 messages answered, by acknowledgement code.",
      labels: [.init("ack", ["AA", "AE", "AR", "CA", "CE", "CR", "none"])])
    deliveries = registry.counter(
      "passerelle_delivery_attempts_total", "Attempts to deliver, by outcome.",
      labels: [.init("outcome", ["delivered", "failed", "dead"])])
    let owed = [
      MetricsRegistry.Label("kind", PartnerKind.allCases.map(\.rawValue)),
      MetricsRegistry.Label("state", DeliveryBacklog.states),
    ]
    backlog = registry.gauge(
      "passerelle_deliveries", "Deliveries that are not made yet, in the whole database.", labels: owed)
    backlogAge = registry.gauge(
      "passerelle_delivery_oldest_seconds", "Age of the oldest of them; 0 where there is none.", labels: owed)
    maintenance = registry.counter(
      "passerelle_maintenance_removed_total", "Rows purged and partitions dropped because their time was over.",
      labels: [
        .init("work", ["purged", "dropped"]),
        .init(
          "table",
          [
            "hl7_message", "audit_event", "message_ledger", "message_effect", "delivery", "audit_chain_head",
            "stranger_sample",
          ]),
      ])
    auditRows = registry.gauge("passerelle_audit_rows", "Audit rows made durable since the start.").series()
    auditBatches = registry.gauge("passerelle_audit_batches", "Commits that carried them.").series()
    databaseConnections = registry.gauge("passerelle_database_connections", "Open Postgres connections.").series()
    databaseWaiting = registry.gauge("passerelle_database_waiting", "Requests that wait for one.").series()
    httpConnections = registry.gauge("passerelle_http_connections", "Open HTTP connections.").series()
    self.registry = registry
  }

  package func answered(_ shard: MetricsShard, _ interaction: String, status: Int, nanoseconds: UInt64) {
    let series = answers[interaction] ?? otherAnswers
    shard.add(series.statuses[(200..<600).contains(status) ? status / 100 - 2 : 4])
    shard.observe(series.duration, nanoseconds: nanoseconds)
  }

  package func refused(_ shard: MetricsShard, _ reason: AccessRefusal.Reason, isStranger: Bool) {
    shard.add((isStranger ? strangers : refusals).series(reason.rawValue))
  }

  package func acknowledged(_ shard: MetricsShard, _ code: String) { shard.add(messages.series(code)) }

  package func owed(_ shard: MetricsShard, kind: String, state: String, count: Int, oldestSeconds: Int) {
    shard.set(backlog.series(kind, state), count)
    shard.set(backlogAge.series(kind, state), oldestSeconds)
  }

  package func removed(_ shard: MetricsShard, _ work: String, table: String, rows: Int) {
    shard.add(maintenance.series(work, table), rows)
  }

  package func delivered(_ shard: MetricsShard, _ outcome: String) { shard.add(deliveries.series(outcome)) }
}
