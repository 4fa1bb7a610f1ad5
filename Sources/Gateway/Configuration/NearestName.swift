/// The known name nearest to a mistyped one, for errors that say "did you mean".
///
/// Distance is optimal string alignment (insert, delete, replace, swap of neighbours) over bytes; names farther than a
/// third of their length are no suggestion. Used by the configuration, the command line and the search parser.
package func nearestName(to name: String, in known: some Sequence<String>) -> String? {
  let wanted = Array(name.utf8.prefix(64))
  guard !wanted.isEmpty else { return nil }
  var best: (name: String, distance: Int)?
  for candidate in known {
    let bytes = Array(candidate.utf8.prefix(64))
    let distance = alignmentDistance(wanted, bytes)
    guard distance <= max(1, max(wanted.count, bytes.count) / 3) else { continue }
    guard let held = best else {
      best = (candidate, distance)
      continue
    }
    if distance < held.distance || (distance == held.distance && candidate < held.name) { best = (candidate, distance) }
  }
  return best?.name
}

private func alignmentDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
  var beforeLast = [Int](repeating: 0, count: b.count + 1)
  var last = Array(0...b.count)
  for i in 1...a.count {
    var row = [Int](repeating: i, count: b.count + 1)
    for j in 1...b.count {
      let same = folded(a[i - 1]) == folded(b[j - 1])
      row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
      if i > 1, j > 1, folded(a[i - 1]) == folded(b[j - 2]), folded(a[i - 2]) == folded(b[j - 1]) {
        row[j] = min(row[j], beforeLast[j - 2] + 1)
      }
    }
    beforeLast = last
    last = row
  }
  return last[b.count]
}

private func folded(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte | 0x20 : byte }
