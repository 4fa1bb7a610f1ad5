/// A set of Unicode scalars: what a class of a regular expression takes.
struct PathScalarSet: Sendable {
  private var ranges: [ClosedRange<UInt32>] = []
  /// General categories, a bit each.
  private var categories: UInt32 = 0
  private var isNegated = false
  /// Whether a scalar also belongs that does in its other case.
  private var foldsCase = false
  /// What is said of ASCII, once the set is complete.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  static let maximumScalar: UInt32 = 0x10FFFF

  init() {}

  init(_ ranges: [ClosedRange<UInt32>]) {
    self.ranges = ranges
    seal(isNegated: false, foldsCase: false)
  }

  mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }
  mutating func insert(_ scalar: UInt32) { ranges.append(scalar...scalar) }

  mutating func insert(_ other: PathScalarSet) {
    ranges += other.ranges
    categories |= other.categories
  }

  mutating func insert(categories mask: UInt32) { categories |= mask }

  /// Finishes the set.
  mutating func seal(isNegated: Bool, foldsCase: Bool) {
    self.isNegated = isNegated
    self.foldsCase = foldsCase
    for scalar in UInt32(0)..<128 where holds(scalar) != isNegated {
      if scalar < 64 { low |= 1 << UInt64(scalar) } else { high |= 1 << UInt64(scalar - 64) }
    }
  }

  @inline(__always)
  func contains(_ scalar: UInt32) -> Bool {
    if scalar < 64 { return low & (1 << UInt64(scalar)) != 0 }
    if scalar < 128 { return high & (1 << UInt64(scalar &- 64)) != 0 }
    return holds(scalar) != isNegated
  }

  private func holds(_ scalar: UInt32) -> Bool {
    if isListed(scalar) { return true }
    guard foldsCase else { return false }
    return PathScalarSet.cases(of: scalar).contains { isListed($0) }
  }

  private func isListed(_ scalar: UInt32) -> Bool {
    for range in ranges where range.contains(scalar) { return true }
    guard categories != 0, let scalar = Unicode.Scalar(scalar) else { return false }
    return categories & PathScalarSet.bit(scalar.properties.generalCategory) != 0
  }

  /// The scalar in lower and upper case, where that is one scalar.
  static func cases(of scalar: UInt32) -> [UInt32] {
    guard let properties = Unicode.Scalar(scalar)?.properties else { return [] }
    return [properties.lowercaseMapping, properties.uppercaseMapping, properties.titlecaseMapping].compactMap {
      let scalars = $0.unicodeScalars
      guard scalars.count == 1, let other = scalars.first?.value, other != scalar else { return nil }
      return other
    }
  }

  /// Every scalar that the ranges lack. The set has no categories.
  var complement: PathScalarSet {
    var gaps: [ClosedRange<UInt32>] = []
    var next: UInt32 = 0
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if range.lowerBound > next { gaps.append(next...range.lowerBound - 1) }
      next = max(next, range.upperBound + 1)
    }
    if next <= PathScalarSet.maximumScalar { gaps.append(next...PathScalarSet.maximumScalar) }
    return PathScalarSet(gaps)
  }

  // MARK: Known sets

  static let digits = PathScalarSet([0x30...0x39])
  static let word = PathScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
  static let space = PathScalarSet([0x09...0x0D, 0x20...0x20])

  /// POSIX's classes, of ASCII.
  static func posix(_ name: String) -> PathScalarSet? {
    switch name {
    case "alpha": PathScalarSet([0x41...0x5A, 0x61...0x7A])
    case "digit": digits
    case "alnum": PathScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
    case "upper": PathScalarSet([0x41...0x5A])
    case "lower": PathScalarSet([0x61...0x7A])
    case "space": space
    case "blank": PathScalarSet([0x09...0x09, 0x20...0x20])
    case "punct": PathScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
    case "xdigit": PathScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
    case "word": word
    case "cntrl": PathScalarSet([0x00...0x1F, 0x7F...0x7F])
    case "print": PathScalarSet([0x20...0x7E])
    case "graph": PathScalarSet([0x21...0x7E])
    default: nil
    }
  }

  // MARK: General categories

  private static let categoryNames: [(String, Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
    ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
    ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
    ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
    ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
    ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
    ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Cs", .surrogate), ("Co", .privateUse),
    ("Cn", .unassigned),
  ]

  static let allCategories: UInt32 = (1 << UInt32(categoryNames.count)) - 1

  /// The bits of a category (`Lu`) or of those that begin with a letter (`L`); nil for no such name.
  static func categories(named name: String) -> UInt32? {
    var mask: UInt32 = 0
    for (index, entry) in categoryNames.enumerated() where entry.0 == name || name.count == 1 && entry.0.hasPrefix(name)
    {
      mask |= 1 << UInt32(index)
    }
    return mask == 0 ? nil : mask
  }

  private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
    categoryNames.firstIndex { $0.1 == category }.map { 1 << UInt32($0) } ?? 0
  }
}
