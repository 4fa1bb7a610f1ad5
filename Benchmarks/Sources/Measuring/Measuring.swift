import CAllocations
import Glibc

/// Seconds of processor time of this thread: what else the machine does is left out.
public func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The bytes of a file; nil where it cannot be read.
public func contents(of path: String) -> [UInt8]? {
  guard let file = fopen(path, "rb") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
  return bytes
}

/// What one call takes of the allocator: blocks, and the most bytes in use beyond what was in use before.
public func allocations(_ body: () -> Int) -> (blocks: Int, peak: Int) {
  allocations_begin()
  _ = body()
  allocations_end()
  return (Int(allocations_blocks()), Int(allocations_peak()))
}

/// A right-aligned column of a table.
public func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}
