-- The `clinic` contract: what was found and done.

create table clinic.condition (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  code_system text,
  code_code text,
  code_display text,
  status text not null default 'active',
  onset_on date,
  abated_on date,
  body_site_system text,
  body_site_code text,
  body_site_display text,
  note_sealed bytea,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, encounter_id) references clinic.encounter
);
create index condition_patient on clinic.condition (clinic_id, patient_id, id);

create table clinic.procedure (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  code_system text,
  code_code text,
  code_display text,
  status text not null default 'completed',
  performed_at timestamptz,
  body_site_system text,
  body_site_code text,
  body_site_display text,
  surface text,
  note_sealed bytea,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, encounter_id) references clinic.encounter
);
create index procedure_patient on clinic.procedure (clinic_id, patient_id, performed_at, id);

create table clinic.observation (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  code_system text,
  code_code text,
  code_display text,
  status text not null default 'final',
  effective_at timestamptz,
  body_site_system text,
  body_site_code text,
  body_site_display text,
  value_quantity numeric(18, 6),
  value_unit text,
  value_text text,
  value_system text,
  value_code text,
  value_display text,
  note_sealed bytea,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, encounter_id) references clinic.encounter
);
create index observation_patient on clinic.observation (clinic_id, patient_id, effective_at, id);

create table clinic.allergy (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  code_system text,
  code_code text,
  code_display text,
  status text not null default 'active',
  recorded_on date,
  note_sealed bytea,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index allergy_patient on clinic.allergy (clinic_id, patient_id, id);

create table clinic.prescription (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  content_system text,
  content_code text,
  content_display text,
  content_text text,
  dosage text,
  quantity numeric(18, 6),
  period_from date,
  period_to date,
  status text not null default 'active',
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index prescription_patient on clinic.prescription (clinic_id, patient_id, id);

create table clinic.care_plan (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  practitioner_id text collate "C",
  content_text text,
  activities text[] not null default '{}',
  period_from date,
  period_to date,
  status text not null default 'active',
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index care_plan_patient on clinic.care_plan (clinic_id, patient_id, id);

create table clinic.document (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  type_system text,
  type_code text,
  type_display text,
  title text,
  content_type text not null,
  bytes bigint not null check (bytes >= 0),
  sha256 bytea check (octet_length(sha256) = 32),
  content_location text not null,
  created_at timestamptz,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index document_patient on clinic.document (clinic_id, patient_id, id);

create table clinic.imaging_study (
  like clinic.template including all,
  patient_id text collate "C" not null,
  encounter_id text collate "C",
  modality text,
  title text,
  content_type text,
  bytes bigint check (bytes >= 0),
  sha256 bytea check (octet_length(sha256) = 32),
  content_location text,
  created_at timestamptz,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index imaging_study_patient on clinic.imaging_study (clinic_id, patient_id, id);

create table clinic.consent (
  like clinic.template including all,
  patient_id text collate "C" not null,
  decision text not null check (decision in ('permit', 'deny')),
  purpose text not null,
  partner_kind text,
  partner_id uuid,
  period_from date,
  period_to date,
  document_id text collate "C",
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, document_id) references clinic.document
);
create index consent_patient on clinic.consent (clinic_id, patient_id, id);
