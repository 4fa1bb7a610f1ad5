import ClinicModel
import Crypto
package import PostgresClient

/// Issues an invoice as the clinic's own software would: rows written, then the status set to issued. What is owed to
/// partners follows from the database alone.
package struct DemoInvoice: Sendable {
  package let number: String
  /// Such as `230.00 MAD`.
  package let total: String
  /// Partner and format of each delivery that it owes.
  package let owed: [(partner: String, format: String)]

  private struct Place {
    let clinicID: String
    let country: String
    let currency: String
    let regime: TaxRegime
    let region: String?
    let today: CalendarDate
    let patientID: String
    let practitionerID: String?
  }

  /// - Throws: `AdministrationError` where there is no such clinic, or nobody in it whose insurer is a partner.
  package static func issue(in slug: String, _ pool: PostgresPool) async throws -> DemoInvoice {
    let id = try UUIDText.v4()
    let number = try await pool.transaction { transaction in
      let place = try await place(slug, transaction)
      var lines: [InvoiceItemRecord] = []
      // An act of care, and where the clinic sells something else too, one of those.
      let acts = SampleAct.forCountry(place.country)
      for act in [acts.first { $0.isCare }, acts.last { !$0.isCare }].compactMap({ $0 }) {
        var item = InvoiceItemRecord(
          row: RowMeta(clinicID: place.clinicID, id: try UUIDText.v4()), invoiceID: id, sequence: lines.count + 1,
          description: act.text, quantity: .one, unitPrice: act.price, net: .zero)
        item.code = Code(code: act.code, display: act.text)
        item.exemptionReason = act.isCare ? place.regime.careExemptionReason : nil
        lines.append(item)
      }
      let items = try InvoiceTotals.price(lines, rates: try place.regime.rates(region: place.region, on: place.today))
      return try await write(id, items, place, transaction)
    }
    return try await summary(id, number, slug, pool)
  }

  private static func place(_ slug: String, _ transaction: PostgresTransaction) async throws -> Place {
    let rows = try await transaction.run([
      CommandDatabase.actAsOwner,
      PostgresQuery("select count(*) from clinic.clinic where slug = $1", [.text(slug)]),
      PostgresQuery(
        """
        select c.clinic_id::text, c.country, c.currency, c.tax_regime, c.state,
          (now() at time zone c.time_zone)::date::text, v.patient_id, p.general_practitioner_id
        from clinic.clinic c
        join gateway.partner_clinic l on l.clinic_id = c.clinic_id and l.payer_id is not null
        join gateway.partner a on a.id = l.partner_id and a.kind = 'insurer' and a.enabled
        join clinic.coverage v on v.clinic_id = c.clinic_id and v.payer_id = l.payer_id and v.rank = 1
          and v.status = 'active' and v.deleted_at is null
        join clinic.patient p on p.clinic_id = c.clinic_id and p.id = v.patient_id and p.active and p.deleted_at is null
        where c.slug = $1 order by random() limit 1
        """, [.text(slug)]),
    ])
    guard try rows[1][0].int(0) == 1 else { throw AdministrationError(.notFound, "there is no clinic '\(slug)'") }
    guard rows[2].rowCount == 1 else {
      throw AdministrationError(
        .refused, "no patient of '\(slug)' is covered by a payer whose claims a partner takes; see `partner list`")
    }
    let row = rows[2][0]
    return Place(
      clinicID: try row.string(0), country: try row.string(1), currency: try row.string(2),
      regime: TaxRegime(rawValue: try row.string(3)) ?? .none, region: try row.optionalString(4),
      today: try CalendarDate(try row.string(5)), patientID: try row.string(6),
      practitionerID: try row.optionalString(7))
  }

  private static func write(
    _ id: String, _ items: [InvoiceItemRecord], _ place: Place, _ transaction: PostgresTransaction
  ) async throws -> String {
    let totals = try InvoiceTotals(items: items)
    let number = "D-\(place.today.dayText)-\(id.prefix(6))"
    var queries = [
      PostgresQuery(
        """
        insert into clinic.invoice (clinic_id, id, number, status, patient_id, practitioner_id, issued_at, due_at,
          currency, total_net, total_tax, total_gross)
        values ($1::uuid, $2, $3, 'draft', $4, $5, now(), current_date + 30, $6, $7::numeric, $8::numeric, $9::numeric)
        """,
        [
          .text(place.clinicID), .text(id), .text(number), .text(place.patientID), PostgresValue(place.practitionerID),
          .text(place.currency), .text(totals.net.description), .text(totals.tax.description),
          .text(totals.gross.description),
        ])
    ]
    for item in items {
      queries.append(
        PostgresQuery(
          """
          insert into clinic.invoice_item (clinic_id, id, invoice_id, sequence, code_code, code_display, description,
            quantity, unit, unit_price, net, exemption_reason, practitioner_id, served_at)
          values ($1::uuid, $2, $3, $4::integer, $5, $6, $7, $8::numeric, 'C62', $9::numeric, $10::numeric, $11, $12,
            now())
          """,
          [
            .text(place.clinicID), .text(item.id), .text(id), .int(item.sequence), PostgresValue(item.code?.code),
            PostgresValue(item.code?.display), .text(item.description), .text(item.quantity.description),
            .text(item.unitPrice.description), .text(item.net.description), PostgresValue(item.exemptionReason),
            PostgresValue(place.practitionerID),
          ]))
      for tax in item.taxes {
        queries.append(
          PostgresQuery(
            """
            insert into clinic.invoice_item_tax (clinic_id, id, invoice_id, invoice_item_id, tax_code, category, rate,
              base, amount)
            values ($1::uuid, $2, $3, $4, $5, $6, $7::numeric, $8::numeric, $9::numeric)
            """,
            [
              .text(place.clinicID), .text(try UUIDText.v4()), .text(id), .text(item.id), .text(tax.taxCode),
              .text(tax.category.rawValue), .text(tax.rate.description), .text(tax.base.description),
              .text(tax.amount.description),
            ]))
      }
    }
    queries.append(
      PostgresQuery(
        "update clinic.invoice set status = 'issued' where clinic_id = $1::uuid and id = $2",
        [.text(place.clinicID), .text(id)]))
    _ = try await transaction.run(queries)
    return number
  }

  private static func summary(
    _ id: String, _ number: String, _ slug: String, _ pool: PostgresPool
  ) async throws -> DemoInvoice {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery(
        """
        select i.total_gross || ' ' || i.currency from clinic.invoice i join clinic.clinic c using (clinic_id)
        where c.slug = $1 and i.id = $2
        """, [.text(slug), .text(id)]),
      PostgresQuery(
        """
        select p.slug, d.format from gateway.delivery d join gateway.partner p on p.id = d.partner_id
        where (d.document_type = 'invoice' and d.document_id = $1)
          or (d.document_type = 'claim' and d.document_id in (select l.id from clinic.claim l where l.invoice_id = $1))
        order by 1
        """, [.text(id)]),
    ])
    return DemoInvoice(
      number: number, total: try rows[1][0].string(0),
      owed: try rows[2].map { (partner: try $0.string(0), format: try $0.string(1)) })
  }
}
