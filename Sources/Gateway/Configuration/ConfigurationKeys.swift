/// The keys of `[section]`s, in the order of the documentation.
package struct ConfigurationSection: Sendable {
  package let name: String
  package let documentation: String
  package let keys: [ConfigurationKey<Configuration>]
}

/// Every key that a configuration may hold.
package enum ConfigurationKeys {
  package static let sections: [ConfigurationSection] = [
    ConfigurationSection(
      name: "gateway", documentation: "The process as a whole.",
      keys: [
        .string(
          "environment", \.gateway.environment, .environmentName,
          "Second part of API keys, such as psl_live_…, so that keys of a test never open the real house."),
        .string("data_folder", \.gateway.dataFolder, .path, "Folder of Passerelle's own files; one process a folder."),
        .string(
          "base_url", \.gateway.baseURL, .baseURL,
          "How partners reach the server; begins every link. Unset: the request's Host, and claims wait for it."),
        .integer("loops", \.gateway.loops, 0...256, "Event loops; 0 is one a core."),
        .integer("drain_seconds", \.gateway.drainSeconds, 0...3_600, "How long a stop waits for requests under way."),
        .secret(
          "sealing_key", \.gateway.sealingKey,
          "AES-256 key of sealed columns, 32 bytes in base64. Unset: a file in data_folder."),
        .secret(
          "link_key", \.gateway.linkKey,
          "AES-256 key of page links, 32 bytes in base64; the same for every process that serves one base_url. Unset: a file in data_folder."
        ),
      ]),
    ConfigurationSection(
      name: "database", documentation: "Postgres: one connection string a role.",
      keys: [
        .requiredSecret("app", \.database.app, "Connection string of the runtime role."),
        .requiredSecret(
          "dispatcher", \.database.dispatcher, "Connection string of the role that claims work across clinics."),
        .requiredSecret("auditor", \.database.auditor, "Connection string of the role that reads the audit."),
        .secret(
          "owner", \.database.owner,
          "Connection string of the role that migrates; only `migrate`, `demo` and `seed` need it."),
        .secret(
          "listen", \.database.listen,
          "Connection string of the server itself for LISTEN, where dispatcher goes through a transaction pooler."
        ),
        .integer(
          "connections_per_loop", \.database.connectionsPerLoop, 1...256, "Connections that each event loop may open."),
        .integer(
          "waiters_per_loop", \.database.waitersPerLoop, 0...65_536,
          "Requests that may wait for a connection; one more is answered 503."),
        .integer(
          "wait_milliseconds", \.database.waitMilliseconds, 10...60_000, "How long a request waits for a connection."),
        .integer(
          "connect_milliseconds", \.database.connectMilliseconds, 100...60_000,
          "How long a connection may take to open."),
        .integer(
          "query_milliseconds", \.database.queryMilliseconds, 10...600_000,
          "How long one query may run before it is cancelled."),
        .integer(
          "statement_cache_entries", \.database.statementCacheEntries, 0...10_000,
          "Prepared statements kept per connection; 0 behind a transaction pooler."),
      ]),
    ConfigurationSection(
      name: "http", documentation: "The FHIR and HL7-over-HTTP server.",
      keys: [
        .strings("listen", \.http.listen, .address, count: 1...16, "Addresses to listen on."),
        .boolean("tls", \.http.tls, "Speak TLS; false only on loopback addresses."),
        .string("certificate", \.http.certificate, .path, "PEM file: the server's certificate and its intermediates."),
        .string("key", \.http.key, .path, "PEM file: the private key of certificate."),
        .string("client_ca", \.http.clientCA, .path, "PEM file: who signs partners' certificates."),
        .string(
          "client_crl", \.http.clientCRL, .path,
          "PEM file: revocation list; a stale one refuses every client certificate."),
        .choice("client_certificate", \.http.clientCertificate, "Whether a client certificate is asked for."),
        .integer("connections", \.http.connections, 1...1_000_000, "Open connections at most."),
        .integer(
          "header_block_bytes", \.http.headerBlockBytes, 1_024...1_048_576, "Header block of a request at most (431)."),
        .integer("header_fields", \.http.headerFields, 8...1_000, "Fields of a header block at most (431)."),
        .integer("target_bytes", \.http.targetBytes, 256...65_536, "Request target at most (414)."),
        .integer("body_bytes", \.http.bodyBytes, 1_024...1_073_741_824, "Body of a request at most (413)."),
        .integer("hl7_body_bytes", \.http.hl7BodyBytes, 1_024...1_073_741_824, "Body of POST /hl7v2 at most (413)."),
        .integer("nesting_depth", \.http.nestingDepth, 8...512, "Nesting of JSON and XML at most."),
        .integer(
          "header_milliseconds", \.http.headerMilliseconds, 100...600_000,
          "From the first byte of a request to the end of its header (408)."),
        .integer(
          "idle_milliseconds", \.http.idleMilliseconds, 100...3_600_000,
          "A connection without a request is closed after this."),
        .integer("handler_milliseconds", \.http.handlerMilliseconds, 100...3_600_000, "Time to answer one request."),
      ]),
    ConfigurationSection(
      name: "fhir", documentation: "Search and paging.",
      keys: [
        .integer("page_size", \.fhir.pageSize, 1...10_000, "Entries of a page when _count is absent."),
        .integer(
          "page_size_maximum", \.fhir.pageSizeMaximum, 1...10_000, "Largest page; a larger _count is lowered to it."),
        .integer("includes_maximum", \.fhir.includesMaximum, 0...100_000, "Included resources of one page at most."),
        .integer("parameters_maximum", \.fhir.parametersMaximum, 1...1_000, "Parameters of one search at most."),
        .integer("values_maximum", \.fhir.valuesMaximum, 1...10_000, "Comma-parted values of one parameter at most."),
        .integer("value_bytes", \.fhir.valueBytes, 16...65_536, "Bytes of one value at most."),
        .integer("page_link_seconds", \.fhir.pageLinkSeconds, 60...31_536_000, "How long a page link works."),
        .integer(
          "rendered_bytes", \.fhir.renderedBytes, 0...1 << 40,
          "Memory for resources kept as they were last answered, in all loops together; 0 keeps none."),
      ]),
    ConfigurationSection(
      name: "mllp", documentation: "What holds for every MLLP listener.",
      keys: [
        .integer(
          "message_bytes", \.mllp.messageBytes, 1_024...1_073_741_824, "One message at most (answered AR, then closed)."
        ),
        .integer(
          "frame_milliseconds", \.mllp.frameMilliseconds, 100...3_600_000, "From the first to the last byte of a frame."
        ),
        .integer(
          "idle_milliseconds", \.mllp.idleMilliseconds, 1_000...86_400_000,
          "A connection without a frame is closed after this."),
        .integer(
          "write_milliseconds", \.mllp.writeMilliseconds, 100...3_600_000, "How long a peer may take to read its ACK."),
        .integer("connections", \.mllp.connections, 1...100_000, "Open connections of each listener at most."),
        .integer(
          "pipelined_messages", \.mllp.pipelinedMessages, 1...1_024,
          "Messages under way on one connection with pipelining."),
      ]),
    ConfigurationSection(
      name: "deliveries", documentation: "Outbound claims, invoices and notifications.",
      keys: [
        .integer(
          "workers", \.deliveries.workers, 0...1_024,
          "Deliveries under way at a time; 0 sends nothing from this process."),
        .integers(
          "retry_schedule_seconds", \.deliveries.retryScheduleSeconds, 0...2_592_000, count: 1...64,
          "Waits before each try; after the last one the delivery is a dead letter."),
        .integer("jitter_percent", \.deliveries.jitterPercent, 0...100, "Random part added to each wait."),
        .integer(
          "connect_milliseconds", \.deliveries.connectMilliseconds, 100...600_000, "Time to connect and finish TLS."),
        .integer(
          "response_milliseconds", \.deliveries.responseMilliseconds, 100...600_000,
          "Time from the request's last byte to the answer's."),
        .integer("response_bytes", \.deliveries.responseBytes, 1_024...67_108_864, "Body of an answer at most."),
        .integer(
          "kept_connections", \.deliveries.keptConnections, 0...1_024,
          "Connections to partners that wait for the next delivery; 0 closes each after its answer."),
        .integer(
          "kept_connections_each", \.deliveries.keptConnectionsEach, 1...64,
          "Of them those to one address with one client certificate."),
        .integer("kept_milliseconds", \.deliveries.keptMilliseconds, 100...600_000, "How long they wait."),
        .integer(
          "lease_seconds", \.deliveries.leaseSeconds, 5...3_600,
          "How long a worker owns a delivery without renewing; what a killed process held waits no longer than this."),
        .integer(
          "poll_milliseconds", \.deliveries.pollMilliseconds, 50...600_000, "Catch-up interval beside notifications."),
        .choice(
          "private_addresses", \.deliveries.privateAddresses,
          "Whether any partner may be reached at a private or loopback address."),
      ]),
    ConfigurationSection(
      name: "audit", documentation: "The audit trail.",
      keys: [
        .integer(
          "batch_rows", \.audit.batchRows, 1...10_000, "Rows of concurrent requests that share one commit at most."),
        .integer(
          "chain_head_seconds", \.audit.chainHeadSeconds, 1...86_400, "Interval at which each chain's head is recorded."
        ),
        .integer(
          "stranger_samples_per_minute", \.audit.strangerSamplesPerMinute, 0...100_000,
          "Refused unknown callers that get a row of their own; the rest is counted."),
        .integer(
          "stranger_addresses", \.audit.strangerAddresses, 16...1_000_000,
          "Addresses of unknown callers counted apart at most."),
      ]),
    ConfigurationSection(
      name: "retention", documentation: "How long the store keeps what; whole months are dropped at a time.",
      keys: [
        .integer(
          "messages_months", \.retention.messagesMonths, 0...1_200,
          "HL7 messages, and the ledger by which repeats are known; 0 for ever."),
        .integer(
          "audit_months", \.retention.auditMonths, 0...1_200, "The audit, three months at least; 0 for ever."),
        .integer(
          "deliveries_days", \.retention.deliveriesDays, 0...36_500,
          "Deliveries, from the day that they were made or died; 0 for ever."),
        .integer(
          "partitions_ahead_months", \.retention.partitionsAheadMonths, 1...24,
          "Months whose partitions are made ahead."
        ),
        .integer(
          "interval_seconds", \.retention.intervalSeconds, 1...86_400,
          "Between two turns of maintenance; of several processes one at a time does it."),
      ]),
    ConfigurationSection(
      name: "logging", documentation: "JSON lines on standard error.",
      keys: [.choice("level", \.logging.level, "The least severe level that is written.")]),
    ConfigurationSection(
      name: "operations", documentation: "Health and metrics.",
      keys: [
        .string("listen", \.operations.listen, .address, "Plain HTTP address of /livez, /readyz and /metrics."),
        .integer("check_milliseconds", \.operations.checkMilliseconds, 10...60_000, "Time for one readiness check."),
        .integer(
          "certificate_warning_days", \.operations.certificateWarningDays, 0...365,
          "A certificate that ends sooner is reported."),
        .integer(
          "disk_free_bytes", \.operations.diskFreeBytes, 0...(1 << 50), "Less free space in data_folder is not ready."),
      ]),
  ]

  /// The keys of `[mllp "name"]`, which may stand any number of times.
  package static let mllpListener: [ConfigurationKey<Configuration.MLLPListener>] = [
    .string("address", \.address, .address, "Address to listen on."),
    .string(
      "clinic", \.clinic, .slug, "Clinic of every message; unset: the partner's configuration decides by MSH-5/6."),
    .string(
      "partner", \.partner, .slug, "Partner of every message; unset: by certificate, else by address and MSH-3/4."),
    .choice("tls", \.tls, "Plain, TLS, or TLS with an optional or required client certificate."),
    .string("certificate", \.certificate, .path, "PEM file; unset: that of [http]."),
    .string("key", \.key, .path, "PEM file; unset: that of [http]."),
    .string("client_ca", \.clientCA, .path, "PEM file; unset: that of [http]."),
    .boolean("pipelining", \.pipelining, "Take the next message before the last one is answered."),
    .boolean(
      "plain_beyond_loopback", \.plainBeyondLoopback, "Allow tls = \"none\" on an address other machines reach."),
  ]
}
