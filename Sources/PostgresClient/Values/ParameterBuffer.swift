import Glibc

/// The parameters of one statement laid out as libpq wants them. Reused from statement to statement; no I/O.
struct ParameterBuffer: ~Copyable {
  private(set) var count = 0
  private var bytes: UnsafeMutablePointer<UInt8>
  private var byteCount = 0
  private var byteCapacity = 4_096
  private var slots = 32
  private var offsets: UnsafeMutablePointer<Int>
  private static let keptBytes = 1 << 20
  private let isNull = -1

  /// For libpq: the values, their lengths (binary ones only) and formats. Valid until the next `load`.
  private(set) var pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
  private(set) var lengths: UnsafeMutablePointer<Int32>
  private(set) var formats: UnsafeMutablePointer<Int32>

  init() {
    bytes = .allocate(capacity: byteCapacity)
    offsets = .allocate(capacity: slots)
    pointers = .allocate(capacity: slots)
    lengths = .allocate(capacity: slots)
    formats = .allocate(capacity: slots)
  }

  deinit {
    bytes.deallocate()
    offsets.deallocate()
    pointers.deallocate()
    lengths.deallocate()
    formats.deallocate()
  }

  /// Lays out `values`, which `check` has let pass.
  mutating func load(_ values: [PostgresValue]) {
    reserveSlots(values.count)
    count = values.count
    // One huge parameter must not pin its memory to the connection for ever.
    if byteCapacity > Self.keptBytes, byteCount < Self.keptBytes / 4 {
      bytes.deallocate()
      byteCapacity = 4_096
      bytes = .allocate(capacity: byteCapacity)
    }
    byteCount = 0
    for index in 0..<values.count { append(values[index], at: index) }
    bytes.withMemoryRebound(to: CChar.self, capacity: byteCapacity) { base in
      for index in 0..<count { pointers[index] = offsets[index] == isNull ? nil : UnsafePointer(base + offsets[index]) }
    }
  }

  /// The text of parameter `index` as it would be sent, for tests; nil for null.
  func text(_ index: Int) -> String? { pointers[index].map { String(cString: $0) } }

  private mutating func append(_ value: PostgresValue, at index: Int) {
    formats[index] = 0
    lengths[index] = 0
    offsets[index] = byteCount
    switch value {
    case .null: offsets[index] = isNull
    case .bool(let flag): put(flag ? UInt8(ascii: "t") : UInt8(ascii: "f"))
    case .int(let number): put(number)
    case .double(let number): put(number.description)
    case .text(let text): put(text)
    case .utf8(let utf8): utf8.withUnsafeBufferPointer { put($0) }
    case .bytes(let raw):
      formats[index] = 1
      lengths[index] = Int32(raw.count)
      raw.withUnsafeBufferPointer { put($0) }
    case .bytesArray(let elements):
      formats[index] = 1
      put(binary: elements)
      lengths[index] = Int32(byteCount - offsets[index])
    case .textArray(let elements): put(array: elements)
    case .intArray(let elements):
      put(UInt8(ascii: "{"))
      for (position, element) in elements.enumerated() {
        if position > 0 { put(UInt8(ascii: ",")) }
        put(element)
      }
      put(UInt8(ascii: "}"))
    }
    put(UInt8(0))
  }

  /// The binary form of an array (array_send in Postgres' arrayfuncs.c): dimensions, whether there are nulls, the
  /// type's OID, length and lower bound, then each element behind its length.
  private mutating func put(binary elements: [[UInt8]]) {
    put(bigEndian: elements.isEmpty ? 0 : 1)
    put(bigEndian: 0)
    put(bigEndian: Self.byteaOID)
    guard !elements.isEmpty else { return }
    put(bigEndian: Int32(elements.count))
    put(bigEndian: 1)
    for element in elements {
      put(bigEndian: Int32(element.count))
      element.withUnsafeBufferPointer { put($0) }
    }
  }

  private static let byteaOID: Int32 = 17

  private mutating func put(bigEndian number: Int32) {
    withUnsafeBytes(of: number.bigEndian) { put($0.assumingMemoryBound(to: UInt8.self)) }
  }

  private mutating func put(array elements: [String]) {
    put(UInt8(ascii: "{"))
    for (position, element) in elements.enumerated() {
      if position > 0 { put(UInt8(ascii: ",")) }
      var element = element
      element.withUTF8 { put(quoted: $0) }
    }
    put(UInt8(ascii: "}"))
  }

  private mutating func put(quoted text: UnsafeBufferPointer<UInt8>) {
    reserveBytes(2 * text.count + 2)
    var end = bytes + byteCount
    func put(_ byte: UInt8) {
      end.pointee = byte
      end += 1
    }
    put(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { put(UInt8(ascii: "\\")) }
      put(byte)
    }
    put(UInt8(ascii: "\""))
    byteCount = end - bytes
  }

  private mutating func put(_ number: Int64) {
    var magnitude = number.magnitude
    if number < 0 { put(UInt8(ascii: "-")) }
    var digits = 1
    var rest = magnitude
    while rest >= 10 {
      rest /= 10
      digits += 1
    }
    reserveBytes(digits)
    for place in stride(from: byteCount + digits - 1, through: byteCount, by: -1) {
      bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10)
      magnitude /= 10
    }
    byteCount += digits
  }

  private mutating func put(_ text: String) {
    var text = text
    text.withUTF8 { put($0) }
  }

  private mutating func put(_ buffer: UnsafeBufferPointer<UInt8>) {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return }
    reserveBytes(buffer.count)
    memcpy(bytes + byteCount, base, buffer.count)
    byteCount += buffer.count
  }

  private mutating func put(_ byte: UInt8) {
    reserveBytes(1)
    bytes[byteCount] = byte
    byteCount += 1
  }

  private mutating func reserveBytes(_ more: Int) {
    guard byteCount + more > byteCapacity else { return }
    let capacity = max(byteCapacity * 2, byteCount + more)
    let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    memcpy(larger, bytes, byteCount)
    bytes.deallocate()
    bytes = larger
    byteCapacity = capacity
  }

  private mutating func reserveSlots(_ count: Int) {
    guard count > slots else { return }
    slots = max(count, slots * 2)
    offsets.deallocate()
    pointers.deallocate()
    lengths.deallocate()
    formats.deallocate()
    offsets = .allocate(capacity: slots)
    pointers = .allocate(capacity: slots)
    lengths = .allocate(capacity: slots)
    formats = .allocate(capacity: slots)
  }
}

extension ParameterBuffer {
  /// The most parameters that one statement may bind (the protocol counts them in 16 bits).
  static let mostParameters = 65_535

  /// Says whether a pipeline's parameters can be sent at all, before any of them is.
  static func check(_ queries: [PostgresQuery], byteLimit: Int) throws(PostgresError) {
    var total = 0
    for query in queries {
      guard query.values.count <= mostParameters else {
        throw PostgresError(.invalidParameter, "\(query.values.count) parameters; at most \(mostParameters)")
      }
      for (index, value) in query.values.enumerated() {
        guard let size = size(of: value) else {
          throw PostgresError(
            .invalidParameter, "parameter $\(index + 1) is text with a NUL, which Postgres cannot hold")
        }
        total += size
      }
    }
    if total > byteLimit {
      throw PostgresError(.invalidParameter, "\(total) bytes of parameters; at most \(byteLimit)")
    }
  }

  /// The bytes a value takes, nearly; nil if it is text with a NUL in it.
  private static func size(of value: PostgresValue) -> Int? {
    switch value {
    case .null, .bool, .int, .double: return 24
    case .text(let text): return hasNUL(text) ? nil : text.utf8.count
    case .utf8(let bytes): return bytes.contains(0) ? nil : bytes.count
    case .bytes(let bytes): return bytes.count
    case .bytesArray(let elements): return elements.reduce(20) { $0 + $1.count + 4 }
    case .intArray(let elements): return elements.count * 24
    case .textArray(let elements):
      var total = 2
      for element in elements {
        if hasNUL(element) { return nil }
        total += element.utf8.count + 3
      }
      return total
    }
  }

  private static func hasNUL(_ text: String) -> Bool {
    text.utf8.withContiguousStorageIfAvailable { buffer in
      buffer.baseAddress.map { memchr($0, 0, buffer.count) != nil } ?? false
    } ?? text.utf8.contains(0)
  }
}
