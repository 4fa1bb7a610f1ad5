import Glibc
import Measuring

/// The best of five rounds of a fifth of a second each, in MB/s of `bytes` a call. A call that answers 0 has failed.
func rate(_ bytes: Int, _ body: () -> Int) -> Double {
  var best = 0.0
  for _ in 0..<5 {
    var done = 0
    let start = now()
    while now() - start < 0.2 {
      for _ in 0..<max(1, 200_000 / bytes) { done += body() == 0 ? 0 : bytes }
    }
    best = max(best, Double(done) / (now() - start) / 1e6)
  }
  return best
}

/// What `JSON.parse` and `JSON.stringify` of the machine's node reach on the file, in MB/s; nil without node.
func node(_ path: String) -> (parse: Double, write: Double)? {
  guard !path.contains("'"), let pipe = popen("node Benchmarks/node/json.mjs '\(path)' 2>/dev/null", "r") else {
    return nil
  }
  defer { pclose(pipe) }
  var line = [CChar](repeating: 0, count: 256)
  guard fgets(&line, Int32(line.count), pipe) != nil else { return nil }
  let end = line.firstIndex(of: 0) ?? line.count
  let fields = String(decoding: line[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self).split {
    $0 == " " || $0 == "\n"
  }
  guard fields.count == 2, let parse = Double(fields[0]), let write = Double(fields[1]) else { return nil }
  return (parse, write)
}

/// A line of a table: the first column wide, the others right-aligned.
func row(_ name: String, _ columns: [String]) {
  print(padded(name, 16) + columns.map { padded($0, 13) }.joined())
}
