import Glibc

/// Cuts the bytes of a connection into MLLP frames: `VT data FS CR`. A state machine without I/O.
///
/// Bytes go in as they come from the socket, split anywhere; events come out in order, the same for every split. No
/// byte disappears: what is in no frame comes out as rejected, with the reason. Each payload byte is copied once.
/// HL7 version 2.5 appendix C, "Minimal lower layer protocol".
public struct MLLPFramer: Sendable {
  static let startBlock: UInt8 = 0x0B
  static let endBlock: UInt8 = 0x1C

  /// The most that one peer may make the framer hold.
  public struct Limits: Sendable {
    /// Payload bytes of a frame.
    public var frameBytes = 64 << 20
    /// Bytes outside any frame that are kept for one report; more than that closes the connection.
    public var junkBytes = 64 << 10

    public init() {}
  }

  /// What came out.
  public enum Event: Sendable, Hashable {
    /// A whole frame. The payload may be empty.
    case frame([UInt8], Ending)
    /// Bytes that are no frame. To be stored and shown; an answer can be given to what `HL7Header` finds in them.
    case rejected([UInt8], Reason)
    /// The peer cannot be followed any further: answer the rejection before this, then close. Nothing comes after.
    case close
  }

  /// What stood after FS.
  public enum Ending: Sendable, Hashable {
    case carriageReturn
    /// LF, which some peers send for CR.
    case lineFeed
    /// Nothing: the next frame followed at once, the peer fell silent, or it closed.
    case nothing
  }

  /// Why bytes are no frame.
  public enum Reason: Sendable, Hashable {
    /// Before VT, or after the CR that ended the frame before.
    case outsideFrame
    /// VT came before FS: the peer began again.
    case startInsideFrame
    /// FS in the data: something other than CR, LF or VT follows it.
    case endInsideFrame
    /// The payload is longer than this limit.
    case oversized(limitBytes: Int)
    /// The connection ended, or went silent for too long, within a frame.
    case unfinished
  }

  private enum State: Sendable, Hashable {
    case outside
    case inside
    /// FS was read; what follows decides.
    case afterEnd
    case closed
  }

  private let limits: Limits
  private var state = State.outside
  private var buffer: [UInt8] = []

  public init(limits: Limits = Limits()) {
    self.limits = limits
  }

  /// Whether the peer has begun something that it has not ended, so that a time-out should run.
  public var isMidFrame: Bool { state == .inside || state == .afterEnd }

  /// Bytes that no event has given out yet.
  public var heldByteCount: Int { buffer.count }

  /// Takes bytes as they were read.
  public mutating func receive(_ bytes: UnsafeRawBufferPointer, emit: (Event) -> Void) {
    var rest = bytes[...]
    while !rest.isEmpty {
      switch state {
      case .closed: return
      case .outside: takeOutside(&rest, emit)
      case .inside: takeInside(&rest, emit)
      case .afterEnd: takeAfterEnd(&rest, emit)
      }
    }
  }

  /// Takes bytes and returns what came out.
  public mutating func receive(_ bytes: some Sequence<UInt8>) -> [Event] {
    var events: [Event] = []
    Array(bytes).withUnsafeBytes { receive($0) { events.append($0) } }
    return events
  }

  /// The peer has sent nothing for a moment (some 100 ms): a frame whose CR has not come is complete, and junk is
  /// reported. A frame without FS is still waited for.
  public mutating func quiet() -> [Event] {
    switch state {
    case .afterEnd:
      state = .outside
      return [.frame(take(), .nothing)]
    case .outside where !buffer.isEmpty:
      return [.rejected(take(), .outsideFrame)]
    case .outside, .inside, .closed:
      return []
    }
  }

  /// The connection ended, or is given up: everything held comes out.
  public mutating func end() -> [Event] {
    let wasInside = state == .inside
    let events = quiet()
    state = .closed
    return wasInside ? [.rejected(take(), .unfinished)] : events
  }

  // MARK: Transitions

  private mutating func takeOutside(_ rest: inout Slice<UnsafeRawBufferPointer>, _ emit: (Event) -> Void) {
    let run = Self.prefix(of: rest, before: Self.startBlock)
    if buffer.count + run.count > limits.junkBytes {
      buffer.append(contentsOf: run.prefix(limits.junkBytes - buffer.count))
      return close(.outsideFrame, emit)
    }
    buffer.append(contentsOf: run)
    rest = rest[run.endIndex...]
    guard !rest.isEmpty else { return }
    if !buffer.isEmpty { emit(.rejected(take(), .outsideFrame)) }
    rest = rest.dropFirst()
    state = .inside
  }

  private mutating func takeInside(_ rest: inout Slice<UnsafeRawBufferPointer>, _ emit: (Event) -> Void) {
    let run = Self.prefix(of: rest, before: Self.startBlock, or: Self.endBlock)
    if buffer.count + run.count > limits.frameBytes {
      buffer.append(contentsOf: run.prefix(limits.frameBytes - buffer.count))
      return close(.oversized(limitBytes: limits.frameBytes), emit)
    }
    buffer.append(contentsOf: run)
    rest = rest[run.endIndex...]
    guard let byte = rest.first else { return }
    rest = rest.dropFirst()
    if byte == Self.endBlock {
      state = .afterEnd
    } else {
      emit(.rejected(take(), .startInsideFrame))
    }
  }

  private mutating func takeAfterEnd(_ rest: inout Slice<UnsafeRawBufferPointer>, _ emit: (Event) -> Void) {
    guard let byte = rest.first else { return }
    state = .outside
    switch byte {
    case .carriageReturn:
      rest = rest.dropFirst()
      emit(.frame(take(), .carriageReturn))
    case .lineFeed:
      rest = rest.dropFirst()
      emit(.frame(take(), .lineFeed))
    case Self.startBlock:
      emit(.frame(take(), .nothing))
    default:
      // The frame is not to be trusted: what it held may go on after this FS. The rest is junk up to the next VT.
      buffer.append(Self.endBlock)
      emit(.rejected(take(), .endInsideFrame))
    }
  }

  private mutating func close(_ reason: Reason, _ emit: (Event) -> Void) {
    state = .closed
    emit(.rejected(take(), reason))
    emit(.close)
  }

  /// Hands the buffer over without copying it.
  private mutating func take() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &buffer)
    return taken
  }

  /// The bytes before the first of one or two marks, or all of them. VT is looked for before FS, and FS only as far
  /// as VT: bytes full of VT would otherwise be searched to their end at each.
  private static func prefix(
    of bytes: Slice<UnsafeRawBufferPointer>, before first: UInt8, or second: UInt8? = nil
  ) -> Slice<UnsafeRawBufferPointer> {
    let raw = UnsafeRawBufferPointer(rebasing: bytes)
    guard let base = raw.baseAddress else { return bytes }
    var count = raw.count
    if let hit = memchr(base, Int32(first), count) { count = UnsafeRawPointer(hit) - base }
    if let second, let hit = memchr(base, Int32(second), count) { count = UnsafeRawPointer(hit) - base }
    return bytes[bytes.startIndex..<bytes.startIndex + count]
  }
}
