/// Connection strings of keywords and values, as `PostgresTestCluster` gives them.
public enum TestDSN {
  /// The value of a keyword, such as `dbname`; empty where it is not given.
  public static func value(of keyword: String, in dsn: String) -> String {
    let word = dsn.split(separator: " ").first { $0.hasPrefix(keyword + "=") } ?? ""
    return String(word.dropFirst(keyword.count + 1))
  }

  /// The same database through a loopback port; the socket's folder gives way to it.
  public static func through(port: UInt16, _ dsn: String) -> String {
    dsn.split(separator: " ").map { $0.hasPrefix("host=") ? "host=127.0.0.1 port=\(port)" : String($0) }
      .joined(separator: " ")
  }
}
