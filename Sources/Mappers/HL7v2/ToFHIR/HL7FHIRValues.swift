import HL7Parser
import JSON

/// Values of simple data types as FHIR writes them; nil where FHIR has no place for what was sent.
struct HL7FHIRValues {
  /// The offset assumed for times without one.
  let zoneMinutes: Int

  /// Text without what FHIR strings cannot hold; nil where nothing is left.
  static func text(_ element: HL7Element) -> String? { clean(element.string) }

  /// Free text, line breaks carried out.
  static func freeText(_ element: HL7Element) -> String? { clean(element.plainText) }

  private static func clean(_ text: String?) -> String? {
    guard let text else { return nil }
    let plain = String(
      String.UnicodeScalarView(
        text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" || $0 == "\n" }))
    let trimmed = plain.drop(while: \.isWhitespace)
    guard let last = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return nil }
    return String(trimmed[...last])
  }

  /// A code: no white space but single spaces.
  static func code(_ element: HL7Element) -> String? {
    text(element)?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  static func string(_ element: HL7Element) -> JSONValue? { text(element).map { .string($0) } }

  // MARK: Dates

  private static func parsed(_ element: HL7Element) -> HL7DateTime? {
    guard let text = element.string, let date = try? HL7DateTime(text), date.year > 0 else { return nil }
    return date
  }

  func date(_ element: HL7Element) -> JSONValue? { Self.parsed(element).map { .string($0.isoDate) } }

  func dateTime(_ element: HL7Element) -> JSONValue? {
    Self.parsed(element)?.isoDateTime(assumingOffsetMinutes: zoneMinutes).map { .string($0) }
  }

  /// A moment; midnight where only the day is known, nil where not even that is.
  func instant(_ element: HL7Element) -> JSONValue? {
    guard let date = Self.parsed(element), date.day != nil else { return nil }
    let whole = date.hour == nil ? (try? HL7DateTime(date.text + "000000")) : date
    return whole?.isoDateTime(assumingOffsetMinutes: zoneMinutes).map { .string($0) }
  }

  /// Whether a time of day was sent.
  static func hasTime(_ element: HL7Element) -> Bool { parsed(element)?.hour != nil }

  func period(_ start: HL7Element?, _ end: HL7Element?) -> JSONValue? {
    var object = JSONObject()
    object["start"] = start.flatMap { dateTime($0) }
    object["end"] = end.flatMap { dateTime($0) }
    return object.isEmpty ? nil : .object(object)
  }

  /// A time of day, from TM.
  static func time(_ element: HL7Element) -> JSONValue? {
    guard let text = element.string, let time = try? HL7DateTime("20000101" + text.prefix { $0 != "+" && $0 != "-" }),
      let hour = time.hour
    else { return nil }
    let parts = [hour, time.minute ?? 0, time.second ?? 0].map { $0 < 10 ? "0\($0)" : "\($0)" }
    return .string(parts.joined(separator: ":"))
  }

  // MARK: Numbers

  /// A decimal: signs and zeros that FHIR does not take are left out.
  static func decimal(_ text: String?) -> JSONValue? {
    guard let text, text.utf8.count <= 40 else { return nil }
    var digits = text[...]
    let isNegative = digits.first == "-"
    if isNegative || digits.first == "+" { digits.removeFirst() }
    let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } }), parts.contains(where: { !$0.isEmpty })
    else { return nil }
    let whole = parts[0].drop { $0 == "0" }
    let fraction = parts.count > 1 && !parts[1].isEmpty ? "." + parts[1] : ""
    return .number((isNegative ? "-" : "") + (whole.isEmpty ? "0" : String(whole)) + fraction)
  }

  static func decimal(_ element: HL7Element) -> JSONValue? { decimal(text(element)) }

  /// A whole number of at least `minimum`.
  static func integer(_ element: HL7Element, from minimum: Int = 1) -> JSONValue? {
    guard let text = text(element), let number = Int(text), number >= minimum, number <= 2_147_483_647 else {
      return nil
    }
    return .number(String(number))
  }

  static func boolean(_ element: HL7Element) -> JSONValue? {
    switch text(element) {
    case "Y": .bool(true)
    case "N": .bool(false)
    default: nil
    }
  }

  // MARK: URIs

  /// The URI of what a universal id and its type name.
  static func uri(universalID id: String?, type: String?) -> String? {
    guard let id, !id.contains(where: \.isWhitespace) else { return nil }
    switch type {
    case "ISO": return isOID(id) ? "urn:oid:\(id)" : nil
    case "UUID", "GUID": return "urn:uuid:\(id.lowercased())"
    case "URI", "URL": return id.contains(":") ? id : nil
    case "DNS": return "urn:dns:\(id)"
    default: return type == nil && isOID(id) ? "urn:oid:\(id)" : nil
    }
  }

  static func isOID(_ text: String) -> Bool {
    let arcs = text.split(separator: ".", omittingEmptySubsequences: false)
    return arcs.count > 1 && ["0", "1", "2"].contains(arcs[0])
      && arcs.allSatisfy { arc in
        !arc.isEmpty && arc.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } && (arc == "0" || arc.first != "0")
      }
  }

  /// A URI for a name that only its users know.
  static func localURI(_ name: String) -> String {
    let plain = name.unicodeScalars.map { scalar -> String in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.value >= 0x30 && scalar.value <= 0x39)
      return isPlain || "-._".unicodeScalars.contains(scalar) ? String(scalar) : "-"
    }
    return "urn:id:\(plain.joined())"
  }
}
