import PostgresClient

/// The SQL of `DocumentReader`; `DocumentRows` reads the columns in this order.
enum DocumentQueries {
  static func scope(_ clinicID: String) -> PostgresQuery {
    PostgresQuery("select set_config('passerelle.clinic_id', $1, true)", [.text(clinicID)])
  }

  static func claim(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, invoice_id, coverage_id, payer_id, patient_id, format, status, control_number, currency, total, allowed,
        paid, submitted_at
      from clinic.claim where clinic_id = $1::uuid and id = $2 and deleted_at is null
      """, [.text(clinicID), .text(id)])
  }

  static func claimItems(_ claimID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select sequence, invoice_item_id, charged, allowed, paid
      from clinic.claim_item where clinic_id = $1::uuid and claim_id = $2 and deleted_at is null order by sequence
      """, [.text(clinicID), .text(claimID)])
  }

  static func invoice(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, kind, status, patient_id, currency, number, corrects_id, recipient_type, recipient_id, encounter_id,
        account_id, practitioner_id, issued_at, due_at, total_net, total_tax, total_gross, note,
        (select coalesce(sum(a.amount), 0) from clinic.payment_allocation a
          where a.clinic_id = i.clinic_id and a.invoice_id = i.id and a.deleted_at is null)
      from clinic.invoice i where clinic_id = $1::uuid and id = $2 and deleted_at is null
      """, [.text(clinicID), .text(id)])
  }

  static func items(_ invoiceID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, sequence, description, quantity, unit_price, net, code_system, code_code, code_display, unit, discount,
        exemption_reason, encounter_id, procedure_id, practitioner_id, served_at, body_site_system, body_site_code,
        body_site_display
      from clinic.invoice_item where clinic_id = $1::uuid and invoice_id = $2 and deleted_at is null order by sequence
      """, [.text(clinicID), .text(invoiceID)])
  }

  static func taxes(_ invoiceID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select invoice_item_id, tax_code, category, rate, base, amount
      from clinic.invoice_item_tax where clinic_id = $1::uuid and invoice_id = $2 and deleted_at is null
      order by tax_code, rate
      """, [.text(clinicID), .text(invoiceID)])
  }

  static func clinic(_ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, slug, name, country, time_zone, currency, tax_regime, legal_name, locale, phone, email, line, city,
        district, state, postal_code, country
      from clinic.clinic where clinic_id = $1::uuid and deleted_at is null
      """, [.text(clinicID)])
  }

  static func patient(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, family, given, prefix, gender, birth_date, birth_precision, line, city, district, state, postal_code,
        country
      from clinic.patient where clinic_id = $1::uuid and id = $2
      """, [.text(clinicID), .text(id)])
  }

  static func payer(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, name, kind, claim_format, phone, email, line, city, district, state, postal_code, country
      from clinic.payer where clinic_id = $1::uuid and id = $2
      """, [.text(clinicID), .text(id)])
  }

  static func coverage(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, patient_id, payer_id, status, type_system, type_code, type_display, member_number, subscriber_id,
        relationship_system, relationship_code, relationship_display, plan, "group", rank, period_from, period_to
      from clinic.coverage where clinic_id = $1::uuid and id = $2
      """, [.text(clinicID), .text(id)])
  }

  static func practitioners(_ ids: [String], _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select id, family, given, prefix from clinic.practitioner
      where clinic_id = $1::uuid and id = any ($2::text[]) order by id
      """, [.text(clinicID), .textArray(ids)])
  }

  /// The identifiers of the clinic and of several records, official ones first.
  static func identifiers(_ owners: [(type: String, id: String)], _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select i.owner_type, i.owner_id, i.system, i.value, i.type_system, i.type_code, i.type_display, i.use,
        i.period_from, i.period_to
      from clinic.identifier i
      where i.clinic_id = $1::uuid and i.deleted_at is null and (i.owner_type = 'clinic'
        or (i.owner_type, i.owner_id) in (select * from unnest($2::text[], $3::text[])))
      order by i.use = 'official' desc nulls last, i.system, i.value
      """, [.text(clinicID), .textArray(owners.map(\.type)), .textArray(owners.map(\.id))])
  }

  static func correction(_ id: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      "select number, issued_at from clinic.invoice where clinic_id = $1::uuid and id = $2",
      [.text(clinicID), .text(id)])
  }

  static func payments(_ invoiceID: String, _ clinicID: String) -> PostgresQuery {
    PostgresQuery(
      """
      select p.id, p.payer_type, p.method, p.amount, p.currency, p.paid_at, p.reference
      from clinic.payment p
      where p.clinic_id = $1::uuid and p.deleted_at is null and p.id in (select a.payment_id
        from clinic.payment_allocation a where a.clinic_id = $1::uuid and a.invoice_id = $2 and a.deleted_at is null)
      order by p.paid_at, p.id
      """, [.text(clinicID), .text(invoiceID)])
  }
}
