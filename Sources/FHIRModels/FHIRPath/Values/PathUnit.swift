/// A unit of measure in terms of UCUM's base units.
struct PathUnit: Sendable {
  /// Exponents of metre, second, gram, radian, kelvin, coulomb and candela.
  private(set) var dimensions = SIMD8<Int8>(repeating: 0)
  /// Arbitrary units, such as `[iU]`, with their exponents: they convert to nothing else.
  private(set) var arbitrary: [String: Int] = [:]
  /// One of the unit is `numerator` / `denominator` of the base; nil where the digits do not suffice.
  private(set) var numerator: PathDecimal? = .one
  private(set) var denominator: PathDecimal? = .one
  /// The same, near enough.
  private(set) var factor = 1.0
  /// What is added to a value before it is scaled: for degrees Celsius and Fahrenheit.
  private(set) var offset = PathDecimal.zero

  /// Longest unit that is read, in bytes.
  static let maximumLength = 256

  /// Reads a unit in UCUM's case-sensitive form; nil for what is none, or is not in the table.
  init?(_ code: String) {
    switch code {
    case "Cel": self = PathUnit.kelvin(offset: PathDecimal(significand: 27_315, scale: 2), 1, 1)
    case "[degF]": self = PathUnit.kelvin(offset: PathDecimal(significand: 45_967, scale: 2), 5, 9)
    default:
      guard code.utf8.count <= PathUnit.maximumLength else { return nil }
      var parser = PathUnitParser(code)
      guard let unit = parser.unit() else { return nil }
      self = unit
    }
  }

  fileprivate init() {}

  private static func kelvin(offset: PathDecimal, _ numerator: Int, _ denominator: Int) -> PathUnit {
    var unit = PathUnit(base: 4)
    unit.offset = offset
    unit.numerator = PathDecimal(numerator)
    unit.denominator = PathDecimal(denominator)
    unit.factor = Double(numerator) / Double(denominator)
    return unit
  }

  fileprivate init(base: Int) { dimensions[base] = 1 }
  fileprivate init(arbitrary code: String) { arbitrary[code] = 1 }

  fileprivate init(_ value: PathDecimal) {
    numerator = value
    factor = value.double
  }

  fileprivate mutating func multiply(by other: PathUnit, power: Int) {
    for index in 0..<8 {
      dimensions[index] = dimensions[index] &+ other.dimensions[index] &* Int8(truncatingIfNeeded: power)
    }
    for (code, exponent) in other.arbitrary {
      let sum = arbitrary[code, default: 0] + exponent * power
      arbitrary[code] = sum == 0 ? nil : sum
    }
    let (over, under) = power < 0 ? (other.denominator, other.numerator) : (other.numerator, other.denominator)
    for _ in 0..<abs(power) {
      numerator = PathUnit.product(numerator, over)
      denominator = PathUnit.product(denominator, under)
      factor *= power < 0 ? 1 / other.factor : other.factor
    }
  }

  private static func product(_ left: PathDecimal?, _ right: PathDecimal?) -> PathDecimal? {
    guard let left, let right else { return nil }
    return PathDecimal.product(left, right)
  }

  /// Whether amounts of both can be compared and added.
  func isCommensurable(with other: PathUnit) -> Bool {
    dimensions == other.dimensions && arbitrary == other.arbitrary
  }

  /// `value` of this unit in `other`; the units are commensurable.
  func convert(_ value: PathDecimal, to other: PathUnit) -> PathDecimal? {
    if let numerator, let denominator, let otherNumerator = other.numerator, let otherDenominator = other.denominator,
      let over = PathDecimal.product(numerator, otherDenominator),
      let under = PathDecimal.product(denominator, otherNumerator),
      let shifted = PathDecimal.sum(value, offset), let scaled = PathDecimal.product(shifted, over),
      let quotient = PathDecimal.quotient(scaled, under)
    {
      return PathDecimal.sum(quotient, other.offset.negated)
    }
    let base = (value.double + offset.double) * factor
    return PathDecimal(base / other.factor - other.offset.double)
  }

  /// Compares `left` of this unit with `right` of `other`, without rounding where the digits suffice.
  func order(_ left: PathDecimal, _ right: PathDecimal, of other: PathUnit) -> Int {
    if let numerator, let denominator, let otherNumerator = other.numerator, let otherDenominator = other.denominator,
      let shifted = PathDecimal.sum(left, offset), let otherShifted = PathDecimal.sum(right, other.offset),
      let first = PathDecimal.product(shifted, numerator),
      let second = PathDecimal.product(otherShifted, otherNumerator),
      let crossed = PathDecimal.product(first, otherDenominator),
      let otherCrossed = PathDecimal.product(second, denominator)
    {
      return PathDecimal.order(crossed, otherCrossed)
    }
    let first = (left.double + offset.double) * factor
    let second = (right.double + other.offset.double) * other.factor
    return first < second ? -1 : first == second ? 0 : 1
  }
}

/// Reads unit expressions: `mg/dL`, `10*3/uL`, `kg.m/s2`, `(a.b)/c`, `mm[Hg]`, `{count}`.
private struct PathUnitParser {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  /// Parentheses and definitions inside one another: a month is eight definitions deep, two steps each.
  private static let maximumDepth = 48

  init(_ code: some StringProtocol, depth: Int = 0) {
    bytes = Array(code.utf8)
    self.depth = depth
  }

  mutating func unit() -> PathUnit? {
    guard !bytes.isEmpty, depth < PathUnitParser.maximumDepth, let unit = term(), position == bytes.count else {
      return nil
    }
    return unit
  }

  private mutating func term() -> PathUnit? {
    depth += 1
    defer { depth -= 1 }
    guard depth < PathUnitParser.maximumDepth else { return nil }
    var result = PathUnit()
    var power = take(UInt8(ascii: "/")) ? -1 : 1
    while true {
      guard let next = component() else { return nil }
      result.multiply(by: next, power: power)
      if take(UInt8(ascii: "/")) {
        power = -1
      } else if take(UInt8(ascii: ".")) {
        power = 1
      } else {
        return result
      }
    }
  }

  private mutating func component() -> PathUnit? {
    if take(UInt8(ascii: "(")) {
      guard let inner = term(), take(UInt8(ascii: ")")) else { return nil }
      return inner
    }
    if let annotation = annotation() { return annotation ? PathUnit() : nil }
    let symbol = symbol()
    guard !symbol.isEmpty, let unit = resolve(symbol) else { return nil }
    return annotation() == false ? nil : unit
  }

  /// Passes over `{…}`: true when one was there, false when it does not end.
  private mutating func annotation() -> Bool? {
    guard take(UInt8(ascii: "{")) else { return nil }
    while position < bytes.count {
      position += 1
      if bytes[position - 1] == UInt8(ascii: "}") { return true }
    }
    return false
  }

  private mutating func symbol() -> [UInt8] {
    let start = position
    var isBracketed = false
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "[") { isBracketed = true }
      if byte == UInt8(ascii: "]") { isBracketed = false }
      if !isBracketed, [".", "/", "(", ")", "{"].contains(Unicode.Scalar(byte)) { break }
      position += 1
    }
    return Array(bytes[start..<position])
  }

  private func resolve(_ symbol: [UInt8]) -> PathUnit? {
    var end = symbol.count
    while end > 0, symbol[end - 1] &- 0x30 < 10 { end -= 1 }
    if end == 0 { return PathDecimal(String(decoding: symbol, as: UTF8.self)).map { PathUnit($0) } }
    var power = 1
    if end < symbol.count {
      guard symbol.count - end <= 2, let written = Int(String(decoding: symbol[end...], as: UTF8.self)) else {
        return nil
      }
      power = written
      if symbol[end - 1] == UInt8(ascii: "-") || symbol[end - 1] == UInt8(ascii: "+") {
        if symbol[end - 1] == UInt8(ascii: "-") { power = -power }
        end -= 1
      }
    }
    guard end > 0, let atom = atom(String(decoding: symbol[..<end], as: UTF8.self)) else { return nil }
    var unit = PathUnit()
    unit.multiply(by: atom, power: power)
    return unit
  }

  private func atom(_ code: String) -> PathUnit? {
    if let unit = PathUnitDefinitions.shared.unit(code, depth: depth) { return unit }
    for length in [2, 1] where code.utf8.count > length {
      guard let prefix = PathUnitDefinitions.prefixes[String(code.prefix(length))],
        let unit = PathUnitDefinitions.shared.unit(String(code.dropFirst(length)), metric: true, depth: depth),
        let factor = PathDecimal(prefix)
      else { continue }
      var result = PathUnit(factor)
      result.multiply(by: unit, power: 1)
      return result
    }
    return nil
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }
}

/// What the table says of each unit.
private struct PathUnitDefinitions: Sendable {
  private struct Definition {
    let isMetric: Bool
    /// Nil for arbitrary units.
    let value: (number: PathDecimal, unit: String)?
  }

  static let shared = PathUnitDefinitions()

  static let prefixes = [
    "Y": "1e24", "Z": "1e21", "E": "1e18", "P": "1e15", "T": "1e12", "G": "1e9", "M": "1e6", "k": "1e3", "h": "1e2",
    "da": "1e1", "d": "1e-1", "c": "1e-2", "m": "1e-3", "u": "1e-6", "n": "1e-9", "p": "1e-12", "f": "1e-15",
    "a": "1e-18", "z": "1e-21", "y": "1e-24", "Ki": "1024", "Mi": "1048576", "Gi": "1073741824",
    "Ti": "1099511627776",
  ]

  private static let bases = ["m": 0, "s": 1, "g": 2, "rad": 3, "K": 4, "C": 5, "cd": 6]
  private let definitions: [String: Definition]

  private init() {
    var definitions: [String: Definition] = [:]
    for entry in pathUnitTable.description.split(whereSeparator: { $0 == ";" || $0 == "\n" }) {
      let parts = entry.split(separator: " ")
      guard parts.count >= 3 else { continue }
      let value = parts.count > 3 ? PathDecimal(parts[2]).map { (number: $0, unit: String(parts[3])) } : nil
      definitions[String(parts[0])] = Definition(isMetric: parts[1] == "m", value: value)
    }
    self.definitions = definitions
  }

  func unit(_ code: String, metric: Bool = false, depth: Int) -> PathUnit? {
    if let base = PathUnitDefinitions.bases[code] { return PathUnit(base: base) }
    // Degrees within a compound are spans, without their zero.
    if code == "Cel" { return PathUnit(base: 4) }
    guard let definition = definitions[code], definition.isMetric || !metric else { return nil }
    guard let (number, expression) = definition.value else { return PathUnit(arbitrary: code) }
    var parser = PathUnitParser(expression, depth: depth + 1)
    guard let unit = parser.unit() else { return nil }
    var result = PathUnit(number)
    result.multiply(by: unit, power: 1)
    return result
  }
}
