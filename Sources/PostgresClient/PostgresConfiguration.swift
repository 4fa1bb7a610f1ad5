/// Where the database is and how much may be asked of it.
public struct PostgresConfiguration: Sendable {
  /// A libpq connection string: `postgresql://…` or `host=… dbname=…`.
  public var dsn: String
  /// Connection keywords that win over the DSN, such as `["user": "passerelle_app"]`.
  public var overrides: [String: String] = [:]
  /// Session settings made right after connecting.
  public var settings: [String: String] = ["TimeZone": "UTC", "DateStyle": "ISO, YMD", "bytea_output": "hex"]
  /// Name shown in `pg_stat_activity`.
  public var applicationName = "passerelle"

  /// Connections of one pool, that is of one loop.
  public var connections = 8
  /// Pipelines that may be on their way on one connection at once.
  public var pipelinesPerConnection = 16
  /// Callers that may wait for a connection; the next one is refused with `poolExhausted`.
  public var waiters = 1_024
  /// Statements kept prepared on a connection; 0 behind pgbouncer in transaction mode.
  public var preparedStatements = 256

  /// The whole of a `run`, from its call to its commit.
  public var queryTimeoutMilliseconds = 5_000
  /// How long a caller waits for a connection before it is told that there is none.
  public var acquireTimeoutMilliseconds = 2_000
  /// One attempt to connect. libpq counts in seconds and never takes less than two.
  public var connectTimeoutMilliseconds = 5_000
  /// What a cancelled statement gets to say so, before its connection is dropped.
  public var cancelGraceMilliseconds = 1_000
  /// A statement that runs longer than this gets nobody queued behind it on its connection.
  public var stallMilliseconds = 20
  /// Wait before the second attempt to connect; doubles, jittered, up to the longest.
  public var firstBackoffMilliseconds = 50
  public var longestBackoffMilliseconds = 5_000

  /// Rows and bytes of one result.
  public var resultRows = 1_000_000
  public var resultBytes = 256 << 20
  /// Bytes of all parameters of one pipeline.
  public var parameterBytes = 128 << 20

  public init(dsn: String) { self.dsn = dsn }

  /// Keywords for libpq: what the DSN may override, the DSN, what it may not.
  ///
  /// A peer that is gone is noticed within 15 s: keep-alives after 5 s, three of 3 s; unacknowledged data after 10 s.
  var keywords: [(String, String)] {
    let before = [
      ("keepalives", "1"), ("keepalives_idle", "5"), ("keepalives_interval", "3"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "10000"), ("connect_timeout", String(max(2, (connectTimeoutMilliseconds + 999) / 1_000))),
      ("fallback_application_name", applicationName),
    ]
    let after = overrides.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return before + [("dbname", dsn)] + after + [("client_encoding", "UTF8")]
  }
}
