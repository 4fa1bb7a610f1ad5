import ClinicModel
import Crypto
import JSON
import Mappers
import PostgresClient

/// The SQL by which an answer changes a claim; everything in one transaction, under the clinic's row-level security.
struct ClaimStore {
  private let transaction: PostgresTransaction
  private let clinicID: String

  init(_ transaction: PostgresTransaction, clinicID: String) {
    self.transaction = transaction
    self.clinicID = clinicID
  }

  /// The claim with its lines, locked until the end; nil unless the partner stands for its payer in this clinic.
  func lockedClaim(_ reference: ClaimReference, partnerID: String) async throws -> ClaimRecord? {
    let found = try await transaction.run([
      ClinicScope.query(clinicID),
      PostgresQuery(
        """
        select c.id from clinic.claim c
        join gateway.partner_clinic l on l.clinic_id = c.clinic_id and l.payer_id = c.payer_id
          and l.partner_id = $2::uuid
        where c.clinic_id = $1::uuid and c.deleted_at is null and c.format = 'fhir'
          and ($3::text is null or c.id = $3) and ($3::text is not null or c.control_number = $4)
        for update of c
        """,
        [
          .text(clinicID), .text(partnerID), PostgresValue(reference.claimID), PostgresValue(reference.controlNumber),
        ]),
    ])[1]
    guard found.rowCount == 1 else { return nil }
    let id = try found[0].string(0)
    let rows = try await transaction.run(ClaimRows.queries([id], clinic: clinicID))
    return try ClaimRows.records(rows, clinic: clinicID)[id]
  }

  /// The id of an answer with exactly these bytes.
  func response(to claimID: String, hash: [UInt8]) async throws(PostgresError) -> String? {
    let rows = try await transaction.run(
      PostgresQuery(
        "select id from clinic.claim_response where clinic_id = $1::uuid and claim_id = $2 and body_sha256 = $3",
        [.text(clinicID), .text(claimID), .bytes(hash)]))
    return rows.rowCount == 1 ? try rows[0].string(0) : nil
  }

  /// What answers have paid on a claim so far.
  func paid(on claimID: String) async throws -> Amount {
    let rows = try await transaction.run(
      PostgresQuery(
        """
        select coalesce(sum(paid), 0) from clinic.claim_response
        where clinic_id = $1::uuid and claim_id = $2 and deleted_at is null
        """, [.text(clinicID), .text(claimID)]))
    return try Amount(try rows[0].string(0))
  }

  func record(_ answer: ClaimAnswer, id: String, hash: [UInt8]) async throws(PostgresError) {
    _ = try await transaction.run(
      PostgresQuery(
        """
        insert into clinic.claim_response (clinic_id, id, claim_id, outcome, disposition, paid, pre_auth_reference,
          adjustments, body_sha256)
        values ($1::uuid, $2, $3, $4, $5, $6::numeric, $7, $8::jsonb, $9)
        """,
        [
          .text(clinicID), .text(id), .text(answer.claimID), .text(answer.outcome.rawValue),
          PostgresValue(answer.disposition), PostgresValue(answer.payment?.amount.description),
          PostgresValue(answer.preAuthReference), .utf8(Self.json(answer.adjustments).serialized()), .bytes(hash),
        ]))
  }

  func move(_ claim: ClaimRecord, to step: ClaimStep, items: [ClaimAnswer.Item]) async throws(PostgresError) {
    var queries = [
      PostgresQuery(
        """
        update clinic.claim set status = $3, paid = $4::numeric, allowed = $5::numeric
        where clinic_id = $1::uuid and id = $2
        """,
        [
          .text(clinicID), .text(claim.id), .text(step.status.rawValue), PostgresValue(step.paid?.description),
          PostgresValue(step.allowed?.description),
        ])
    ]
    for item in items {
      let reasons = JSONValue.array(item.reasons.map(Self.json))
      queries.append(
        PostgresQuery(
          """
          update clinic.claim_item set allowed = coalesce($4::numeric, allowed), paid = coalesce($5::numeric, paid),
            reasons = $6::jsonb
          where clinic_id = $1::uuid and claim_id = $2 and sequence = $3
          """,
          [
            .text(clinicID), .text(claim.id), .int(item.sequence), PostgresValue(item.allowed?.description),
            PostgresValue(item.paid?.description), .utf8(reasons.serialized()),
          ]))
    }
    _ = try await transaction.run(queries)
  }

  /// Books a payment and lets it settle what is open on the invoice, no more; an invoice with nothing open is balanced.
  func book(_ payment: ClaimAnswer.Payment, of claim: ClaimRecord, responseID: String) async throws(PostgresError) {
    let day = payment.date.flatMap { $0.precision == .day ? $0.dayText : nil }
    let invoice: [PostgresValue] = [.text(clinicID), .text(claim.invoiceID)]
    _ = try await transaction.run([
      PostgresQuery("select 1 from clinic.invoice where clinic_id = $1::uuid and id = $2 for update", invoice),
      PostgresQuery(
        """
        insert into clinic.payment (clinic_id, id, payer_type, payer_id, method, amount, currency, paid_at, reference)
        select $1::uuid, $2, 'payer', $3, 'remittance', $4::numeric, $5,
          coalesce(($6::date + time '12:00') at time zone c.time_zone, now()), $7
        from clinic.clinic c where c.clinic_id = $1::uuid
        """,
        [
          .text(clinicID), .text(responseID), .text(claim.payerID), .text(payment.amount.description),
          .text(claim.currency), PostgresValue(day), PostgresValue(payment.reference),
        ]),
      PostgresQuery(
        """
        insert into clinic.payment_allocation (clinic_id, id, payment_id, invoice_id, amount)
        select i.clinic_id, $3, $3, i.id, least($4::numeric, i.total_gross - a.sum)
        from clinic.invoice i, lateral (select coalesce(sum(p.amount), 0) from clinic.payment_allocation p
          where p.clinic_id = i.clinic_id and p.invoice_id = i.id and p.deleted_at is null) as a (sum)
        where i.clinic_id = $1::uuid and i.id = $2 and i.total_gross > a.sum
        """, invoice + [.text(responseID), .text(payment.amount.description)]),
      PostgresQuery(
        """
        update clinic.invoice i set status = 'balanced'
        where i.clinic_id = $1::uuid and i.id = $2 and i.status = 'issued'
          and i.total_gross <= (select coalesce(sum(p.amount), 0) from clinic.payment_allocation p
            where p.clinic_id = i.clinic_id and p.invoice_id = i.id and p.deleted_at is null)
        """, invoice),
    ])
  }

  // MARK: JSON

  private static func json(_ code: Code) -> JSONValue {
    var object = JSONObject()
    for (key, value) in [("system", code.system), ("code", code.code), ("display", code.display)] {
      if let value { object[key] = .string(value) }
    }
    return .object(object)
  }

  private static func json(_ adjustments: [ClaimAdjustment]) -> JSONValue {
    .array(
      adjustments.map { adjustment in
        var object = JSONObject()
        object["category"] = json(adjustment.category)
        object["amount"] = .string(adjustment.amount.description)
        if let sequence = adjustment.itemSequence { object["item"] = .number("\(sequence)") }
        if let reason = adjustment.reason { object["reason"] = json(reason) }
        return .object(object)
      })
  }
}
