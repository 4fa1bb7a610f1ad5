/// A search parameter of this server (FHIR R4 search.html §3.1.1.4).
package struct SearchParameter: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case token
    case string
    /// A point or period in time.
    case date
    /// A calendar day without a time, possibly known only to the month or year: a birth date.
    case day
    /// The types that it may lead to.
    case reference([String])
  }

  package let name: String
  package let kind: Kind
  package let isSortable: Bool
  /// Whether a resource can lack it, so that `:missing` says something.
  package let isOptional: Bool
  package let documentation: String

  init(_ name: String, _ kind: Kind, sortable: Bool = false, optional: Bool = true, _ documentation: String) {
    self.name = name
    self.kind = kind
    isSortable = sortable
    isOptional = optional
    self.documentation = documentation
  }

  /// The type's name in a CapabilityStatement (valueset-search-param-type).
  package var typeName: String {
    switch kind {
    case .token: "token"
    case .string: "string"
    case .date, .day: "date"
    case .reference: "reference"
    }
  }

  /// The modifiers that it takes, without the type names of references.
  package var modifiers: [SearchModifier] {
    let missing: [SearchModifier] = isOptional ? [.missing] : []
    switch kind {
    case .token: return [.not] + missing
    case .string: return [.exact, .contains] + missing
    case .date, .day, .reference: return missing
    }
  }
}

/// What follows the colon of a parameter's name.
package enum SearchModifier: String, Sendable, Hashable, CaseIterable { case exact, contains, missing, not }

/// Which parameters each type can be searched by. The capability statement, the parser and the SQL builder read it.
package enum SearchParameterRegistry {
  package static let common: [SearchParameter] = [
    SearchParameter("_id", .token, sortable: true, optional: false, "Logical id."),
    SearchParameter("_lastUpdated", .date, sortable: true, optional: false, "When the resource last changed."),
  ]

  private static let identifier = SearchParameter("identifier", .token, "A business identifier.")
  private static let person = [
    identifier,
    SearchParameter("family", .string, sortable: true, "Family name."),
    SearchParameter("given", .string, sortable: true, "Given name."),
    SearchParameter("name", .string, sortable: true, "Any part of the name."),
    SearchParameter("gender", .token, "Administrative gender."),
    SearchParameter("phone", .token, "Telephone number."),
    SearchParameter("email", .token, "Email address."),
  ]
  private static let status = SearchParameter("status", .token, sortable: true, optional: false, "Status.")
  private static let encounter = SearchParameter("encounter", .reference(["Encounter"]), "The encounter.")
  private static func patient(_ names: String...) -> [SearchParameter] {
    names.map { SearchParameter($0, .reference(["Patient"]), "The patient.") }
  }

  private static let own: [String: [SearchParameter]] = [
    "Patient": person + [SearchParameter("birthdate", .day, sortable: true, "Date of birth.")],
    "Practitioner": person,
    "Organization": [identifier, SearchParameter("name", .string, sortable: true, "Name.")],
    "Location": [identifier, SearchParameter("name", .string, sortable: true, "Name."), status],
    "Appointment": patient("patient") + [
      identifier, status,
      SearchParameter("practitioner", .reference(["Practitioner"]), "A practitioner who takes part."),
      SearchParameter("location", .reference(["Location"]), "Where it takes place."),
      SearchParameter(
        "actor", .reference(["Patient", "Practitioner", "Location"]), "Anyone or anything that takes part."),
      SearchParameter("date", .date, sortable: true, "When it starts."),
    ],
    "Encounter": patient("patient", "subject") + [
      identifier, status,
      SearchParameter("practitioner", .reference(["Practitioner"]), "A practitioner who took part."),
      SearchParameter("participant", .reference(["Practitioner"]), "Anyone who took part."),
      SearchParameter("location", .reference(["Location"]), "Where it took place."),
      SearchParameter("appointment", .reference(["Appointment"]), "The appointment that led to it."),
      SearchParameter("date", .date, sortable: true, "The period in which it took place."),
    ],
    "Invoice": patient("patient", "subject") + [
      identifier, status,
      SearchParameter("participant", .reference(["Practitioner"]), "Who took part in what is charged."),
      SearchParameter("recipient", .reference(["Patient", "Organization"]), "Who it is addressed to."),
      SearchParameter("date", .date, sortable: true, "When it was issued."),
    ],
    "Coverage": patient("patient", "beneficiary") + [
      identifier, status,
      SearchParameter("payor", .reference(["Organization"]), "Who pays."),
    ],
    "Observation": patient("patient", "subject") + [
      encounter, status, SearchParameter("code", .token, "What was observed."),
      SearchParameter("date", .date, sortable: true, "When it was observed."),
    ],
    "DiagnosticReport": patient("patient", "subject") + [
      encounter, status, SearchParameter("code", .token, "What was examined."),
      SearchParameter("date", .date, sortable: true, "When it was observed."),
    ],
    "DocumentReference": patient("patient", "subject") + [
      encounter, status, SearchParameter("type", .token, "The kind of document."),
      SearchParameter("date", .date, sortable: true, "When it was made."),
    ],
    "Condition": patient("patient", "subject") + [encounter, SearchParameter("code", .token, "The diagnosis.")],
    "Procedure": patient("patient", "subject") + [
      encounter, status, SearchParameter("code", .token, "What was done."),
      SearchParameter("date", .date, sortable: true, "When it was done."),
    ],
    "AllergyIntolerance": patient("patient") + [SearchParameter("code", .token, "The substance.")],
    "Account": patient("patient", "subject") + [identifier, status],
    "ChargeItem": patient("patient", "subject") + [
      SearchParameter("account", .reference(["Account"]), "What it is charged to."),
      SearchParameter("code", .token, "What is charged."),
    ],
    "AuditEvent": patient("patient") + [
      SearchParameter("date", .date, sortable: true, optional: false, "When it was recorded."),
      SearchParameter("action", .token, optional: false, "C, R, U, D or E."),
      SearchParameter("outcome", .token, optional: false, "0, 4, 8 or 12."),
      SearchParameter("subtype", .token, optional: false, "The interaction: read, search-type, hl7v2 …"),
      SearchParameter("altid", .token, "Id of the partner who called."),
    ],
  ]

  /// The searchable types in alphabetical order.
  package static let types: [String] = own.keys.sorted()

  /// Every parameter of a type in alphabetical order, the common ones first; empty for an unknown type.
  package static func parameters(of type: String) -> [SearchParameter] { tables[type]?.list ?? [] }

  /// One parameter of a type.
  package static func parameter(_ name: String, of type: String) -> SearchParameter? { tables[type]?.byName[name] }

  private static let tables: [String: (list: [SearchParameter], byName: [String: SearchParameter])] = own.mapValues {
    let list = common + $0.sorted { $0.name < $1.name }
    return (list, Dictionary(uniqueKeysWithValues: list.map { ($0.name, $0) }))
  }
}
