internal import ClinicModel
internal import HL7Parser
internal import JSON
internal import Mappers

/// Accounts, what is charged to them, lines of a draft invoice, and what is paid on them.
extension ChangePlanner {
  mutating func add(_ change: AccountChange, to plan: inout Plan) throws {
    let patient = try patient(change.patient, &plan)
    let standing = lookup.owners[RecordKey(.account, change.number)]?.first
    if change.mustExist { _ = try known(account: change.number) }
    if standing == nil, change.number.isOurs(.account) {
      throw Self.unknownOwn("account", at: HL7Location("PID", field: 18))
    }
    if let standing, change.onlyWhereNew {
      try link(change.encounter, toAccount: standing.id, &plan)
      return
    }
    if isSuperseded(standing, OwnerType.account.rawValue, &plan) { return }
    let start = plan.queries.count
    var fields = RecordFields(change)
    let id = try standing?.id ?? newID()
    if standing == nil { fields.put("patient_id", .string(patient.id)) }
    try write(.account, id, fields, isNew: standing == nil, &plan)
    note(.account, id, [change.number], standing: standing, since: start, &plan)
    try link(change.encounter, toAccount: id, &plan)
  }

  /// A visit that is charged to no account yet is charged to this one.
  private mutating func link(_ visit: EncounterReference?, toAccount id: String, _ plan: inout Plan) throws {
    guard let visit, let encounter = lookup.owner(visit.identifiers.map { RecordKey(.encounter, $0) }) else { return }
    var fields = RecordFields()
    fields.put("account_id", FieldChange<String>.fill(id))
    let start = plan.queries.count
    try write(.encounter, encounter, fields, isNew: false, &plan)
    if plan.queries.count > start { plan.effects.alsoWrite(.encounter, encounter) }
  }

  mutating func add(_ change: ChargeChange, to plan: inout Plan) throws {
    guard let (fact, patient) = try fact(change.key, of: change.patient, &plan) else { return }
    try requireCurrency(change.currency, at: change.location)
    let account = try known(account: change.account)
    var fields = RecordFields(change)
    refer(change.encounter, &fields)
    refer(change.practitioner, as: "practitioner_id", &fields, &plan)
    let invoice: String
    if let standing = lookup.facts[fact] {
      guard standing.status == InvoiceStatus.draft.rawValue, let parent = standing.parentID else {
        throw Refusal(
          finding: HL7Finding(
            .applicationRecordLocked, at: at(change.location, 2),
            "the charge stands on an invoice that is issued; what is wrong with it is a credit (CD)"))
      }
      invoice = parent
      try write(.invoiceItem, fact.id, fields, isNew: false, &plan)
      let price: JSONObject = [
        "quantity": .number(change.quantity.description), "unit_price": .number(change.unitPrice.description),
      ]
      plan.queries.append(
        RecordWrite(
          Self.repricing, rank: 144, key: fact.id,
          [[fact.id], [change.quantity.description], [change.unitPrice.description]],
          effect: .set(RecordRelation.invoiceItem.name, price)))
      plan.queries.append(RecordWrite(Self.staleTaxes, rank: 145, key: fact.id, [[fact.id]]))
    } else {
      invoice = try draft(of: account.id, change, patient, &plan)
      let number = lookup.drafts[account.id]?[patient.id]?.items ?? 0
      lookup.drafts[account.id]?[patient.id]?.items = number + 1
      fields.put("invoice_id", .string(invoice))
      fields.put("sequence", JSONValue(number + 1))
      fields.put("quantity", .string(change.quantity.description))
      fields.put("unit_price", .string(change.unitPrice.description))
      fields.put("net", .string(change.net.description))
      try write(.invoiceItem, fact.id, fields, isNew: true, &plan)
    }
    if plan.billed.insert(invoice).inserted {
      plan.queries.append(RecordWrite(Self.totals, rank: 146, key: invoice, [[invoice]]))
    }
    note(
      fact, StandingFact(record: written(fact.id), patientID: patient.id, status: "draft", parentID: invoice), &plan)
  }

  /// Money received on an account. It settles what is issued to the account, the oldest first; what is left of it waits
  /// for what is issued next.
  mutating func add(_ change: PaymentChange, to plan: inout Plan) throws {
    guard let (fact, patient) = try fact(change.key, of: change.patient, &plan) else { return }
    try requireCurrency(change.currency, at: change.location)
    let account = try known(account: change.account)
    let payer = change.payer.flatMap { resolver.payer($0, &lookup, &plan.queries) }
    var fields = RecordFields(change)
    fields.put("payer_type", .string((payer == nil ? PayerOfPayment.patient : .payer).rawValue))
    fields.put("payer_id", JSONValue(payer))
    fields.put("account_id", .string(account.id))
    fields.put("currency", JSONValue(lookup.currency))
    try write(fact, .payment, fields, of: patient, status: "", &plan)
    if plan.settled.insert(account.id).inserted {
      plan.queries.append(
        RecordWrite("select clinic.settle_accounts($1::uuid, $2::text[])", rank: 150, key: nil, [[account.id]]))
    }
  }

  private func known(account: IdentifierValue) throws -> StandingRecord {
    if let standing = lookup.owners[RecordKey(.account, account)]?.first { return standing }
    throw Self.unknown("account", at: HL7Location("PID", field: 18))
  }

  private func requireCurrency(_ currency: String?, at segment: HL7Location) throws {
    guard let currency, currency != lookup.currency else { return }
    throw Refusal(
      finding: HL7Finding(
        .tableValueNotFound, at: at(segment, 11), "amounts are taken in the clinic's currency alone"))
  }

  private func at(_ segment: HL7Location, _ field: Int) -> HL7Location {
    var location = segment
    location.field = field
    return location
  }

  /// The draft that collects what is charged to an account for a patient.
  private mutating func draft(
    of account: String, _ change: ChargeChange, _ patient: StandingRecord, _ plan: inout Plan
  ) throws -> String {
    if let standing = lookup.drafts[account]?[patient.id] { return standing.id }
    let id = try newID()
    var fields = RecordFields()
    fields.put("status", .string(InvoiceStatus.draft.rawValue))
    fields.put("patient_id", .string(patient.id))
    fields.put("account_id", .string(account))
    fields.put("currency", JSONValue(lookup.currency))
    refer(change.encounter, &fields)
    try write(.invoice, id, fields, isNew: true, &plan)
    lookup.drafts[account, default: [:]][patient.id] = RecordLookup.Draft(id: id, items: 0)
    plan.effects.add(.invoice, id, .create)
    return id
  }

  /// A line keeps the discount that the clinic gave on it.
  private static let repricing = """
    update clinic.invoice_item t set quantity = c.quantity::numeric, unit_price = c.price::numeric,
      net = round(round(c.quantity::numeric, 6) * round(c.price::numeric, 6), 2) - t.discount
    from unnest($2::text[], $3::text[], $4::text[]) as c (id, quantity, price)
    where t.clinic_id = $1::uuid and t.id = c.id
      and (t.quantity, t.unit_price) is distinct from (c.quantity::numeric, c.price::numeric)
    """
  /// Taxes of a net that is no more.
  private static let staleTaxes = """
    delete from clinic.invoice_item_tax x using clinic.invoice_item t
    where t.clinic_id = $1::uuid and t.id = any ($2::text[]) and x.clinic_id = t.clinic_id
      and x.invoice_item_id = t.id and x.base <> t.net
    """
  private static let totals = """
    update clinic.invoice v set total_net = s.net, total_tax = s.tax, total_gross = s.net + s.tax
    from unnest($2::text[]) as c (id), lateral (
      select
        (select coalesce(sum(t.net), 0) from clinic.invoice_item t
          where t.clinic_id = $1::uuid and t.invoice_id = c.id and t.deleted_at is null) as net,
        (select coalesce(sum(x.amount), 0) from clinic.invoice_item_tax x
          where x.clinic_id = $1::uuid and x.invoice_id = c.id and x.deleted_at is null) as tax) s
    where v.clinic_id = $1::uuid and v.id = c.id and v.status = 'draft'
      and (v.total_net, v.total_tax) is distinct from (s.net, s.tax)
    """
}

extension RecordFields {
  init(_ change: AccountChange) {
    put("status", change.status, empty: "active")
    put("period_from", change.from)
    put("period_to", change.to)
  }

  init(_ change: ChargeChange) {
    put("code", FieldChange<Code>.set(change.code))
    put("description", .string(change.description))
    put("served_at", change.servedAt)
  }

  init(_ change: PaymentChange) {
    put("method", .string(change.method.rawValue))
    put("amount", .string(change.amount.description))
    put("paid_at", .string(change.paidAt.rfc3339()))
    put("reference", change.reference)
  }
}
