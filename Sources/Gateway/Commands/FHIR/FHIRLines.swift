import FHIRModels
import Glibc

/// The lines of a file in which each is a document, read in pieces: the file may be longer than memory, a line may not.
struct FHIRLines: ~Copyable {
  private let descriptor: Int32
  private let pieceBytes: Int
  private var lines: NDJSONLines
  private var isAtEnd = false

  init(_ path: String, maximumLineBytes: Int, pieceBytes: Int = 1 << 20) throws(SystemFailure) {
    let opened = open(path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw SystemFailure.last }
    descriptor = opened
    self.pieceBytes = pieceBytes
    lines = NDJSONLines(lineBytes: maximumLineBytes)
  }

  deinit { close(descriptor) }

  /// The next line that holds anything but white space; nil at the end of the file.
  mutating func next() throws(SystemFailure) -> NDJSONLines.Line? {
    while !isAtEnd {
      if let line = lines.next() { return line }
      let piece = try piece()
      isAtEnd = piece.isEmpty
      lines.append(piece)
    }
    return lines.next() ?? lines.finish()
  }

  /// The next bytes of the file; none at its end.
  private func piece() throws(SystemFailure) -> [UInt8] {
    var failure: SystemFailure?
    let piece = [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, count in
      while true {
        let read = read(descriptor, buffer.baseAddress, buffer.count)
        if read < 0, errno == EINTR { continue }
        if read < 0 { failure = .last }
        count = max(read, 0)
        return
      }
    }
    if let failure { throw failure }
    return piece
  }
}
