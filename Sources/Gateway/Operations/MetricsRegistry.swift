import Synchronization

/// What the process counts, declared once at start; then each event loop counts in a shard of its own.
///
/// Every label's values are declared, so the number of series is known and no request can add one; a value that was not
/// declared counts as `other`. Names follow Prometheus (`_total`, `_seconds`, `_bytes`).
package struct MetricsRegistry: Sendable {
  package static let maximumSeries = 100_000

  package enum Kind: String, Sendable { case counter, gauge, histogram }

  package struct Label: Sendable {
    package let name: String
    package let values: [String]

    package init(_ name: String, _ values: [String]) {
      self.name = name
      self.values = values + (values.contains("other") ? [] : ["other"])
    }
  }

  struct Family: Sendable {
    let name: String
    let help: String
    let kind: Kind
    let labels: [Label]
    /// Upper bounds of a histogram's buckets in nanoseconds, rising; empty for the other kinds.
    let bounds: [UInt64]
    let start: Int
    var series: Int { labels.reduce(1) { $0 * $1.values.count } }
    /// Buckets, the bucket beyond all bounds, and the sum; one for the other kinds.
    var width: Int { kind == .histogram ? bounds.count + 2 : 1 }
  }

  private(set) var families: [Family] = []
  private(set) var slots = 0

  package init() {}

  package mutating func counter(_ name: String, _ help: String, labels: [Label] = []) -> MetricFamily {
    declare(name, help, .counter, labels, [])
  }

  /// A value that goes up and down; the sum over the shards is shown.
  package mutating func gauge(_ name: String, _ help: String, labels: [Label] = []) -> MetricFamily {
    declare(name, help, .gauge, labels, [])
  }

  /// Durations, shown in seconds.
  package mutating func histogram(
    _ name: String, _ help: String, labels: [Label] = [], boundsMicroseconds: [UInt64] = MetricsRegistry.durations
  ) -> MetricFamily {
    declare(name, help, .histogram, labels, boundsMicroseconds.map { $0 * 1_000 })
  }

  /// 100 µs to 10 s.
  package static let durations: [UInt64] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000,
    10_000_000,
  ]

  private mutating func declare(
    _ name: String, _ help: String, _ kind: Kind, _ labels: [Label], _ bounds: [UInt64]
  ) -> MetricFamily {
    precondition(!families.contains { $0.name == name }, "metric \(name) is declared twice")
    precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds of \(name) do not rise")
    let family = Family(name: name, help: help, kind: kind, labels: labels, bounds: bounds, start: slots)
    slots += family.series * family.width
    precondition(slots <= Self.maximumSeries, "metric \(name) has too many series")
    families.append(family)
    return MetricFamily(family)
  }
}

/// A declared metric; picks one series by its labels' values.
package struct MetricFamily: Sendable {
  private let family: MetricsRegistry.Family
  init(_ family: MetricsRegistry.Family) { self.family = family }

  /// The series of these values, one for each label in order; unknown ones are `other`. Look it up once, then keep it.
  package func series(_ values: String...) -> MetricSeries {
    precondition(values.count == family.labels.count, "\(family.name) has \(family.labels.count) labels")
    var position = 0
    for (label, value) in zip(family.labels, values) {
      let index = label.values.firstIndex(of: value) ?? label.values.firstIndex(of: "other") ?? 0
      position = position * label.values.count + index
    }
    return MetricSeries(slot: family.start + position * family.width, bounds: family.bounds)
  }
}

/// Where one series is counted, in every shard alike.
package struct MetricSeries: Sendable {
  let slot: Int
  let bounds: [UInt64]
}

/// The numbers of one event loop.
///
/// One thread writes, any thread reads: each slot is an atomic that the writer loads and stores without a locked
/// instruction, so counting costs what an ordinary addition costs and a reader never sees half a number.
// @unchecked: `slots` is set in init and points to atomics; see above for who writes them.
package final class MetricsShard: @unchecked Sendable {
  private let slots: UnsafeMutableBufferPointer<Atomic<UInt64>>

  package init(_ registry: MetricsRegistry) {
    slots = .allocate(capacity: registry.slots)
    for index in slots.indices { slots.initializeElement(at: index, to: Atomic(0)) }
  }

  deinit { slots.deinitialize().deallocate() }

  private func add(_ amount: UInt64, at slot: Int) {
    slots[slot].store(slots[slot].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
  }

  func value(at slot: Int) -> UInt64 { slots[slot].load(ordering: .relaxed) }

  /// Adds to a counter, or to a gauge. The shard's own thread only.
  package func add(_ series: MetricSeries, _ amount: Int = 1) {
    add(UInt64(bitPattern: Int64(amount)), at: series.slot)
  }

  /// Sets a gauge's part of this shard. The shard's own thread only.
  package func set(_ series: MetricSeries, _ value: Int) {
    slots[series.slot].store(UInt64(bitPattern: Int64(value)), ordering: .relaxed)
  }

  /// Adds a duration to a histogram. The shard's own thread only.
  package func observe(_ series: MetricSeries, nanoseconds: UInt64) {
    let bucket = series.bounds.firstIndex { nanoseconds <= $0 } ?? series.bounds.count
    add(1, at: series.slot + bucket)
    add(nanoseconds, at: series.slot + series.bounds.count + 1)
  }
}

extension MetricsRegistry {
  /// The sum of the shards in Prometheus' text format 0.0.4. Any thread.
  package func exposition(_ shards: [MetricsShard]) -> String {
    var text = ""
    for family in families {
      text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
      for position in 0..<family.series { append(family, position, shards, to: &text) }
    }
    return text
  }

  private func append(_ family: Family, _ position: Int, _ shards: [MetricsShard], to text: inout String) {
    let slot = family.start + position * family.width
    func sum(_ offset: Int) -> UInt64 { shards.reduce(0) { $0 &+ $1.value(at: slot + offset) } }
    let labels = Self.labels(of: family, at: position)
    func line(_ suffix: String, _ more: String, _ value: String) {
      let all = (labels + (more.isEmpty ? [] : [more])).joined(separator: ",")
      text += family.name + suffix + (all.isEmpty ? "" : "{\(all)}") + " \(value)\n"
    }
    switch family.kind {
    case .counter, .gauge:
      let value = Int64(bitPattern: sum(0))
      // The catch-all is shown once it has caught something.
      if value == 0, labels.contains(where: { $0.hasSuffix("=\"other\"") }) { return }
      line("", "", String(value))
    case .histogram:
      let counts = (0...family.bounds.count).map(sum)
      let total = counts.reduce(0, &+)
      if total == 0, !labels.isEmpty { return }
      var running: UInt64 = 0
      for (bound, count) in zip(family.bounds, counts) {
        running &+= count
        line("_bucket", "le=\"\(Self.seconds(bound))\"", String(running))
      }
      line("_bucket", "le=\"+Inf\"", String(total))
      line("_sum", "", Self.seconds(sum(family.bounds.count + 1)))
      line("_count", "", String(total))
    }
  }

  private static func labels(of family: Family, at position: Int) -> [String] {
    var rest = position
    var labels: [String] = []
    for label in family.labels.reversed() {
      labels.append("\(label.name)=\"\(escaped(label.values[rest % label.values.count]))\"")
      rest /= label.values.count
    }
    return labels.reversed()
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  /// Nanoseconds as decimal seconds, exactly.
  static func seconds(_ nanoseconds: UInt64) -> String {
    let fraction = String(nanoseconds % 1_000_000_000)
    var digits = String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(nanoseconds / 1_000_000_000)" + (digits.isEmpty ? "" : ".\(digits)")
  }
}
