-- Indexes that searches are found by, in the order that their pages have.

-- By status, then as a list of the type is ordered. The order of bytes holds whatever the database's own is.
create index appointment_status on clinic.appointment (clinic_id, status collate "C", start_at, id);
create index encounter_status on clinic.encounter (clinic_id, status collate "C", started_at, id);
create index invoice_status on clinic.invoice (clinic_id, status collate "C", issued_at, id);
create index coverage_status on clinic.coverage (clinic_id, status collate "C", id);

-- Encounters that reach into a time though they began long before it: those that are open, and the long ones. All
-- others end within a day of their beginning, which encounter_start finds.
create index encounter_open on clinic.encounter (clinic_id, started_at, id) where ended_at is null;
create index encounter_long on clinic.encounter (clinic_id, started_at, id)
  where ended_at - started_at > interval '24 hours';

create index invoice_practitioner on clinic.invoice (clinic_id, practitioner_id, issued_at, id);
-- Who an invoice is addressed to, by type. Not coalesce(): Postgres does not trust it under row security.
create index invoice_recipient_patient on clinic.invoice (clinic_id,
  (case when recipient_type = 'patient' then case when recipient_id is null then patient_id else recipient_id end end), issued_at, id);
create index invoice_recipient_payer on clinic.invoice (clinic_id,
  (case when recipient_type = 'payer' then recipient_id end), issued_at, id);
