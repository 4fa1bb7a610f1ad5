import HL7Parser
import JSON

// RXO, RXE, RXG, RXR, RXC, RXD, RXA. HL7's v2-to-FHIR guide, segment maps RXO[MedicationRequest], RXR[MedicationRequest],
// RXR[Immunization]; of the others it has none: MedicationRequest, Medication, MedicationDispense and
// MedicationAdministration as FHIR defines them.
extension HL7FHIRBuilder {
  /// Where the fields of an order stand: RXO, RXE and RXG tell the same in different places.
  private struct Places {
    var code: Int
    var dose: (low: Int, high: Int, units: Int)
    var form: Int
    var strength: (amount: Int, units: Int)
    var rate: (amount: Int, units: Int)
    /// What the provider, and the pharmacy, say of how it is to be given.
    var instructions: [Int]
    var substitution: Int
    var dispense: (amount: Int, units: Int, repeats: Int)?
    var dailyDose: Int?
    var pharmacy: (name: Int, address: Int, phone: Int)?
    var prescription: Int?
    var initialFill: Int?

    static let requested = Places(
      code: 1, dose: (2, 3, 4), form: 5, strength: (18, 19), rate: (21, 22), instructions: [7], substitution: 9,
      dispense: (11, 12, 13), dailyDose: 23, pharmacy: (32, 33, 36))
    static let encoded = Places(
      code: 2, dose: (3, 4, 5), form: 6, strength: (25, 26), rate: (23, 24), instructions: [7, 21], substitution: 9,
      dispense: (10, 11, 12), dailyDose: 19, pharmacy: (40, 41, 45), prescription: 15, initialFill: 39)
    static let given = Places(
      code: 4, dose: (5, 6, 7), form: 8, strength: (17, 18), rate: (15, 16), instructions: [9, 13], substitution: 10)
  }

  /// RXO, RXE and RXG: what is ordered, as it was requested, encoded, and for each time that it is given.
  mutating func takeMedication(_ segment: HL7Segment) {
    let places: Places = segment.name == "RXO" ? .requested : segment.name == "RXE" ? .encoded : .given
    // An encoded order (RXE) tells the requested one (RXO) of the same ORC more exactly.
    let isSame = segment.name == "RXE" && medication.map { draft[$0].type == "MedicationRequest" } ?? false
    let handle =
      medication.flatMap { isSame && noted?.handle == $0 ? $0 : nil }
      ?? draft.add("MedicationRequest", at: place(segment))
    medication = handle
    noted = (handle, "note")
    if !focus.contains(handle) { focus.append(handle) }
    addOrder(to: handle)
    draft[handle].set("status", order.common.flatMap { medicationStatus($0) } ?? "active")
    let intents = ["RXO": "original-order", "RXE": "order", "RXG": "instance-order"]
    draft[handle].set("intent", intents[segment.name])
    draft[handle].set("subject", subject)
    draft[handle].set("encounter", encounter?.reference)
    if let number = places.prescription.flatMap({ HL7FHIRValues.string(segment[$0].part(1)) }) {
      draft[handle].append("identifier", ["type": ["text": "Prescription number"], "value": number])
    }
    addProduct(segment, places, to: handle)
    addDosage(segment, places, to: handle)
    addDispensing(segment, places, to: handle)
    if let substitution = concept(segment[places.substitution], table: "0161") {
      draft[handle].set("substitution", ["allowedCodeableConcept": substitution])
    }
    if let timing = order.timing {
      order.timing = nil
      schedule(medication: handle, timing)
    }
  }

  /// What ORC says of an order of medication.
  private mutating func addOrder(to handle: HL7FHIRHandle) {
    guard let common = order.common else { return }
    draft[handle].append("identifier", identifier(entity: common[2], type: "PLAC"))
    draft[handle].append("identifier", identifier(entity: common[3], type: "FILL"))
    draft[handle].set("authoredOn", values.dateTime(common[9]))
    draft[handle].set("requester", practitioners(common[12]).first?.reference)
  }

  private func medicationStatus(_ common: HL7Segment) -> JSONValue? {
    let status = Self.mapped(common[5], HL7FHIRCodes.orderStatus) ?? Self.mapped(common[1], HL7FHIRCodes.orderControl)
    switch status?.string {
    case "revoked": return "cancelled"
    default: return status
    }
  }

  // MARK: The product

  /// The code alone, or a Medication where more is said of it.
  private mutating func addProduct(_ segment: HL7Segment, _ places: Places, to handle: HL7FHIRHandle) {
    let code = concept(segment[places.code], table: "0292") ?? Self.unknown
    if draft[handle].object["medicationReference"] == nil {
      draft[handle].set("medicationCodeableConcept", code)
    } else {
      draft[product(of: handle)].set("code", code)
    }
    let form = concept(segment[places.form])
    let strength = quantity(segment[places.strength.amount], units: segment[places.strength.units])
    guard form != nil || strength != nil else { return }
    let product = product(of: handle)
    draft[product].set("form", form)
    guard let strength, let code = draft[product].object["code"] else { return }
    draft[product].object["ingredient"] = [
      ["itemCodeableConcept": code, "strength": ["numerator": strength, "denominator": ["value": .number("1")]]]
    ]
  }

  /// The Medication that a resource names, made of its code where it has none yet.
  private mutating func product(of handle: HL7FHIRHandle) -> HL7FHIRHandle {
    let product = draft.add("Medication", key: "\(draft.fingerprint) of \(handle.id)")
    if let code = draft[handle].object["medicationCodeableConcept"] {
      draft[handle].object["medicationCodeableConcept"] = nil
      draft[product].set("code", code)
      draft[handle].set("medicationReference", product.reference)
    }
    return product
  }

  /// RXC: a component of what was ordered or handed over.
  mutating func takeRXC(_ segment: HL7Segment) {
    guard let medication, let code = concept(segment[2]) else { return }
    let product = product(of: medication)
    var ingredient: JSONObject = ["itemCodeableConcept": code]
    if let kind = HL7FHIRValues.code(segment[1]) { ingredient["isActive"] = .bool(kind != "B") }
    let amount = quantity(segment[5], units: segment[6]) ?? quantity(segment[3], units: segment[4])
    if let amount { ingredient["strength"] = ["numerator": amount, "denominator": ["value": .number("1")]] }
    draft[product].append("ingredient", .object(ingredient))
  }

  // MARK: Doses

  private mutating func addDosage(_ segment: HL7Segment, _ places: Places, to handle: HL7FHIRHandle) {
    var dosage = draft[handle].object["dosageInstruction"]?[0]?.object ?? JSONObject()
    let (low, high) = (
      quantity(segment[places.dose.low], units: segment[places.dose.units]),
      quantity(segment[places.dose.high], units: segment[places.dose.units])
    )
    var dose = JSONObject()
    if let high {
      var range: JSONObject = ["high": high]
      range["low"] = low
      dose["doseRange"] = .object(range)
    } else {
      dose["doseQuantity"] = low
    }
    dose["rateQuantity"] = quantity(segment[places.rate.amount], units: segment[places.rate.units])
    if !dose.isEmpty { dosage["doseAndRate"] = [.object(dose)] }
    let instructions = places.instructions.flatMap { segment[$0].repetitions }.compactMap { instruction($0) }
    if !instructions.isEmpty { dosage["additionalInstruction"] = .array(instructions) }
    if let field = places.dailyDose, let daily = quantity(segment[field]) {
      dosage["maxDosePerPeriod"] = [
        "numerator": daily,
        "denominator": [
          "value": .number("1"), "unit": "d", "system": "http://unitsofmeasure.org", "code": "d",
        ],
      ]
    }
    if !dosage.isEmpty { draft[handle].object["dosageInstruction"] = [.object(dosage)] }
  }

  /// An instruction by a code, or in words that stand where the code would.
  private func instruction(_ element: HL7Element) -> JSONValue? {
    guard let code = HL7FHIRValues.code(element.part(1)), code.contains(" ") else { return concept(element) }
    return ["text": .string(code)]
  }

  private mutating func addDispensing(_ segment: HL7Segment, _ places: Places, to handle: HL7FHIRHandle) {
    guard let fields = places.dispense else { return }
    var dispense = draft[handle].object["dispenseRequest"]?.object ?? JSONObject()
    dispense["numberOfRepeatsAllowed"] =
      HL7FHIRValues.integer(segment[fields.repeats], from: 0) ?? dispense["numberOfRepeatsAllowed"]
    dispense["quantity"] =
      quantity(segment[fields.amount], units: segment[fields.units]) ?? dispense["quantity"]
    if let first = places.initialFill.flatMap({ quantity(segment[$0], units: segment[fields.units]) }) {
      dispense["initialFill"] = ["quantity": first]
    }
    if let pharmacy = places.pharmacy, segment[pharmacy.name].hasValue {
      dispense["performer"] = pharmacyOrganization(segment, pharmacy)?.reference
    }
    if !dispense.isEmpty { draft[handle].set("dispenseRequest", .object(dispense)) }
  }

  private mutating func pharmacyOrganization(
    _ segment: HL7Segment, _ pharmacy: (name: Int, address: Int, phone: Int)
  ) -> HL7FHIRHandle? {
    guard let handle = organization(coded: segment[pharmacy.name]) else { return nil }
    if draft[handle].object["name"] == nil {
      draft[handle].set("name", HL7FHIRValues.text(segment[pharmacy.name].part(1)))
    }
    draft[handle].append("address", address(segment[pharmacy.address].repetition(1)))
    for repetition in segment[pharmacy.phone].repetitions { draft[handle].append("telecom", telecom(repetition)) }
    return handle
  }

  /// RXR: the way that the medication or vaccine at hand is given.
  mutating func takeRXR(_ segment: HL7Segment) {
    let (route, site) = (concept(segment[1], table: "0162"), concept(segment[2], table: "0163"))
    if let immunization {
      draft[immunization].set("route", route)
      draft[immunization].set("site", site)
      return
    }
    guard let medication else { return }
    let isAdministration = draft[medication].type == "MedicationAdministration"
    var dosage =
      (isAdministration
      ? draft[medication].object["dosage"] : draft[medication].object["dosageInstruction"]?[0])?.object ?? JSONObject()
    dosage["route"] = route ?? dosage["route"]
    dosage["site"] = site ?? dosage["site"]
    dosage["method"] = concept(segment[4], table: "0165") ?? dosage["method"]
    if !isAdministration, let way = concept(segment[5]) {
      dosage["additionalInstruction"] = .array((dosage["additionalInstruction"]?.array ?? []) + [way])
    }
    guard !dosage.isEmpty else { return }
    if isAdministration {
      // FHIR wants a dose or a rate in it (mad-1).
      if dosage["dose"] != nil { draft[medication].set("dosage", .object(dosage)) }
    } else {
      draft[medication].object["dosageInstruction"] = [.object(dosage)]
    }
  }

  // MARK: Handed over, given

  /// RXD: what was handed over.
  mutating func takeRXD(_ segment: HL7Segment) {
    let handle = draft.add("MedicationDispense", at: place(segment))
    let request = medication.flatMap { draft[$0].type == "MedicationRequest" ? $0 : nil }
    medication = handle
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].append("identifier", order.common.flatMap { identifier(entity: $0[3], type: "FILL") })
    draft[handle].set("status", segment[3].hasValue ? "completed" : "unknown")
    draft[handle].set("medicationCodeableConcept", concept(segment[2], table: "0292") ?? Self.unknown)
    if let form = concept(segment[6]) { draft[product(of: handle)].set("form", form) }
    draft[handle].set("subject", subject)
    draft[handle].set("context", encounter?.reference)
    draft[handle].set("type", concept(segment[33], table: "0484"))
    for person in practitioners(segment[10]) { draft[handle].append("performer", ["actor": person.reference]) }
    if let request { draft[handle].append("authorizingPrescription", request.reference) }
    if let number = HL7FHIRValues.string(segment[7].part(1)) {
      draft[handle].append(
        "authorizingPrescription",
        ["type": "MedicationRequest", "identifier": ["type": ["text": "Prescription number"], "value": number]])
    }
    draft[handle].set("quantity", quantity(segment[4], units: segment[5]))
    draft[handle].set("whenHandedOver", values.dateTime(segment[3]))
    if let daily = quantity(segment[12]) {
      draft[handle].object["dosageInstruction"] = [
        [
          "maxDosePerPeriod": [
            "numerator": daily,
            "denominator": [
              "value": .number("1"), "unit": "d", "system": "http://unitsofmeasure.org", "code": "d",
            ],
          ]
        ]
      ]
    }
    for repetition in segment[9].repetitions {
      if let text = HL7FHIRValues.freeText(repetition) { draft[handle].append("note", ["text": .string(text)]) }
    }
  }

  /// RXA outside of vaccinations: what was given.
  mutating func takeAdministration(_ segment: HL7Segment) {
    let handle = draft.add("MedicationAdministration", at: place(segment))
    medication = handle
    noted = (handle, "note")
    focus.append(handle)
    draft[handle].set(
      "status",
      Self.mapped(segment[20], ["CP": "completed", "RE": "not-done", "NA": "not-done", "PA": "stopped"]) ?? "completed")
    draft[handle].set("medicationCodeableConcept", concept(segment[5], table: "0292") ?? Self.unknown)
    draft[handle].set("subject", subject)
    draft[handle].set("context", encounter?.reference)
    if let time = values.dateTime(segment[3]) {
      draft[handle].set("effectiveDateTime", time)
    } else {
      draft[handle].set("_effectiveDateTime", Self.unknown)
    }
    for person in practitioners(segment[10]) { draft[handle].append("performer", ["actor": person.reference]) }
    if let dose = quantity(segment[6], units: segment[7]) { draft[handle].set("dosage", ["dose": dose]) }
  }
}
