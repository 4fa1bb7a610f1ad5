/// Which format is answered: JSON is the one that is written; what excludes it is refused (406).
enum ContentNegotiation {
  static let mediaType = "application/fhir+json; charset=utf-8"
  private static let formats: Set<String> = ["json", "application/json", "application/fhir+json", "text/json"]

  /// - Parameters:
  ///   - format: `_format`, which wins over `accept`.
  /// - Throws: 406 when JSON is not among what is accepted.
  static func check(format: String?, accept: String?) throws(FHIRFailure) {
    if let format {
      guard accepts(range: format, isFormat: true) else { throw refusal(format, at: "http._format") }
      return
    }
    guard let accept, !accept.isEmpty else { return }
    // The last quality given for the most specific range is not worked out: with one format to give, any range that
    // takes it and is not refused outright is enough.
    for range in accept.split(separator: ",") where accepts(range: String(range), isFormat: false) { return }
    throw refusal(accept, at: "http.header.Accept")
  }

  private static func accepts(range: String, isFormat: Bool) -> Bool {
    let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
    guard let type = parts.first else { return false }
    // A plus sign that was not encoded arrives as a space.
    let name = isFormat ? type.split(separator: " ").joined(separator: "+") : type
    guard formats.contains(name) || (!isFormat && (name == "*/*" || name == "application/*")) else { return false }
    for parameter in parts.dropFirst() {
      if parameter.hasPrefix("q="), Double(parameter.dropFirst(2)) == 0 { return false }
      if parameter.hasPrefix("fhirversion="), !["4.0", "\"4.0\""].contains(parameter.dropFirst(12)) { return false }
    }
    return true
  }

  private static func refusal(_ wanted: String, at expression: String) -> FHIRFailure {
    FHIRFailure(
      406, "not-supported",
      "Only FHIR R4 as JSON (application/fhir+json; fhirVersion=4.0) is answered, not \(String(wanted.prefix(80)).debugDescription).",
      at: expression)
  }

  /// Whether a body is a form.
  static func isForm(_ contentType: String?) -> Bool {
    guard let type = contentType?.split(separator: ";", omittingEmptySubsequences: false).first else { return false }
    return trimmed(type).lowercased() == "application/x-www-form-urlencoded"
  }

  /// `handling=lenient` of `Prefer` (RFC 7240 §4.4).
  static func isLenient(_ prefer: String?) -> Bool {
    guard let prefer else { return false }
    for preference in prefer.split(whereSeparator: { $0 == "," || $0 == ";" }) {
      let parts = preference.split(separator: "=").map { trimmed($0).lowercased() }
      if parts.count == 2, parts[0] == "handling" { return parts[1] == "lenient" || parts[1] == "\"lenient\"" }
    }
    return false
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
