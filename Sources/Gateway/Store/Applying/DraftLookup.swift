internal import PostgresClient

/// The draft invoices that collect what is charged to accounts.
extension RecordLookup {
  struct Draft: Sendable {
    var id: String
    /// The number of its last line.
    var items: Int
  }

  private static let draftsTexts = Texts { hasOurs in
    """
    select c.currency, v.account_id, v.patient_id, v.id, v.items
    from clinic.clinic c
    left join lateral (
      select v.account_id, v.patient_id, v.id,
        (select coalesce(max(t.sequence), 0) from clinic.invoice_item t
          where t.clinic_id = v.clinic_id and t.invoice_id = v.id) as items
      from unnest($2::text[], $3::text[]) as k (system, value)
      cross join lateral (\(holders("'account'", hasOurs))) i
      join clinic.invoice v on v.clinic_id = $1::uuid and v.account_id = i.owner_id and v.status = 'draft'
        and v.kind = 'invoice' and v.deleted_at is null
    ) v on true
    where c.clinic_id = $1::uuid order by v.id
    """
  }

  static func query(draftsOf accounts: Set<RecordKey>, clinic: PostgresValue) -> PostgresQuery {
    PostgresQuery(dynamic: draftsTexts[hasOurs: accounts.contains(where: \.isOurs)], [clinic] + columns(of: accounts))
  }

  mutating func readDrafts(_ result: PostgresResult?) throws(PostgresError) {
    for row in result.map(Array.init) ?? [] {
      currency = try row.string(0)
      guard let account = try row.optionalString(1) else { continue }
      let patient = try row.string(2)
      // Of several the oldest: the clinic may have begun another by hand.
      if drafts[account]?[patient] == nil {
        drafts[account, default: [:]][patient] = Draft(id: try row.string(3), items: try row.int(4))
      }
    }
  }
}
