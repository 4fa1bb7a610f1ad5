import Glibc
import PostgresClient
import Reactor

/// Selects a second through one pool of one loop, beside `pgbench -M prepared -f reference/select.sql`.
///
///     postgres-bench DSN [run|group] [tasks] [connections] [seconds]

func cpuMicroseconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
  return Double(seconds) * 1e6 + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
}

// @unchecked: touched by tasks of one loop only.
final class Count: @unchecked Sendable {
  var queries = 0
  var isOver = false
}

let arguments = CommandLine.arguments
guard arguments.count > 1 else {
  print("usage: postgres-bench DSN [run|group] [tasks] [connections] [seconds]")
  exit(64)
}
let mode = arguments.count > 2 ? arguments[2] : "run"
let tasks = arguments.count > 3 ? Int(arguments[3]) ?? 64 : 64
let seconds = arguments.count > 5 ? Int(arguments[5]) ?? 5 : 5
let loop = try EventLoop()
try loop.start()
var configuration = PostgresConfiguration(dsn: arguments[1])
configuration.connections = arguments.count > 4 ? Int(arguments[4]) ?? 8 : 8
let pool = PostgresPool(configuration, loop: loop)

let (queries, elapsed, cpu) = try await loop.run {
  let count = Count()
  let work = (0..<tasks).map { seed in
    Task(executorPreference: loop) {
      var number = seed &* 7_919
      while !count.isOver {
        number = (number &* 1_103_515_245 &+ 12_345) & 0x7FFF_FFFF
        let query = PostgresQuery(
          "select * from patient where id = md5('p' || $1)::uuid", [.int(number % 100_000 + 1)])
        let result = mode == "group" ? try await pool.runGrouped([query])[0] : try await pool.run(query)
        precondition(result.rowCount == 1)
        count.queries += 1
      }
    }
  }
  await loop.sleep(milliseconds: 500)
  let (before, began, cpu) = (count.queries, Deadline.after(milliseconds: 0).nanoseconds, cpuMicroseconds())
  await loop.sleep(milliseconds: seconds * 1_000)
  let elapsed = Double(Deadline.after(milliseconds: 0).nanoseconds - began) / 1e9
  let (queries, used) = (count.queries - before, cpuMicroseconds() - cpu)
  count.isOver = true
  for task in work { try await task.value }
  await pool.shutdown()
  return (queries, elapsed, used)
}
print(
  "\(mode) tasks \(tasks) connections \(configuration.connections): \(Int(Double(queries) / elapsed)) selects/s, "
    + "\((cpu / Double(max(1, queries)) * 100).rounded() / 100) µs CPU each")
