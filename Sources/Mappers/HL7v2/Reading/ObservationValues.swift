import ClinicModel
import HL7Parser

/// OBX-5 by the type that OBX-2 names.
extension HL7Reading {
  mutating func value(of result: Result) -> FieldChange<ObservationValue> {
    let obx = result.first
    if obx[5].isNull { return .clear }
    if result.lines.allSatisfy({ !$0[5].hasValue }) { return .leave }
    guard let type = text(obx[2], at: obx.at(2))?.uppercased() else {
      missing(at: obx.at(2), "the type of the value in OBX-5 is required")
      return .leave
    }
    switch type {
    case "TX", "FT": return joined(result.lines)
    case _ where obx[5].repetitionCount > 1: return listed(obx, type)
    default: return value(obx[5].repetition(1), type, obx).map { .set($0) } ?? .leave
    }
  }

  private mutating func value(_ element: HL7Element, _ type: String, _ obx: HL7.OBX) -> ObservationValue? {
    let place = obx.at(5)
    switch type {
    case "NM": return number(element, obx)
    case "SN": return structured(element, obx)
    case "CQ":
      guard let number = text(element.part(1), at: place), Self.isNumber(number) else { return notANumber(place) }
      return .quantity(
        comparator: nil, number: number, unit: coded(HL7.CWE(element.part(2)), .unit, at: place) ?? unit(obx))
    case "NR":
      let (low, high) = (text(element.part(1), at: place), text(element.part(2), at: place))
      guard [low, high].compactMap({ $0 }).allSatisfy(Self.isNumber) else { return notANumber(place) }
      return low == nil && high == nil ? nil : .range(low: low, high: high, unit: unit(obx))
    case "CE", "CWE", "CNE", "CF", "IS", "ID":
      return coded(HL7.CWE(element), .observation, at: place).map { .code($0) }
    case "DT", "DTM", "TS": return time(element, at: place)
    case "TM": return clock(element, at: place)
    case _ where Self.textTypes.contains(type): return lines(element, at: place).map { .text($0) }
    default:
      refuse(.tableValueNotFound, at: obx.at(2), "not a type of table 0125 that is understood")
      return nil
    }
  }

  /// Types whose content is kept in words.
  private static let textTypes: Set<String> = [
    "ST", "SI", "DR", "VR", "NA", "EI", "CX", "CK", "CP", "MO", "PN", "PPN", "XPN", "XCN", "CN", "XON", "AD", "XAD",
    "TN", "XTN", "HD", "PL", "FN", "SRT", "GTS", "URI",
  ]

  private mutating func joined(_ segments: [HL7.OBX]) -> FieldChange<ObservationValue> {
    var parts: [String] = []
    for obx in segments {
      var number = 0
      for element in obx.observationValue {
        number += 1
        parts.append(lines(element, at: obx.at(5, repetition: number)) ?? "")
      }
      // A line without words parts paragraphs.
      if number == 0 { parts.append("") }
    }
    let text = parts.joined(separator: "\n")
    guard text.utf8.count <= Self.reportBytes else {
      refuse(.valueTooLong, at: segments[0].at(5), "a text longer than \(Self.reportBytes) bytes")
      return .leave
    }
    return text.allSatisfy(\.isWhitespace) ? .leave : .set(.text(text))
  }

  /// Several values in one OBX: one a line.
  private mutating func listed(_ obx: HL7.OBX, _ type: String) -> FieldChange<ObservationValue> {
    var parts: [String] = []
    for (number, element) in repetitions(obx.observationValue, at: obx.at(5)) {
      guard let value = value(element, type, obx) else { continue }
      switch value {
      case .code(let code): parts.append(code.display ?? code.code ?? "")
      case .text(let text), .time(let text): parts.append(text)
      case .quantity, .range, .ratio:
        parts.append(text(element, at: obx.at(5, repetition: number)) ?? "")
      }
    }
    return parts.isEmpty ? .leave : .set(.text(parts.joined(separator: "\n")))
  }

  // MARK: Numbers

  /// A decimal number as SQL and FHIR read it.
  static func isNumber(_ text: String) -> Bool {
    var digits = 0
    var points = 0
    for (place, byte) in text.utf8.enumerated() {
      switch byte {
      case 0x30...0x39: digits += 1
      case UInt8(ascii: "."): points += 1
      case UInt8(ascii: "-"), UInt8(ascii: "+"): if place != 0 { return false }
      default: return false
      }
    }
    return (1...38).contains(digits) && points <= 1 && text.utf8.last != UInt8(ascii: ".")
  }

  private mutating func notANumber(_ place: HL7Location) -> ObservationValue? {
    refuse(.dataTypeError, at: place, "a number is expected: digits with a point, such as 5.1")
    return nil
  }

  private mutating func unit(_ obx: HL7.OBX) -> Code? {
    coded(obx.units, .unit, at: obx.at(6))
  }

  /// NM. Laboratories write limits of detection into it, `<0.5`, which SN would be for: the sign is kept. What is no
  /// number, `5,4` or `negative`, is kept in the laboratory's words: a report is not lost over one value.
  private mutating func number(_ element: HL7Element, _ obx: HL7.OBX) -> ObservationValue? {
    guard let whole = text(element, at: obx.at(5)) else { return nil }
    let sign = ["<=", ">=", "<", ">"].first { whole.hasPrefix($0) }
    let number = Self.cleaned(String(whole.dropFirst(sign?.count ?? 0)))
    guard Self.isNumber(number) else {
      warn(.dataTypeError, at: obx.at(5), "no number: digits with a point, such as 5.1; kept as text")
      return .text([whole, unit(obx).flatMap { $0.display ?? $0.code }].compactMap(\.self).joined(separator: " "))
    }
    if sign != nil { warn(.dataTypeError, at: obx.at(5), "a number with a sign before it; SN is the type for it") }
    return .quantity(comparator: sign, number: number, unit: unit(obx))
  }

  /// SN: comparator, number, separator, number.
  private mutating func structured(_ element: HL7Element, _ obx: HL7.OBX) -> ObservationValue? {
    let place = obx.at(5)
    let comparator = text(element.part(1), at: place).flatMap { $0 == "=" ? nil : $0 }
    let (first, second) = (text(element.part(2), at: place), text(element.part(4), at: place))
    let separator = text(element.part(3), at: place)
    guard [first, second].compactMap({ $0 }).allSatisfy(Self.isNumber) else { return notANumber(place) }
    let isPlain = comparator.map { ["<", "<=", ">", ">="].contains($0) } ?? true
    switch (first, separator, second) {
    case (let number?, nil, nil) where isPlain:
      return .quantity(comparator: comparator, number: number, unit: unit(obx))
    case (let low?, "-", let high?) where comparator == nil:
      return .range(low: low, high: high, unit: unit(obx))
    case (let numerator?, ":", let denominator?) where comparator == nil,
      (let numerator?, "/", let denominator?) where comparator == nil:
      return .ratio(numerator: numerator, denominator: denominator, unit: unit(obx))
    default:
      // `2+`, `<>5`, a titre with a comparator: in words.
      let words = [comparator, first, separator, second].compactMap { $0 }.joined(separator: " ")
      return words.isEmpty ? nil : .text(words)
    }
  }

  // MARK: Times

  private mutating func time(_ element: HL7Element, at place: HL7Location) -> ObservationValue? {
    guard let raw = text(element, at: place) else { return nil }
    let moment: HL7DateTime
    do throws(HL7Error) { moment = try HL7DateTime(raw) } catch {
      refuse(.dataTypeError, at: place, error.text)
      return nil
    }
    guard moment.hour != nil, case .set(let instant) = instant(HL7.DTM(element), at: place) else {
      guard case .set(let date) = date(HL7.DTM(element), at: place) else { return nil }
      return .time(date.description)
    }
    return .time(instant.rfc3339())
  }

  /// TM: HH[MM[SS]], without a zone.
  private mutating func clock(_ element: HL7Element, at place: HL7Location) -> ObservationValue? {
    guard let raw = text(element, at: place) else { return nil }
    let digits = Array(raw.prefix { $0.isASCII && $0.isNumber }.utf8).map { Int($0) - 48 }
    let rest = raw.dropFirst(digits.count)
    let parts = stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
    guard [2, 4, 6].contains(digits.count), parts[0] < 24, parts.dropFirst().allSatisfy({ $0 < 60 }),
      rest.isEmpty || rest.first == "." || rest.first == "+" || rest.first == "-"
    else {
      refuse(.dataTypeError, at: place, "a time of day is expected: HH[MM[SS]]")
      return nil
    }
    let padded = parts + [0, 0].prefix(3 - parts.count)
    return .time(padded.map { $0 < 10 ? "0\($0)" : String($0) }.joined(separator: ":"))
  }
}
