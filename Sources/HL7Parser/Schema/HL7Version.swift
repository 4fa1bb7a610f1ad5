/// A version of the standard as MSH-12 names it, in order: `2.3` < `2.3.1` < `2.5`.
public struct HL7Version: Sendable, Hashable, Comparable, CustomStringConvertible {
  private let number: Int

  /// Reads two or three numbers parted by points, such as `2.5.1`.
  public init?(_ text: String) {
    var number = 0
    var part: Int?
    var parts = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "."), let value = part {
        number = number * 100 + value
        parts += 1
        part = nil
      } else if byte.isASCIIDigit, (part ?? 0) < 10 {
        part = (part ?? 0) * 10 + Int(byte - 0x30)
      } else {
        return nil
      }
    }
    guard let part, parts == 1 || parts == 2 else { return nil }
    number = number * 100 + part
    self.number = parts == 1 ? number * 100 : number
  }

  private init(number: Int) {
    self.number = number
  }

  public static let v2_3_1 = HL7Version(number: 2_03_01)
  public static let v2_5 = HL7Version(number: 2_05_00)
  public static let v2_5_1 = HL7Version(number: 2_05_01)

  /// Table 0104 as far as this library reads it: 2.1 to 2.8.2.
  public static let supported: [HL7Version] = [
    2_01_00, 2_02_00, 2_03_00, 2_03_01, 2_04_00, 2_05_00, 2_05_01, 2_06_00, 2_07_00, 2_07_01, 2_08_00, 2_08_01, 2_08_02,
  ].map(HL7Version.init(number:))

  public var description: String {
    let patch = number % 100
    return "\(number / 10000).\(number / 100 % 100)" + (patch == 0 ? "" : ".\(patch)")
  }

  public static func < (a: HL7Version, b: HL7Version) -> Bool { a.number < b.number }
}
