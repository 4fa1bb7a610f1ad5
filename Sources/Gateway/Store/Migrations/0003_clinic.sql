-- The `clinic` contract: organisation, people, coverage, care.

-- What every relation has. `changed_in` names the transaction that last wrote the row: a change to a child counts as a
-- new version of its parent once a transaction, savepoints included.
create table clinic.template (
  clinic_id uuid not null,
  id text collate "C" not null check (id ~ '^[A-Za-z0-9.-]{1,64}$'),
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  changed_in xid8 not null default pg_current_xact_id(),
  extra jsonb,
  primary key (clinic_id, id)
);

create table clinic.clinic (
  like clinic.template including all,
  slug text collate "C" not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  legal_name text,
  country char(2) not null,
  time_zone text not null,
  currency char(3) not null,
  locale text,
  tax_regime text not null check (tax_regime in ('ma-tva', 'fr-tva', 'ca-gst', 'vn-vat', 'none')),
  phone text,
  email text,
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  unique (clinic_id)
);

create table clinic.identifier (
  like clinic.template including all,
  owner_type text not null check (owner_type in ('clinic', 'location', 'practitioner', 'patient', 'payer', 'coverage',
    'appointment', 'encounter', 'invoice', 'claim')),
  owner_id text collate "C" not null,
  system text collate "C" not null,
  value text collate "C" not null,
  type_system text,
  type_code text,
  type_display text,
  use text check (use in ('usual', 'official', 'temp', 'secondary', 'old')),
  period_from date,
  period_to date
);
create index identifier_value on clinic.identifier (clinic_id, owner_type, value, system, owner_id);
create unique index identifier_owner on clinic.identifier (clinic_id, owner_type, owner_id, system, value);

create table clinic.location (
  like clinic.template including all,
  kind text not null check (kind in ('site', 'department', 'room', 'bed')),
  name text not null,
  name_key text collate "C" generated always as (clinic.fold(name)) stored,
  parent_id text collate "C",
  status text not null default 'active' check (status in ('active', 'suspended', 'inactive')),
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  country char(2),
  foreign key (clinic_id, parent_id) references clinic.location
);
create index location_name on clinic.location (clinic_id, name_key, id);
create index location_updated on clinic.location (clinic_id, updated_at, id);

create table clinic.practitioner (
  like clinic.template including all,
  family text not null,
  given text[] not null default '{}',
  family_key text collate "C" generated always as (clinic.fold(family)) stored,
  given_key text collate "C" generated always as (clinic.fold_all(given)) stored,
  prefix text,
  gender text check (gender in ('male', 'female', 'other', 'unknown')),
  phone text,
  email text,
  active boolean not null default true
);
create index practitioner_family on clinic.practitioner (clinic_id, family_key, id);
create index practitioner_updated on clinic.practitioner (clinic_id, updated_at, id);

create table clinic.practitioner_role (
  like clinic.template including all,
  practitioner_id text collate "C" not null,
  location_id text collate "C",
  role_system text,
  role_code text,
  role_display text,
  specialty_system text,
  specialty_code text,
  specialty_display text,
  period_from date,
  period_to date,
  active boolean not null default true,
  foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  foreign key (clinic_id, location_id) references clinic.location
);
create index practitioner_role_practitioner on clinic.practitioner_role (clinic_id, practitioner_id, id);

create table clinic.patient (
  like clinic.template including all,
  family text,
  given text[] not null default '{}',
  family_key text collate "C" generated always as (coalesce(clinic.fold(family), '')) stored,
  given_key text collate "C" generated always as (clinic.fold_all(given)) stored,
  prefix text,
  gender text not null default 'unknown' check (gender in ('male', 'female', 'other', 'unknown')),
  birth_date date,
  birth_precision text not null default 'day' check (birth_precision in ('year', 'month', 'day')),
  deceased boolean not null default false,
  deceased_at timestamptz,
  phone text,
  email text,
  language text,
  marital_system text,
  marital_code text,
  marital_display text,
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  country char(2),
  general_practitioner_id text collate "C",
  replaced_by text collate "C",
  active boolean not null default true,
  foreign key (clinic_id, general_practitioner_id) references clinic.practitioner,
  foreign key (clinic_id, replaced_by) references clinic.patient,
  check (replaced_by <> id)
);
-- Lists are ordered as these indexes are: a page of names costs the same wherever it lies.
create index patient_family on clinic.patient (clinic_id, family_key, id);
create index patient_given on clinic.patient (clinic_id, given_key, id);
create index patient_birth on clinic.patient (clinic_id, birth_date, id);
create index patient_updated on clinic.patient (clinic_id, updated_at, id);
create index patient_replaced on clinic.patient (clinic_id, replaced_by) where replaced_by is not null;

create table clinic.patient_name (
  like clinic.template including all,
  patient_id text collate "C" not null,
  use text check (use in ('usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden')),
  family text,
  given text[] not null default '{}',
  prefix text,
  suffix text,
  period_from date,
  period_to date,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index patient_name_patient on clinic.patient_name (clinic_id, patient_id, id);

create table clinic.patient_telecom (
  like clinic.template including all,
  patient_id text collate "C" not null,
  system text not null check (system in ('phone', 'fax', 'email', 'pager', 'url', 'sms', 'other')),
  value text not null,
  use text check (use in ('home', 'work', 'temp', 'old', 'mobile')),
  rank integer check (rank > 0),
  period_from date,
  period_to date,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index patient_telecom_patient on clinic.patient_telecom (clinic_id, patient_id, id);

create table clinic.patient_address (
  like clinic.template including all,
  patient_id text collate "C" not null,
  use text check (use in ('home', 'work', 'temp', 'old', 'billing')),
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  country char(2),
  period_from date,
  period_to date,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index patient_address_patient on clinic.patient_address (clinic_id, patient_id, id);

create table clinic.patient_contact (
  like clinic.template including all,
  patient_id text collate "C" not null,
  relationship_system text,
  relationship_code text,
  relationship_display text,
  family text,
  given text[] not null default '{}',
  gender text check (gender in ('male', 'female', 'other', 'unknown')),
  phone text,
  email text,
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  country char(2),
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index patient_contact_patient on clinic.patient_contact (clinic_id, patient_id, id);

-- Every name part, telephone number and mail address of every patient, folded: what `name`, `given`, `phone`, `email`
-- and former families are searched by. Kept by triggers; the columns of `patient` stay the truth.
create table clinic.patient_key (
  clinic_id uuid not null,
  kind text collate "C" not null check (kind in ('family', 'given', 'phone', 'email')),
  key text collate "C" not null,
  patient_id text collate "C" not null,
  primary key (clinic_id, kind, key, patient_id)
);
create index patient_key_patient on clinic.patient_key (clinic_id, patient_id);

create table clinic.payer (
  like clinic.template including all,
  name text not null,
  name_key text collate "C" generated always as (clinic.fold(name)) stored,
  kind text not null check (kind in ('public', 'mutual', 'private', 'employer')),
  claim_format text not null default 'fhir' check (claim_format in ('fhir', 'x12-837p', 'bhyt', 'bordereau')),
  phone text,
  email text,
  line text[] not null default '{}',
  city text,
  district text,
  state text,
  postal_code text,
  country char(2)
);
create index payer_name on clinic.payer (clinic_id, name_key, id);

create table clinic.coverage (
  like clinic.template including all,
  patient_id text collate "C" not null,
  payer_id text collate "C" not null,
  type_system text,
  type_code text,
  type_display text,
  member_number text,
  subscriber_id text collate "C",
  relationship_system text,
  relationship_code text,
  relationship_display text,
  plan text,
  "group" text,
  rank integer not null default 1 check (rank > 0),
  rate numeric(9, 6) check (rate between 0 and 100),
  period_from date,
  period_to date,
  status text not null default 'active' check (status in ('active', 'cancelled', 'draft', 'entered-in-error')),
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, subscriber_id) references clinic.patient,
  foreign key (clinic_id, payer_id) references clinic.payer
);
create index coverage_patient on clinic.coverage (clinic_id, patient_id, rank, id);
create index coverage_payer on clinic.coverage (clinic_id, payer_id, id);
create index coverage_updated on clinic.coverage (clinic_id, updated_at, id);

create table clinic.schedule (
  like clinic.template including all,
  practitioner_id text collate "C",
  location_id text collate "C",
  service_system text,
  service_code text,
  service_display text,
  foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  foreign key (clinic_id, location_id) references clinic.location
);

create table clinic.slot (
  like clinic.template including all,
  schedule_id text collate "C" not null,
  start_at timestamptz not null,
  end_at timestamptz not null check (end_at >= start_at),
  status text not null check (status in ('busy', 'free', 'busy-unavailable', 'busy-tentative', 'entered-in-error')),
  foreign key (clinic_id, schedule_id) references clinic.schedule
);
create index slot_schedule on clinic.slot (clinic_id, schedule_id, start_at, id);

create table clinic.appointment (
  like clinic.template including all,
  status text not null check (status in ('proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow',
    'entered-in-error', 'checked-in', 'waitlist')),
  start_at timestamptz,
  end_at timestamptz check (end_at >= start_at),
  patient_id text collate "C",
  practitioner_id text collate "C",
  location_id text collate "C",
  service_system text,
  service_code text,
  service_display text,
  reason_system text,
  reason_code text,
  reason_display text,
  cancel_system text,
  cancel_code text,
  cancel_display text,
  description text,
  note_sealed bytea,
  created_at timestamptz,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  foreign key (clinic_id, location_id) references clinic.location
);
create index appointment_start on clinic.appointment (clinic_id, start_at, id);
create index appointment_patient on clinic.appointment (clinic_id, patient_id, start_at, id);
create index appointment_practitioner on clinic.appointment (clinic_id, practitioner_id, start_at, id);
create index appointment_location on clinic.appointment (clinic_id, location_id, start_at, id);
create index appointment_updated on clinic.appointment (clinic_id, updated_at, id);

create table clinic.appointment_participant (
  like clinic.template including all,
  appointment_id text collate "C" not null,
  actor_type text not null check (actor_type in ('patient', 'practitioner', 'location')),
  actor_id text collate "C" not null,
  role_system text,
  role_code text,
  role_display text,
  required boolean not null default true,
  status text not null default 'accepted' check (status in ('accepted', 'declined', 'tentative', 'needs-action')),
  foreign key (clinic_id, appointment_id) references clinic.appointment
);
create index appointment_participant_appointment on clinic.appointment_participant (clinic_id, appointment_id, id);
create index appointment_participant_actor
  on clinic.appointment_participant (clinic_id, actor_type, actor_id, appointment_id);

create table clinic.account (
  like clinic.template including all,
  patient_id text collate "C" not null,
  name text,
  status text not null check (status in ('active', 'inactive', 'entered-in-error', 'on-hold', 'unknown')),
  period_from date,
  period_to date,
  foreign key (clinic_id, patient_id) references clinic.patient
);
create index account_patient on clinic.account (clinic_id, patient_id, id);

create table clinic.encounter (
  like clinic.template including all,
  appointment_id text collate "C",
  patient_id text collate "C" not null,
  practitioner_id text collate "C",
  location_id text collate "C",
  class text not null check (class in ('AMB', 'EMER', 'FLD', 'HH', 'IMP', 'ACUTE', 'NONAC', 'OBSENC', 'PRENC', 'SS',
    'VR')),
  type_system text,
  type_code text,
  type_display text,
  status text not null check (status in ('planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished',
    'cancelled', 'entered-in-error', 'unknown')),
  started_at timestamptz,
  ended_at timestamptz check (ended_at >= started_at),
  reason_system text,
  reason_code text,
  reason_display text,
  disposition_system text,
  disposition_code text,
  disposition_display text,
  account_id text collate "C",
  note_sealed bytea,
  foreign key (clinic_id, appointment_id) references clinic.appointment,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  foreign key (clinic_id, location_id) references clinic.location,
  foreign key (clinic_id, account_id) references clinic.account
);
create index encounter_start on clinic.encounter (clinic_id, started_at, id);
create index encounter_patient on clinic.encounter (clinic_id, patient_id, started_at, id);
create index encounter_practitioner on clinic.encounter (clinic_id, practitioner_id, started_at, id);
create index encounter_location on clinic.encounter (clinic_id, location_id, started_at, id);
create index encounter_appointment on clinic.encounter (clinic_id, appointment_id) where appointment_id is not null;
create index encounter_updated on clinic.encounter (clinic_id, updated_at, id);
