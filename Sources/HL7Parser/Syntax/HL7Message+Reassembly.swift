extension HL7Message {
  /// The message put together again from its parts, level by level, with nothing taken from the received bytes but
  /// the leaves and what stands between segments.
  ///
  /// Equal to `bytes` for every message that parses: the proof that reading loses nothing. Complexity: one pass a
  /// level.
  public func reassembled() -> [UInt8] {
    var whole: [UInt8] = []
    whole.reserveCapacity(bytes.count)
    var at = bytes.startIndex
    for segment in segments {
      whole += bytes[at..<segment.bytes.startIndex]
      segment.reassemble(into: &whole)
      at = segment.bytes.endIndex
    }
    whole += bytes[at...]
    return whole
  }

  /// What stands before the header: blank space or a byte order mark.
  package var leading: ArraySlice<UInt8> { bytes[..<(segments.first?.bytes.startIndex ?? bytes.endIndex)] }

  /// What stands between a segment and the next, or the end: its terminator, and blank lines.
  package func gap(after index: Int) -> ArraySlice<UInt8> {
    let next = index + 1 < segments.count ? segments[index + 1].bytes.startIndex : bytes.endIndex
    return bytes[segments[index].bytes.endIndex..<next]
  }
}

extension HL7Segment {
  fileprivate func reassemble(into bytes: inout [UInt8]) {
    bytes += name.utf8
    let delimiters = storage.delimiters
    for number in stride(from: 1, through: fieldCount, by: 1) {
      let field = self[number]
      if field.level == .literal {
        bytes += number == 1 ? [delimiters.field] : delimiters.encodingCharacters
      } else {
        bytes.append(delimiters.field)
        field.reassemble(into: &bytes)
      }
    }
  }
}

extension HL7Element {
  fileprivate func reassemble(into bytes: inout [UInt8]) {
    guard level < .subcomponent else {
      bytes += self.bytes
      return
    }
    for (index, part) in parts.enumerated() {
      if index > 0, let delimiter = storage.delimiters.before(part.level) { bytes.append(delimiter) }
      part.reassemble(into: &bytes)
    }
  }
}
