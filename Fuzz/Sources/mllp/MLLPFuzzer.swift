import HL7Parser

/// The same bytes whole, one at a time and cut at each third must give the same events, and lose none of the bytes
/// that are not framing.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzMLLP(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  var limits = MLLPFramer.Limits()
  limits.frameBytes = 256
  limits.junkBytes = 64
  let whole = events(bytes, limits, step: max(1, bytes.count))
  precondition(whole == events(bytes, limits, step: 1))
  precondition(whole == events(bytes, limits, step: max(1, bytes.count / 3)))
  guard !whole.contains(.close) else { return 0 }
  var kept = 0
  for event in whole {
    switch event {
    case .frame(let payload, _): kept += payload.count { isData($0) }
    case .rejected(let payload, _): kept += payload.count { isData($0) }
    case .close: break
    }
  }
  precondition(kept == bytes.count { isData($0) })
  return 0
}

private func isData(_ byte: UInt8) -> Bool { byte != 0x0B && byte != 0x1C && byte != 0x0D && byte != 0x0A }

private func events(_ bytes: [UInt8], _ limits: MLLPFramer.Limits, step: Int) -> [MLLPFramer.Event] {
  var framer = MLLPFramer(limits: limits)
  var events: [MLLPFramer.Event] = []
  var at = 0
  while at < bytes.count {
    let next = min(bytes.count, at + step)
    events += framer.receive(bytes[at..<next])
    at = next
  }
  return events + framer.end()
}
