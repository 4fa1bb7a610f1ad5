import HL7Parser
import Measuring

/// Parses each file given over and over, reads six fields and builds the acknowledgement; prints messages a second, and
/// what one message asks of the allocator: blocks, and the most bytes in use beyond what was in use before.
/// One thread. `--seconds N` sets how long each file is measured (3 unless given).

let paths = ["MSH-7", "MSH-9", "MSH-10", "PID-3", "PID-5", "PID-7"].compactMap { try? HL7Path($0) }

/// One round: what a listener does with a message, without storing it. Returns something that depends on all of it.
func handle(_ bytes: [UInt8]) -> Int {
  guard let message = try? HL7Message(parsing: bytes) else { return 0 }
  var length = 0
  for path in paths { length += message[path].string?.utf8.count ?? 0 }
  let header = HL7Header(message)
  for code in HL7Control.acknowledgements(for: header, stored: .success, applied: .success) {
    let answer = HL7Acknowledgement(code)
    length += answer.bytes(answering: header, controlID: "A1", time: "20260815080000.000+0000").count
  }
  return length
}

func measure(_ name: String, _ bytes: [UInt8], seconds: Int) {
  guard handle(bytes) > 0 else { return print("\(name): refused") }
  let end = ContinuousClock.now + .seconds(seconds)
  let start = ContinuousClock.now
  var rounds = 0
  var checksum = 0
  while ContinuousClock.now < end {
    for _ in 0..<32 { checksum &+= handle(bytes) }
    rounds += 32
  }
  let elapsed = ContinuousClock.now - start
  let nanoseconds = Double(elapsed.components.seconds) * 1e9 + Double(elapsed.components.attoseconds) / 1e9
  let rate = Int(Double(rounds) * 1e9 / nanoseconds)
  let megabytes = Int(Double(rate) * Double(bytes.count) / 1e6)
  print("\(name): \(rate) messages/s, \(megabytes) MB/s, \(Int(nanoseconds) / rounds) ns each (checksum \(checksum))")
  let parse = allocations { (try? HL7Message(parsing: bytes)) == nil ? 0 : 1 }
  let whole = allocations { handle(bytes) }
  print(
    "  allocations: parse \(parse.blocks) blocks, \(parse.peak) bytes at most for a message of \(bytes.count);",
    "with six fields read and the ACK \(whole.blocks) blocks")
}

var arguments = CommandLine.arguments.dropFirst()
var seconds = 3
if arguments.first == "--seconds" {
  seconds = Int(arguments.dropFirst().first ?? "") ?? 3
  arguments = arguments.dropFirst(2)
}
if arguments.isEmpty { print("usage: hl7-bench [--seconds N] FILE...") }
for path in arguments {
  if let bytes = contents(of: path) {
    measure(path, bytes, seconds: seconds)
  } else {
    print("\(path): cannot be read")
  }
}
