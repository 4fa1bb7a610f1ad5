extension ZoneOffsets {
  /// Reads a TZif file (RFC 8536), version 1 to 4, as found under `/usr/share/zoneinfo`.
  public init(tzif bytes: [UInt8]) throws(ClinicValueError) {
    guard let zone = Self.read(bytes) else { throw ClinicValueError(.notAZone, "TZif of \(bytes.count) bytes") }
    self = zone
  }

  private struct Header {
    var version: UInt8
    var utCount, standardCount, leapCount, timeCount, typeCount, abbreviationBytes: Int

    init?(_ bytes: [UInt8], at start: Int) {
      guard start + 44 <= bytes.count, bytes[start..<start + 4].elementsEqual("TZif".utf8) else { return nil }
      version = bytes[start + 4]
      let counts = (0..<6).map { Int(integer(bytes, start + 20 + $0 * 4, 4)) }
      // No zone in use comes near; a damaged count must not size anything.
      guard counts.allSatisfy({ $0 >= 0 && $0 <= 100_000 }), counts[4] > 0 else { return nil }
      (utCount, standardCount, leapCount) = (counts[0], counts[1], counts[2])
      (timeCount, typeCount, abbreviationBytes) = (counts[3], counts[4], counts[5])
    }

    func length(timeBytes: Int) -> Int {
      timeCount * (timeBytes + 1) + typeCount * 6 + abbreviationBytes + leapCount * (timeBytes + 4) + standardCount
        + utCount
    }
  }

  private static func read(_ bytes: [UInt8]) -> ZoneOffsets? {
    guard let first = Header(bytes, at: 0) else { return nil }
    guard first.version != 0 else { return body(bytes, at: 44, header: first, timeBytes: 4, rule: nil) }
    let start = 44 + first.length(timeBytes: 4)
    guard let second = Header(bytes, at: start) else { return nil }
    let footer = start + 44 + second.length(timeBytes: 8)
    guard footer < bytes.count, bytes[footer] == 0x0A, let end = bytes[(footer + 1)...].firstIndex(of: 0x0A) else {
      return nil
    }
    let text = Array(bytes[(footer + 1)..<end])
    let rule = text.isEmpty ? nil : PosixZone(text)
    if rule == nil && !text.isEmpty { return nil }
    return body(bytes, at: start + 44, header: second, timeBytes: 8, rule: rule)
  }

  private static func body(
    _ bytes: [UInt8], at start: Int, header: Header, timeBytes: Int, rule: PosixZone?
  ) -> ZoneOffsets? {
    guard start + header.length(timeBytes: timeBytes) <= bytes.count else { return nil }
    let indexStart = start + header.timeCount * timeBytes
    let typeStart = indexStart + header.timeCount
    let offsets = (0..<header.typeCount).map { Int(integer(bytes, typeStart + $0 * 6, 4)) }
    guard offsets.allSatisfy({ abs($0) < 26 * 3600 }) else { return nil }
    var transitions: [Transition] = []
    transitions.reserveCapacity(header.timeCount)
    for index in 0..<header.timeCount {
      let type = Int(bytes[indexStart + index])
      let at = integer(bytes, start + index * timeBytes, timeBytes)
      guard type < offsets.count, transitions.last.map({ $0.at < at }) ?? true else { return nil }
      transitions.append(Transition(at: at, offset: offsets[type]))
    }
    return ZoneOffsets(initialOffset: offsets[0], transitions: transitions, rule: rule)
  }
}

/// A big-endian two's-complement integer of 4 or 8 bytes.
private func integer(_ bytes: [UInt8], _ start: Int, _ length: Int) -> Int64 {
  var value: UInt64 = 0
  for byte in bytes[start..<start + length] { value = value << 8 | UInt64(byte) }
  return length == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
}
