import HTTP

/// The same bytes whole, one at a time and cut at each third must read as the same requests, and as the same responses;
/// what a limit forbids is never given out.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHTTP(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let steps = [1, max(1, count / 3)]
  let whole = requests(bytes, step: max(1, count))
  for step in steps { precondition(whole == requests(bytes, step: step), "requests depend on how bytes arrive") }
  for method in [HTTPMethod.get, .head] {
    let whole = responses(bytes, to: method, step: max(1, count))
    for step in steps {
      precondition(whole == responses(bytes, to: method, step: step), "responses depend on how bytes arrive")
    }
  }
  return 0
}

/// What a connection's bytes came to: each message's head and body, then why it ended, if it was refused.
private struct Reading: Equatable {
  var messages: [String] = []
  var body: [UInt8] = []
  var refusal: String?
}

private func requests(_ bytes: [UInt8], step: Int) -> Reading {
  var parser = HTTPRequestParser()
  var reading = Reading()
  var at = 0
  do throws(HTTPRefusal) {
    while at < bytes.count {
      let next = min(bytes.count, at + step)
      parser.receive(bytes[at..<next])
      at = next
      while true {
        if !parser.bodyIsDone { try parser.nextBody(into: &reading.body) }
        guard parser.bodyIsDone, let head = try parser.nextHead() else { break }
        reading.messages.append("\(head)")
        precondition(parser.bodyLeft ?? 0 >= 0)
      }
    }
  } catch {
    reading.refusal = "\(error)"
    reading.body = []  // how much came before the refusal depends on how the bytes arrived
  }
  return reading
}

private func responses(_ bytes: [UInt8], to method: HTTPMethod, step: Int) -> Reading {
  var parser = HTTPResponseParser(to: method)
  var reading = Reading()
  var isHeadRead = false
  var at = 0
  do throws(HTTPRefusal) {
    while at < bytes.count {
      let next = min(bytes.count, at + step)
      parser.receive(bytes[at..<next])
      at = next
      if !isHeadRead, let head = try parser.nextHead() {
        reading.messages.append("\(head)")
        isHeadRead = true
      }
      if isHeadRead, !parser.bodyIsDone { try parser.nextBody(into: &reading.body) }
    }
  } catch {
    reading.refusal = "\(error)"
    reading.body = []  // how much came before the refusal depends on how the bytes arrived
  }
  return reading
}
