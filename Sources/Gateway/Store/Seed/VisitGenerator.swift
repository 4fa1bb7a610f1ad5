internal import ClinicModel

extension PatientGenerator {
  private static let slotsPerDay = 14
  private static let days = 520

  /// Day (from the reference Monday) and minute of the day of a visit, and who sees the patient.
  ///
  /// Numbers run through all slots of all practitioners in a fixed shuffle: nobody is booked twice until every slot of
  /// the 104 weeks is taken.
  private func slot(_ patient: Int, _ visit: Int) -> (day: Int, minute: Int, practitioner: Int) {
    let count = clinic.practitioners.count
    let slots = Self.days * Self.slotsPerDay * count
    var step = 7919
    while slots % step == 0 { step += 2 }
    let slot = (patient * 3 + visit) % slots * step % slots
    let day = slot / count / Self.slotsPerDay
    let hour = slot / count % Self.slotsPerDay
    // 09:00–12:00 and 14:00–18:00, half an hour each.
    return ((day / 5 - 92) * 7 + day % 5, hour < 6 ? 540 + hour * 30 : 840 + (hour - 6) * 30, slot % count)
  }

  func addVisit(
    _ visit: Int, patient number: Int, _ patient: String, _ coverage: (payer: String, rate: Quantity)?,
    _ random: inout SeedRandom, to batch: inout SeedBatch
  ) throws(ClinicValueError) {
    let (day, minute, seat) = slot(number, visit)
    let practitioner = clinic.practitioners[seat]
    let room = clinic.rooms.isEmpty ? nil : clinic.rooms[seat % clinic.rooms.count]
    let draw = random.below(100)
    let status = day >= 0 ? "booked" : draw < 85 ? "fulfilled" : draw < 93 ? "cancelled" : "noshow"
    let act = random.pick(acts)
    let (start, end) = (timestamp(day: day, minute: minute), timestamp(day: day, minute: minute + 30))
    let appointment = random.uuid()
    batch.appointment.add(
      clinic.clinicID, appointment, timestamp(day: min(day, 0) - 10, minute: minute), status, start, end, patient,
      practitioner, room, act.code, act.text, timestamp(day: min(day, 0) - 10, minute: minute))
    guard status == "fulfilled" else { return }
    let encounter = random.uuid()
    batch.encounter.add(
      clinic.clinicID, encounter, end, appointment, patient, practitioner, room, "AMB", "finished", start, end,
      act.code, act.text)
    var charged = [act]
    if random.chance(percent: 35) { charged.append(random.pick(acts)) }
    let bill = Bill(
      number: "F-" + padded(number * 3 + visit + 1, 7), patient: patient, encounter: encounter,
      practitioner: practitioner, day: day, end: end, minute: minute)
    try addInvoice(bill, charged, coverage, &random, to: &batch)
  }

  struct Bill {
    let number: String
    let patient: String
    let encounter: String
    let practitioner: String
    let day: Int
    let end: String
    let minute: Int
  }

  private func addInvoice(
    _ bill: Bill, _ acts: [SampleAct], _ coverage: (payer: String, rate: Quantity)?, _ random: inout SeedRandom,
    to batch: inout SeedBatch
  ) throws(ClinicValueError) {
    let id = random.uuid()
    let date = CalendarDate(daysSinceEpoch: Self.referenceMonday + bill.day)
    let rates = try date.map { day throws(ClinicValueError) in
      try clinic.taxRegime.rates(region: clinic.region, on: day)
    }
    let items = try InvoiceTotals.price(lines(id, acts, &random), rates: rates ?? [])
    let totals = try InvoiceTotals(items: items)
    let draw = random.below(100)
    let status = draw < 5 ? "draft" : draw < 20 ? "issued" : "balanced"
    let due = CalendarDate(daysSinceEpoch: Self.referenceMonday + bill.day + 30)?.dayText
    batch.invoice.add(
      clinic.clinicID, id, bill.end, status == "draft" ? nil : bill.number, status, bill.patient, bill.encounter,
      bill.practitioner, status == "draft" ? nil : bill.end, due, clinic.currency, totals.net.description,
      totals.tax.description, totals.gross.description)
    for item in items {
      batch.item.add(
        clinic.clinicID, item.id, id, String(item.sequence), item.code?.code, item.code?.display, item.description,
        item.quantity.description, item.unit, item.unitPrice.description, item.net.description, item.exemptionReason,
        bill.encounter, bill.practitioner, bill.end)
      for tax in item.taxes {
        batch.tax.add(
          clinic.clinicID, random.uuid(), id, item.id, tax.taxCode, tax.category.rawValue, tax.rate.description,
          tax.base.description, tax.amount.description)
      }
    }
    if status == "balanced" { try addPayments(bill, id, totals.gross, coverage, &random, to: &batch) }
  }

  private func lines(_ invoice: String, _ acts: [SampleAct], _ random: inout SeedRandom) -> [InvoiceItemRecord] {
    acts.enumerated().map { index, act in
      var item = InvoiceItemRecord(
        row: RowMeta(clinicID: clinic.clinicID, id: random.uuid()), invoiceID: invoice, sequence: index + 1,
        description: act.text, quantity: .one, unitPrice: act.price, net: .zero)
      item.code = Code(code: act.code, display: act.text)
      item.unit = "C62"
      item.exemptionReason = act.isCare ? clinic.taxRegime.careExemptionReason : nil
      return item
    }
  }

  /// The payer remits its share ten days later, the patient pays the rest at once.
  private func addPayments(
    _ bill: Bill, _ invoice: String, _ gross: Amount, _ coverage: (payer: String, rate: Quantity)?,
    _ random: inout SeedRandom, to batch: inout SeedBatch
  ) throws(ClinicValueError) {
    let covered = try coverage.map { cover throws(ClinicValueError) in try gross.percentage(cover.rate) } ?? .zero
    let own = try gross.subtracting(covered)
    if let coverage, covered > .zero {
      let payment = random.uuid()
      batch.payment.add(
        clinic.clinicID, payment, "payer", nil, coverage.payer, "remittance", covered.description, clinic.currency,
        timestamp(day: bill.day + 10, minute: 600), "R-" + bill.number)
      batch.allocation.add(clinic.clinicID, random.uuid(), payment, invoice, covered.description)
    }
    if own > .zero {
      let payment = random.uuid()
      batch.payment.add(
        clinic.clinicID, payment, "patient", bill.patient, nil, random.chance(percent: 60) ? "card" : "cash",
        own.description, clinic.currency, bill.end, nil)
      batch.allocation.add(clinic.clinicID, random.uuid(), payment, invoice, own.description)
    }
  }
}
