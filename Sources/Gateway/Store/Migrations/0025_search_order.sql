-- A search by name shows a patient once, at the first key that matches: whether a key has an earlier one beside it is
-- told by this index alone.
drop index clinic.patient_key_patient;
create index patient_key_patient on clinic.patient_key (clinic_id, patient_id, kind, key);

-- What few rows lack, or all of them have: invoices without a number, encounters that nobody booked.
create index invoice_unnumbered on clinic.invoice (clinic_id, issued_at, id) where number is null and deleted_at is null;
create index encounter_unbooked on clinic.encounter (clinic_id, started_at, id)
  where appointment_id is null and deleted_at is null;

-- ChargeItem by code; of deleted ones too, since an invoice's deletion is its lines'.
create index invoice_item_code on clinic.invoice_item (clinic_id, code_code collate "C", id);
