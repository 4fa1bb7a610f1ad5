import HL7Parser
import JSON

// Data types that FHIR has as data types too. HL7's v2-to-FHIR guide, "Datatype maps".
extension HL7FHIRBuilder {
  // MARK: Codes

  /// The codings of CWE, CE, CNE, CF and of codes alone. A code that is another one in FHIR stands beside that.
  /// - Parameters:
  ///   - table: the table that codes without a system are from.
  ///   - map: what codes of that table are in FHIR.
  func concept(
    _ element: HL7Element, table: String? = nil, map: [String: HL7FHIRCodes.Concept] = [:]
  ) -> JSONValue? {
    guard element.hasValue else { return nil }
    var codings: [JSONValue] = []
    let places = [(1, 2, 3, 7, 14), (4, 5, 6, 8, 17), (10, 11, 12, 13, 20)]
    for (index, place) in places.enumerated() {
      let coding = coding(element, place, table: table, isFirst: index == 0, map: map)
      if let coding, !codings.contains(coding) { codings.append(coding) }
    }
    if let table, let sent = original(element, of: table), let first = codings.first,
      first["system"] != sent["system"] || first["code"] != sent["code"]
    {
      codings.append(sent)
    }
    var object = JSONObject()
    if !codings.isEmpty { object["coding"] = .array(codings) }
    object["text"] = HL7FHIRValues.string(element.part(9))
    return object.isEmpty ? nil : .object(object)
  }

  func coding(
    _ element: HL7Element, table: String? = nil, map: [String: HL7FHIRCodes.Concept] = [:]
  ) -> JSONValue? {
    coding(element, (1, 2, 3, 7, 14), table: table, isFirst: true, map: map)
  }

  private func coding(
    _ element: HL7Element, _ place: (code: Int, display: Int, system: Int, version: Int, identifier: Int),
    table: String?, isFirst: Bool, map: [String: HL7FHIRCodes.Concept]
  ) -> JSONValue? {
    let code = HL7FHIRValues.code(element.part(place.code))
    let display = HL7FHIRValues.text(element.part(place.display))
    guard code != nil || display != nil else { return nil }
    let name = HL7FHIRValues.text(element.part(place.system))
    let identifier = HL7FHIRValues.text(element.part(place.identifier))
    let ownTable = table.map { HL7FHIRCodes.table($0) }
    let named = HL7FHIRCodes.system(name, identifier: identifier)
    // Only the first coding is of the field's table without saying so. A local name may stand for it in the maps that
    // every sender means; a code that is only shown with the table's own words must be the table's.
    let isOfTable = named == nil ? isFirst : named == ownTable
    let shown = name == nil || named != nil ? table : nil
    if isOfTable, let code, let concept = map[code] ?? shown.flatMap({ HL7FHIRConceptMaps.concept($0, code) }) {
      let isSame = concept.system == ownTable && concept.code == code
      return Self.coding(
        HL7FHIRCodes.Concept(
          system: concept.system, code: concept.code, display: isSame ? display ?? concept.display : concept.display))
    }
    var object = JSONObject()
    // A local system that only its users know is left out: FHIR would take any URI for one that exists.
    object["system"] = (named ?? (isFirst && name == nil && code != nil ? ownTable : nil)).map { .string($0) }
    object["version"] = HL7FHIRValues.string(element.part(place.version))
    object["code"] = code.map { .string($0) }
    object["display"] = display.map { .string($0) }
    return .object(object)
  }

  /// The first coding as it was sent, where it is a code of the table. A language is the same in either form.
  private func original(_ element: HL7Element, of table: String) -> JSONValue? {
    guard table != "0296", let code = HL7FHIRValues.code(element.part(1)) else { return nil }
    let ownTable = HL7FHIRCodes.table(table)
    let name = HL7FHIRValues.text(element.part(3))
    guard
      name == nil || HL7FHIRCodes.system(name, identifier: HL7FHIRValues.text(element.part(14))) == ownTable
    else { return nil }
    var object: JSONObject = ["system": .string(ownTable)]
    object["version"] = HL7FHIRValues.string(element.part(7))
    object["code"] = .string(code)
    object["display"] = HL7FHIRValues.string(element.part(2))
    return .object(object)
  }

  static func coding(_ concept: HL7FHIRCodes.Concept) -> JSONValue {
    var object: JSONObject = ["system": .string(concept.system), "code": .string(concept.code)]
    object["display"] = concept.display.map { .string($0) }
    return .object(object)
  }

  static func concept(_ system: String, _ code: String, _ display: String? = nil) -> JSONValue {
    ["coding": [coding(HL7FHIRCodes.Concept(system: system, code: code, display: display))]]
  }

  static func concept(table: String, _ code: String, _ display: String? = nil) -> JSONValue {
    let system = HL7FHIRCodes.table(table)
    let known = HL7FHIRConceptMaps.concept(table, code)
    return concept(system, code, display ?? (known?.system == system && known?.code == code ? known?.display : nil))
  }

  /// What a code is in FHIR, as a code; nil for one that the map does not have.
  static func mapped(_ element: HL7Element, _ map: [String: String]) -> JSONValue? {
    HL7FHIRValues.code(element.part(1)).flatMap { map[$0] ?? map[$0.uppercased()] }.map { .string($0) }
  }

  // MARK: Identifiers

  /// CX.
  mutating func identifier(_ element: HL7Element, type: String? = nil) -> JSONValue? {
    guard let value = HL7FHIRValues.string(element.part(1)) else { return nil }
    var object = JSONObject()
    object["extension"] = checkDigit(element.part(2), element.part(3))
    object["type"] = typeConcept(element.part(5), or: type)
    object["system"] = system(element.part(4))
    object["value"] = value
    object["period"] = values.period(element.part(7), element.part(8))
    object["assigner"] = organization(authority: element.part(4))?.reference
    return .object(object)
  }

  /// EI, and one half of EIP, whose parts are sub-components.
  func identifier(entity element: HL7Element, type: String? = nil) -> JSONValue? {
    guard let value = HL7FHIRValues.string(element.part(1)) else { return nil }
    var object = JSONObject()
    object["type"] = type.map { Self.concept(table: "0203", $0) }
    object["system"] = system(name: element.part(2), id: element.part(3), type: element.part(4))
    object["value"] = value
    return .object(object)
  }

  func typeConcept(_ element: HL7Element, or type: String?) -> JSONValue? {
    if let code = HL7FHIRValues.code(element) {
      return code == type ? Self.concept(table: "0203", code) : concept(element, table: "0203")
    }
    return type.map { Self.concept(table: "0203", $0) }
  }

  func checkDigit(_ digit: HL7Element, _ scheme: HL7Element) -> JSONValue? {
    guard let text = HL7FHIRValues.string(digit) else { return nil }
    var list: [JSONValue] = [
      ["url": "http://hl7.org/fhir/StructureDefinition/identifier-checkDigit", "valueString": text]
    ]
    if let scheme = HL7FHIRValues.string(scheme) {
      list.append([
        "url": "http://hl7.org/fhir/StructureDefinition/namingsystem-checkDigit", "valueString": scheme,
      ])
    }
    return .array(list)
  }

  /// The system that an assigning authority (HD) stands for: its universal id, or a name for its namespace.
  func system(_ authority: HL7Element) -> JSONValue? {
    system(name: authority.part(1), id: authority.part(2), type: authority.part(3))
  }

  private func system(name: HL7Element, id: HL7Element, type: HL7Element) -> JSONValue? {
    if let uri = HL7FHIRValues.uri(universalID: HL7FHIRValues.text(id), type: HL7FHIRValues.text(type)) {
      return .string(uri)
    }
    return (HL7FHIRValues.text(name) ?? HL7FHIRValues.text(id)).map { .string(HL7FHIRValues.localURI($0)) }
  }

  /// A number of the United States' social security; FHIR knows its system.
  func socialSecurity(_ element: HL7Element) -> JSONValue? {
    guard let number = HL7FHIRValues.string(element.part(1)) else { return nil }
    var object: JSONObject = ["type": Self.concept(table: "0203", "SS")]
    if isAmerican { object["system"] = "http://hl7.org/fhir/sid/us-ssn" }
    object["value"] = number
    return .object(object)
  }

  /// Whether the message says that it comes from the United States, or its patient lives there.
  private var isAmerican: Bool {
    let homes = message.segments.first(named: "PID").map { $0[11].repetitions.map { $0.part(6) } } ?? []
    let places = [message.header[17]] + homes
    return places.contains { ["US", "USA"].contains(HL7FHIRValues.code($0)) }
  }

  // MARK: Names, addresses, telecommunication

  /// XPN: the name, and XPN.15, what the person is called, as another.
  func names(_ element: HL7Element) -> [JSONValue] {
    let called = HL7FHIRValues.string(element.part(15)).map { (name: JSONValue) -> JSONValue in
      ["use": "nickname", "given": [name]]
    }
    return [name(element), called].compactMap { $0 }
  }

  /// XPN.
  func name(_ element: HL7Element) -> JSONValue? {
    name(
      family: element.part(1), given: element.part(2), other: element.part(3),
      suffixes: [4, 6, 14].map { element.part($0) },
      prefix: element.part(5), use: element.part(7), range: element.part(10),
      period: values.period(element.part(12), element.part(13)))
  }

  /// XCN and CNN, whose name begins with the second component; a degree (XCN.7) stands behind it.
  func personName(_ element: HL7Element) -> JSONValue? {
    name(
      family: element.part(2), given: element.part(3), other: element.part(4),
      suffixes: [5, 7, 21].map { element.part($0) },
      prefix: element.part(6), use: element.part(10), range: element.part(17),
      period: values.period(element.part(19), element.part(20)))
  }

  private func name(
    family: HL7Element, given: HL7Element, other: HL7Element, suffixes: [HL7Element], prefix: HL7Element,
    use: HL7Element, range: HL7Element, period: JSONValue?
  ) -> JSONValue? {
    var object = JSONObject()
    object["use"] = Self.mapped(use, HL7FHIRCodes.nameUse)
    object["family"] = HL7FHIRValues.string(family.part(1))
    let parts = [(2, "own-prefix"), (3, "own-name"), (4, "partner-prefix"), (5, "partner-name")]
    let extensions: [JSONValue] = parts.compactMap { number, part in
      guard family.subcomponentCount > 1, let text = HL7FHIRValues.string(family.subcomponent(number)) else {
        return nil
      }
      return ["url": .string("http://hl7.org/fhir/StructureDefinition/humanname-\(part)"), "valueString": text]
    }
    if !extensions.isEmpty { object["_family"] = ["extension": .array(extensions)] }
    let givens = [given, other].compactMap { HL7FHIRValues.string($0) }
    if !givens.isEmpty { object["given"] = .array(givens) }
    if let prefix = HL7FHIRValues.string(prefix) { object["prefix"] = [prefix] }
    let after = suffixes.compactMap { HL7FHIRValues.string($0) }
    if !after.isEmpty { object["suffix"] = .array(after) }
    let isNamed = ["family", "_family", "given", "prefix", "suffix"].contains { object[$0] != nil }
    object["period"] = period ?? values.period(range.part(1), range.part(2))
    return isNamed ? .object(object) : nil
  }

  /// XAD, and AD, which is its beginning.
  func address(_ element: HL7Element) -> JSONValue? {
    var object = JSONObject()
    object["use"] = Self.mapped(element.part(7), HL7FHIRCodes.addressUse)
    object["type"] = Self.mapped(element.part(7), HL7FHIRCodes.addressType)
    let street = element.part(1)
    let lines =
      (1...3).map { street.subcomponent($0) }
      + [element.part(2), element.part(19)]
    let texts = lines.compactMap { HL7FHIRValues.string($0) }
    if !texts.isEmpty { object["line"] = .array(texts) }
    object["city"] = HL7FHIRValues.string(element.part(3))
    object["district"] = HL7FHIRValues.string(element.part(9).part(1)) ?? HL7FHIRValues.string(element.part(9).part(2))
    object["state"] = HL7FHIRValues.string(element.part(4))
    object["postalCode"] = HL7FHIRValues.string(element.part(5))
    object["country"] = HL7FHIRValues.string(element.part(6))
    let isAnywhere = ["line", "city", "district", "state", "postalCode", "country"].contains { object[$0] != nil }
    object["period"] =
      values.period(element.part(13), element.part(14))
      ?? values.period(element.part(12).part(1), element.part(12).part(2))
    return isAnywhere ? .object(object) : nil
  }

  /// XTN.
  /// - Parameter use: where the field says what XTN.2 does not.
  func telecom(_ element: HL7Element, use: String? = nil) -> JSONValue? {
    let equipment = HL7FHIRValues.text(element.part(3))
    let mail = HL7FHIRValues.text(element.part(4))
    let isMail = equipment == "Internet" || equipment == "X.400" || equipment == nil && mail != nil
    let number = isMail ? mail : number(element)
    guard let value = number ?? HL7FHIRValues.text(element.part(1)) ?? mail else { return nil }
    var object = JSONObject()
    let system =
      equipment.flatMap { HL7FHIRCodes.telecomSystem[$0] } ?? (isMail || value.contains("@") ? "email" : "phone")
    object["system"] = .string(system)
    object["value"] = .string(value)
    let sent =
      equipment == "CP" ? "mobile" : HL7FHIRValues.code(element.part(2)).flatMap { HL7FHIRCodes.telecomUse[$0] }
    object["use"] = (sent ?? (element.part(2).hasValue ? nil : use)).map { .string($0) }
    object["rank"] = HL7FHIRValues.integer(element.part(18))
    object["period"] = values.period(element.part(13), element.part(14))
    let parts = isMail ? [] : [(5, "country"), (6, "area"), (7, "local"), (8, "extension")]
    let extensions: [JSONValue] = parts.compactMap { number, part -> JSONValue? in
      HL7FHIRValues.string(element.part(number)).map {
        ["url": .string("http://hl7.org/fhir/StructureDefinition/contactpoint-\(part)"), "valueString": $0]
      }
    }
    if !extensions.isEmpty { object["extension"] = .array(extensions) }
    return .object(object)
  }

  /// The number as it is dialled: XTN.12, else put together of XTN.5 to XTN.8, else XTN.1.
  private func number(_ element: HL7Element) -> String? {
    if let whole = HL7FHIRValues.text(element.part(12)) { return whole }
    guard let local = HL7FHIRValues.text(element.part(7)) else { return HL7FHIRValues.text(element.part(1)) }
    var parts = [HL7FHIRValues.text(element.part(6)), local].compactMap { $0 }
    if let country = HL7FHIRValues.text(element.part(5)) {
      parts.insert(country.hasPrefix("+") ? country : "+\(country)", at: 0)
    }
    if let inner = HL7FHIRValues.text(element.part(8)) { parts.append("X\(inner)") }
    return parts.joined(separator: " ")
  }

  // MARK: Quantities

  /// A quantity of a number and the units of a CWE.
  func quantity(_ number: HL7Element, comparator: HL7Element? = nil, units: HL7Element) -> JSONValue? {
    guard let value = HL7FHIRValues.decimal(number) else { return nil }
    var object = JSONObject()
    object["value"] = value
    if let comparator = comparator.flatMap({ HL7FHIRValues.text($0) }), ["<", "<=", ">", ">="].contains(comparator) {
      object["comparator"] = .string(comparator)
    }
    addUnits(units, to: &object)
    return .object(object)
  }

  /// CQ: a number and its units in one element.
  func quantity(_ element: HL7Element) -> JSONValue? {
    guard let value = HL7FHIRValues.decimal(element.part(1)) else { return nil }
    var object: JSONObject = ["value": value]
    addUnits(element.part(2), to: &object)
    return .object(object)
  }

  private func addUnits(_ units: HL7Element, to object: inout JSONObject) {
    let code = HL7FHIRValues.code(units.part(1))
    object["unit"] = HL7FHIRValues.string(units.part(2)) ?? code.map { .string($0) }
    let system = HL7FHIRCodes.system(HL7FHIRValues.text(units.part(3)), identifier: HL7FHIRValues.text(units.part(14)))
    // FHIR takes no code of a unit without its system.
    guard let code, let system else { return }
    object["system"] = .string(system)
    object["code"] = .string(code)
  }
}
