/// Wraps messages in MLLP frames.
public enum MLLPWriter {
  /// `VT message FS CR`, or `nil` where the message holds VT or FS, which would end the frame early.
  public static func frame(_ message: [UInt8]) -> [UInt8]? {
    var frame: [UInt8] = []
    frame.reserveCapacity(message.count + 3)
    return append(message, to: &frame) ? frame : nil
  }

  /// Appends a frame to bytes that wait to be sent. False, and nothing appended, where the message cannot be framed.
  public static func append(_ message: [UInt8], to bytes: inout [UInt8]) -> Bool {
    guard !message.contains(where: { $0 == MLLPFramer.startBlock || $0 == MLLPFramer.endBlock }) else { return false }
    bytes.append(MLLPFramer.startBlock)
    bytes.append(contentsOf: message)
    bytes.append(MLLPFramer.endBlock)
    bytes.append(.carriageReturn)
    return true
  }
}
