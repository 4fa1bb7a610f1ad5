import FHIRModels

/// Documents that are built here, so that there is something to measure everywhere.
func samples() -> [(name: String, json: [UInt8])] {
  let bundle = Bundle {
    $0.type = .collection
    $0.entry = (0..<500).map { index in
      index % 2 == 0
        ? Bundle.Entry(fullUrl: "urn:x:\(index)", resource: AnyResource(patient))
        : Bundle.Entry(fullUrl: "urn:x:\(index)", resource: AnyResource(invoice))
    }
  }
  return [
    ("own patient", patient.json(pretty: true)), ("own invoice", invoice.json(pretty: true)),
    ("own bundle", bundle.json()),
  ]
}

private let patient = Patient {
  $0.id = "p1"
  $0.identifier = [Identifier(use: .official, system: "urn:oid:1.2.3", value: "0042")]
  $0.name = [HumanName(use: .official, family: "Alaoui", given: ["Amina", "Zahra"], prefix: ["Mme"])]
  $0.telecom = [ContactPoint(system: .phone, value: "+212 600 000 000", use: .mobile)]
  $0.gender = .female
  $0.birthDate = FHIRDate("1980-04-01")
  $0.address = [Address(line: ["12, rue de l'Écluse", "\"Villa\""], city: "Casablanca", country: "MA")]
}

private let invoice = Invoice {
  $0.id = "i1"
  $0.status = .issued
  $0.subject = Reference(reference: "Patient/p1")
  $0.lineItem = (1...5).map { (line: Int) in
    Invoice.LineItem(
      sequence: line, chargeItem: .codeableConcept(CodeableConcept(text: "Act \(line)")),
      priceComponent: [
        Invoice.LineItem.PriceComponent(
          type: .base, amount: Money(value: FHIRDecimal(minorUnits: 25_000, scale: 2), currency: "MAD"))
      ])
  }
}
