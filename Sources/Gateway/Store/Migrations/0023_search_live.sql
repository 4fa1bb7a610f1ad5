-- Searches and their totals concern records that are there: with indexes of those alone Postgres counts without
-- looking at a row, once vacuum has come by.

drop index clinic.appointment_start, clinic.appointment_status, clinic.encounter_start, clinic.encounter_status,
  clinic.invoice_issued, clinic.invoice_status, clinic.coverage_status, clinic.patient_birth;
create index appointment_start on clinic.appointment (clinic_id, start_at, id) where deleted_at is null;
create index appointment_status on clinic.appointment (clinic_id, status collate "C", start_at, id)
  where deleted_at is null;
create index encounter_start on clinic.encounter (clinic_id, started_at, id) where deleted_at is null;
create index encounter_status on clinic.encounter (clinic_id, status collate "C", started_at, id)
  where deleted_at is null;
create index invoice_issued on clinic.invoice (clinic_id, issued_at, id) where deleted_at is null;
create index invoice_status on clinic.invoice (clinic_id, status collate "C", issued_at, id) where deleted_at is null;
create index coverage_status on clinic.coverage (clinic_id, status collate "C", id) where deleted_at is null;
create index patient_birth on clinic.patient (clinic_id, birth_date, id) where deleted_at is null;

create index patient_gender on clinic.patient (clinic_id, gender collate "C", id) where deleted_at is null;
-- Patients who may lack a telephone number or mail address: few, or so many that a page of them is found anyway.
create index patient_without_phone on clinic.patient (clinic_id, id) where phone is null and deleted_at is null;
create index patient_without_email on clinic.patient (clinic_id, id) where email is null and deleted_at is null;
