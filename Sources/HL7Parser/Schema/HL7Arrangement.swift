/// The segments of a message put into the groups of its structure, and what does not fit.
///
/// Each segment goes to the nearest place behind the one before it: the same again where it repeats, further on in the
/// group, a new repetition of the group, then the same in the groups around. Where several places leave out nothing
/// required, such as an ORC that begins an earlier order's results or the next order, the segments that follow decide. A
/// place that leaves out something required is taken only when there is no other, and what is left out is reported. A
/// segment without a place, and any Z-segment, stays where it stands, in the group then open.
package struct HL7Arrangement {
  /// In the order of the message.
  package enum Step: Equatable {
    /// A group opens; its name without that of the message.
    case open(String)
    case segment(Int)
    case close
  }

  package private(set) var steps: [Step] = []
  package private(set) var findings: [HL7Finding] = []

  private let structure: HL7Structure
  private var frames: [Frame]
  private var seen: [UInt32: Int] = [:]
  private var last: String?
  /// Whether this is a look ahead, which looks no further ahead itself.
  private var isTrial = false

  /// How many of the segments that follow decide between places, and between how many places they do.
  private static let ahead = 16
  private static let places = 4

  /// A group that is open, and how far in it the message has come.
  private struct Frame {
    let node: HL7Structure.Node
    /// The child where the last segment went; -1 before the first.
    var child = -1
  }

  package init(_ message: HL7Message, by structure: HL7Structure) {
    self.structure = structure
    frames = [Frame(node: structure.root)]
    let segments = message.segments
    for (offset, segment) in segments.enumerated() {
      take(segment) { segments.dropFirst(offset + 1).prefix(Self.ahead) }
    }
    end()
  }

  private mutating func end() {
    while let frame = frames.popLast() {
      leave(frame)
      if !frames.isEmpty { steps.append(.close) }
    }
  }

  private mutating func take(_ segment: HL7Segment, before following: () -> HL7Segments.SubSequence) {
    let name = segment.entry.name
    seen[name, default: 0] += 1
    if let move = best(moves(to: name, .strict), segment, following) ?? moves(to: name, .any).first {
      follow(move)
    } else if segment.isLocal {
      // Z-segments may stand anywhere.
    } else if let move = moves(to: name, .tolerant).first {
      follow(move)
    } else {
      findings.append(misplaced(segment))
    }
    steps.append(.segment(segment.index))
    last = segment.name
  }

  private func misplaced(_ segment: HL7Segment) -> HL7Finding {
    let location = HL7Location(segment.name, occurrence: seen[segment.entry.name] ?? 1)
    let isKnown = structure.root.path(to: segment.entry.name, .tolerant) != nil
    return HL7Finding(
      .segmentSequenceError, at: location, severity: isKnown ? .error : .warning,
      isKnown
        ? "\(structure.name) has no place for \(segment.name) here\(last.map { " behind \($0)" } ?? ""), or not again"
        : "\(structure.name) has no \(segment.name)")
  }

  // MARK: Finding the place

  /// How many frames to leave, whether the last of them begins again, and the way down from there.
  private struct Move {
    let left: Int
    let restarts: Bool
    let path: [Int]
  }

  /// The places for a segment, the nearest first.
  private func moves(to name: UInt32, _ search: HL7Structure.Node.Search) -> [Move] {
    var moves: [Move] = []
    for depth in frames.indices.reversed() where moves.count < Self.places {
      let frame = frames[depth]
      let left = frames.count - 1 - depth
      if let path = forward(frame, to: name, search) { moves.append(Move(left: left, restarts: false, path: path)) }
      guard search == .tolerant || restMayBeAbsent(frame) else { break }
      if frame.node.repeats, depth > 0, let path = frame.node.path(to: name, search) {
        moves.append(Move(left: left, restarts: true, path: path))
      }
    }
    return moves
  }

  /// Of several places the nearest one after which the segments that follow fit best.
  private func best(
    _ moves: [Move], _ segment: HL7Segment, _ following: () -> HL7Segments.SubSequence
  ) -> Move? {
    guard moves.count > 1, !isTrial else { return moves.first }
    let next = following()
    var found: (move: Move, faults: Int)?
    for move in moves {
      let faults = faults(after: move, segment, next)
      if faults < found?.faults ?? .max { found = (move, faults) }
      if faults == 0 { break }
    }
    return found?.move
  }

  /// What the segments that follow would be found to lack or to have too much.
  private func faults(after move: Move, _ segment: HL7Segment, _ following: HL7Segments.SubSequence) -> Int {
    var trial = self
    trial.isTrial = true
    (trial.steps, trial.findings) = ([], [])
    trial.follow(move)
    trial.last = segment.name
    for next in following { trial.take(next) { following } }
    if following.count < Self.ahead { trial.end() }
    return trial.findings.count
  }

  /// The way to a place in the group behind the current one, or to the current one again.
  private func forward(_ frame: Frame, to name: UInt32, _ search: HL7Structure.Node.Search) -> [Int]? {
    let children = frame.node.children
    if frame.child >= 0, children[frame.child].repeats, children[frame.child].children.isEmpty,
      children[frame.child].path(to: name, search) != nil
    {
      return [frame.child]
    }
    guard frame.node.kind == .sequence || frame.child < 0 else { return nil }
    for index in children.indices where index > frame.child {
      if let path = children[index].path(to: name, search) { return [index] + path }
      if frame.node.kind == .sequence, search != .tolerant, !children[index].mayBeAbsent { return nil }
    }
    return nil
  }

  private func restMayBeAbsent(_ frame: Frame) -> Bool {
    frame.node.kind == .choice || frame.node.children[(frame.child + 1)...].allSatisfy(\.mayBeAbsent)
  }

  // MARK: Going there

  private mutating func follow(_ move: Move) {
    for _ in 0..<move.left {
      if let frame = frames.popLast() { leave(frame) }
      steps.append(.close)
    }
    if move.restarts, let frame = frames.popLast() {
      leave(frame)
      steps.append(.close)
      enter(frame.node)
    }
    for index in move.path {
      let frame = frames[frames.count - 1]
      if index > frame.child { miss(frame.node, (frame.child + 1)..<index) }
      frames[frames.count - 1].child = index
      let child = frame.node.children[index]
      if !child.children.isEmpty { enter(child) }
    }
  }

  private mutating func enter(_ node: HL7Structure.Node) {
    frames.append(Frame(node: node))
    steps.append(.open(node.name))
  }

  private mutating func leave(_ frame: Frame) {
    miss(frame.node, (frame.child + 1)..<frame.node.children.count)
  }

  /// Reports the required ones among children that were passed over.
  private mutating func miss(_ node: HL7Structure.Node, _ range: Range<Int>) {
    guard node.kind == .sequence else { return }
    for child in node.children[range] where !child.mayBeAbsent {
      guard let name = child.firstRequired else { continue }
      let occurrence = (HL7SegmentName.pack(name).flatMap { seen[$0] } ?? 0) + 1
      let place = node.name == structure.name ? structure.name : "\(structure.name).\(node.name)"
      findings.append(
        HL7Finding(
          .segmentSequenceError, at: HL7Location(name, occurrence: occurrence),
          "\(place) requires \(name)\(last.map { ", which is missing behind \($0)" } ?? "")"))
    }
  }
}

extension HL7Segment {
  /// Whether it is a site's own: its name begins with Z.
  public var isLocal: Bool { entry.name >> 16 == 0x5A }
}
