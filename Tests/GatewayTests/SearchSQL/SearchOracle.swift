import ClinicModel
import Foundation
import JSON

/// Searches by looking at every resource, from the words of the specification and not from the SQL.
struct SearchOracle {
  enum Element {
    case text(String)
    case token(system: String?, code: String)
    /// Compared as digits, or without case.
    case contact(String)
    /// Microseconds since 1970, half-open; days count as those of UTC.
    case range(Int64, Int64, isDay: Bool)
    case reference(String)
  }

  struct Criterion {
    let name: String
    var modifier: String?
    let values: [String]

    var pair: String {
      let key = modifier.map { "\(self.name):\($0)" } ?? name
      let value = values.joined(separator: ",").addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return "\(key)=\(value)"
    }
  }

  let type: String
  let zone: TimeZone
  /// Microseconds since 1970.
  let now: Int64

  func matches(_ resource: JSONValue, _ criterion: Criterion) -> Bool {
    let elements = elements(of: resource, criterion.name)
    switch criterion.modifier {
    case "missing": return elements.isEmpty == (criterion.values[0] == "true")
    case "not": return !elements.contains { element in criterion.values.contains { isToken($0, element) } }
    default:
      return elements.contains { element in criterion.values.contains { matches($0, element, criterion.modifier) } }
    }
  }

  private func matches(_ value: String, _ element: Element, _ modifier: String?) -> Bool {
    switch element {
    case .text(let text):
      switch modifier {
      case "exact": return text == value
      case "contains": return FoldedKey.fold(text).contains(FoldedKey.fold(value))
      default: return FoldedKey.fold(text).hasPrefix(FoldedKey.fold(value))
      }
    case .token, .contact: return isToken(value, element)
    case .range(let lower, let upper, let isDay): return isDate(value, lower, upper, isDay: isDay)
    case .reference(let reference):
      if let modifier { return reference == "\(modifier)/\(value)" }
      return reference == value || (!value.contains("/") && reference.hasSuffix("/\(value)"))
    }
  }

  private func isToken(_ value: String, _ element: Element) -> Bool {
    var parts = [""]
    var isEscaped = false
    for character in value {
      if isEscaped { parts[parts.count - 1].append(character) } else if character == "|" { parts.append("") }
      if !isEscaped, character != "|", character != "\\" { parts[parts.count - 1].append(character) }
      isEscaped = character == "\\" && !isEscaped
    }
    switch element {
    case .contact(let text):
      if text.contains("@") { return text.lowercased() == parts.last?.lowercased() }
      return text.filter(\.isNumber) == parts.last?.filter(\.isNumber)
    case .token(let system, let code):
      if parts.count == 1 { return parts[0] == code }
      return (parts[0].isEmpty ? system == nil : parts[0] == system) && (parts[1].isEmpty || parts[1] == code)
    default: return false
    }
  }

  // MARK: Dates

  private func isDate(_ value: String, _ lower: Int64, _ upper: Int64, isDay: Bool) -> Bool {
    let prefix = value.first?.isLetter == true ? String(value.prefix(2)) : "eq"
    guard var wanted = range(value.first?.isLetter == true ? String(value.dropFirst(2)) : value, isDay: isDay) else {
      return false
    }
    let isInside = lower >= wanted.0 && upper <= wanted.1
    switch prefix {
    case "eq": return isInside
    case "ne": return !isInside
    case "gt": return upper > wanted.1
    case "ge": return upper > wanted.1 || isInside
    case "lt": return lower < wanted.0
    case "le": return lower < wanted.0 || isInside
    case "sa": return lower >= wanted.1
    case "eb": return upper <= wanted.0
    default:
      let margin = abs(now - (wanted.0 + (wanted.1 - wanted.0) / 2)) / 10
      wanted = (wanted.0 - margin, wanted.1 + margin)
      return lower < wanted.1 && upper > wanted.0
    }
  }

  /// The stretch of a date or date-time of any precision.
  func range(_ text: String, isDay: Bool) -> (Int64, Int64)? {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = isDay ? .gmt : zone
    let halves = text.split(separator: "T")
    let days = halves[0].split(separator: "-").compactMap { Int($0) }
    var parts = DateComponents(year: days[0], month: days.count > 1 ? days[1] : 1, day: days.count > 2 ? days[2] : 1)
    var unit = [Calendar.Component.year, .month, .day][days.count - 1]
    var fraction: Int64 = 0
    var step: Int64 = 0
    if halves.count == 2 {
      var time = halves[1]
      if time.hasSuffix("Z") { (calendar.timeZone, time) = (.gmt, time.dropLast()) }
      if let sign = time.lastIndex(where: { $0 == "+" || $0 == "-" }) {
        let offset = time[time.index(after: sign)...].split(separator: ":").compactMap { Int($0) }
        let seconds = (offset[0] * 60 + offset[1]) * 60
        calendar.timeZone = TimeZone(secondsFromGMT: time[sign] == "-" ? -seconds : seconds) ?? .gmt
        time = time[..<sign]
      }
      let clock = time.split(separator: ":")
      (parts.hour, parts.minute, unit) = (Int(clock[0]), Int(clock[1]), .minute)
      if clock.count > 2 {
        let seconds = clock[2].split(separator: ".")
        (parts.second, unit) = (Int(seconds[0]), .second)
        if seconds.count == 2 {
          step = (0..<(6 - seconds[1].count)).reduce(1) { step, _ in step * 10 }
          fraction = (Int64(seconds[1]) ?? 0) * step
        }
      }
    }
    guard let start = calendar.date(from: parts), let end = calendar.date(byAdding: unit, value: 1, to: start) else {
      return nil
    }
    let lower = Int64(start.timeIntervalSince1970.rounded()) * 1_000_000 + fraction
    return (lower, step > 0 ? lower + step : Int64(end.timeIntervalSince1970.rounded()) * 1_000_000)
  }

  private func instant(_ value: JSONValue?) -> [Element] {
    guard let text = value?.string, let range = range(text, isDay: false) else { return [] }
    return [.range(range.0, range.0 + 1, isDay: false)]
  }

  private func period(_ value: JSONValue?) -> [Element] {
    guard let value else { return [] }
    let start = value["start"]?.string.flatMap { range($0, isDay: false) }?.0
    let end = value["end"]?.string.flatMap { range($0, isDay: false) }?.0
    return [.range(start ?? .min / 4, end.map { $0 + 1 } ?? .max / 4, isDay: false)]
  }

  // MARK: Elements

  private static let systems: [String: String] = [
    "gender": "http://hl7.org/fhir/administrative-gender", "Location": "http://hl7.org/fhir/location-status",
    "Appointment": "http://hl7.org/fhir/appointmentstatus", "Encounter": "http://hl7.org/fhir/encounter-status",
    "Invoice": "http://hl7.org/fhir/invoice-status", "Coverage": "http://hl7.org/fhir/fm-status",
    "Observation": "http://hl7.org/fhir/observation-status",
    "DiagnosticReport": "http://hl7.org/fhir/diagnostic-report-status",
    "DocumentReference": "http://hl7.org/fhir/document-reference-status",
    "Procedure": "http://hl7.org/fhir/event-status", "Account": "http://hl7.org/fhir/account-status",
  ]

  func elements(of resource: JSONValue, _ name: String) -> [Element] {
    func list(_ key: String) -> [JSONValue] { resource[key]?.array ?? [] }
    func references(_ values: [JSONValue?]) -> [Element] {
      values.compactMap { $0?["reference"]?.string }.map { .reference($0) }
    }
    func texts(_ values: [JSONValue?]) -> [Element] { values.compactMap { $0?.string }.map { .text($0) } }
    func codes(_ key: String, _ system: String?) -> [Element] {
      resource[key]?.string.map { [.token(system: system, code: $0)] } ?? []
    }
    func actors(_ types: String...) -> [Element] {
      references(list("participant").map { $0["actor"] }).filter {
        if case .reference(let text) = $0 { types.contains { text.hasPrefix($0 + "/") } } else { false }
      }
    }
    let family = texts(list("name").map { $0["family"] })
    let given = texts(list("name").flatMap { $0["given"]?.array ?? [] })
    switch name {
    case "_id": return resource["id"]?.string.map { [.token(system: "", code: $0)] } ?? []
    case "_lastUpdated": return instant(resource["meta"]?["lastUpdated"])
    case "identifier":
      return list("identifier").compactMap { identifier in
        identifier["value"]?.string.map { .token(system: identifier["system"]?.string, code: $0) }
      }
    case "family": return family
    case "given": return given
    case "name": return resource["name"]?.string.map { [.text($0)] } ?? family + given
    case "gender": return codes("gender", Self.systems["gender"])
    case "phone", "email":
      return list("telecom").filter { $0["system"]?.string == name }.compactMap { $0["value"]?.string }
        .map { .contact($0) }
    case "birthdate":
      guard let text = resource["birthDate"]?.string, let range = range(text, isDay: true) else { return [] }
      return [.range(range.0, range.1, isDay: true)]
    case "status": return codes("status", Self.systems[type])
    case "code", "type":
      return (resource[name]?["coding"]?.array ?? []).compactMap { coding in
        coding["code"]?.string.map { .token(system: coding["system"]?.string, code: $0) }
      }
    case "subject" where type == "Account", "patient" where type == "Account": return references(list("subject"))
    case "patient" where type == "AllergyIntolerance": return references([resource["patient"]])
    case "account": return references(list("account"))
    case "encounter":
      return references(resource["context"]?["encounter"]?.array ?? [resource["encounter"]].compactMap { $0 })
    case "subject" where type != "Appointment": return references([resource["subject"]])
    case "patient" where type == "Coverage": return references([resource["beneficiary"]])
    case "patient" where type != "Appointment": return references([resource["subject"]])
    case "patient": return actors("Patient")
    case "practitioner" where type == "Appointment": return actors("Practitioner")
    case "location" where type == "Appointment": return actors("Location")
    case "actor": return actors("Patient", "Practitioner", "Location")
    case "practitioner", "participant":
      return references(list("participant").map { $0[type == "Encounter" ? "individual" : "actor"] })
    case "location": return references(list("location").map { $0["location"] })
    case "appointment": return references(list("appointment"))
    case "recipient", "beneficiary": return references([resource[name]])
    case "payor": return references(list("payor"))
    case "date":
      if type == "Encounter" { return period(resource["period"]) }
      let keys = [
        "Appointment": "start", "Observation": "effectiveDateTime", "DiagnosticReport": "effectiveDateTime",
        "Procedure": "performedDateTime",
      ]
      return instant(resource[keys[type] ?? "date"])
    default: return []
    }
  }
}
