package import FHIRModels
package import PostgresClient

/// What an insurer would answer to the claim it got last: a ClaimResponse that pays it in full.
///
/// Only written, not posted: whoever started the demo posts it with the insurer's key and certificate.
package enum DemoAnswer {
  /// - Throws: `AdministrationError` where there is no such clinic, or none of its claims waits for an answer.
  package static func paying(in slug: String, _ pool: PostgresPool) async throws -> ClaimResponse {
    let rows = try await pool.run([
      CommandDatabase.actAsOwner,
      PostgresQuery("select count(*) from clinic.clinic where slug = $1", [.text(slug)]),
      PostgresQuery(
        """
        select l.id, l.patient_id, l.control_number, l.total::text, l.currency, p.name,
          (now() at time zone c.time_zone)::date::text
        from clinic.clinic c
        join clinic.claim l on l.clinic_id = c.clinic_id and l.deleted_at is null
          and l.status in ('sent', 'acknowledged', 'accepted')
        join clinic.payer p on p.clinic_id = l.clinic_id and p.id = l.payer_id
        where c.slug = $1 order by l.submitted_at desc nulls last, l.id limit 1
        """, [.text(slug)]),
    ])
    guard try rows[1][0].int(0) == 1 else { throw AdministrationError(.notFound, "there is no clinic '\(slug)'") }
    guard rows[2].rowCount == 1 else {
      throw AdministrationError(
        .notFound, "no claim of '\(slug)' waits for an answer; `passerelle demo invoice --clinic \(slug)` makes one")
    }
    return try response(to: rows[2][0])
  }

  private static func response(to claim: PostgresRow) throws -> ClaimResponse {
    let (id, patient, control) = (try claim.string(0), try claim.string(1), try claim.string(2))
    let amount = try FHIRDecimal(claim.string(3))
    let (currency, insurer) = (try claim.string(4), try claim.string(5))
    let today = try claim.string(6)
    return ClaimResponse {
      $0.status = .active
      $0.type = code("http://terminology.hl7.org/CodeSystem/claim-type", "professional")
      $0.use = .claim
      $0.patient = Reference { $0.reference = "Patient/\(patient)" }
      $0.created = FHIRDateTime(today)
      $0.insurer = Reference { $0.display = insurer }
      $0.request = Reference { $0.reference = "Claim/\(id)" }
      $0.outcome = .complete
      $0.payment = ClaimResponse.Payment {
        $0.type = code("http://terminology.hl7.org/CodeSystem/ex-paymenttype", "complete")
        $0.date = FHIRDate(today)
        $0.amount = Money {
          $0.value = amount
          $0.currency = currency
        }
        $0.identifier = Identifier {
          $0.system = "urn:example:insurer:payment"
          $0.value = "V-\(control)"
        }
      }
    }
  }

  private static func code(_ system: String, _ code: String) -> CodeableConcept {
    CodeableConcept {
      $0.coding = [
        Coding {
          $0.system = system
          $0.code = code
        }
      ]
    }
  }
}
