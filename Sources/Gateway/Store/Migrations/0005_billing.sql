-- The `clinic` contract: invoices, payments, claims.

create table clinic.invoice (
  like clinic.template including all,
  number text collate "C",
  kind text not null default 'invoice' check (kind in ('invoice', 'credit-note')),
  corrects_id text collate "C",
  status text not null default 'draft' check (status in ('draft', 'issued', 'balanced', 'cancelled')),
  patient_id text collate "C" not null,
  recipient_type text not null default 'patient' check (recipient_type in ('patient', 'payer')),
  recipient_id text collate "C",
  encounter_id text collate "C",
  account_id text collate "C",
  practitioner_id text collate "C",
  issued_at timestamptz,
  due_at date,
  currency char(3) not null,
  total_net numeric(14, 2) not null default 0,
  total_tax numeric(14, 2) not null default 0,
  total_gross numeric(14, 2) not null default 0,
  note text,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, corrects_id) references clinic.invoice,
  foreign key (clinic_id, encounter_id) references clinic.encounter,
  foreign key (clinic_id, account_id) references clinic.account,
  foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  constraint invoice_adds_up check (total_gross = total_net + total_tax),
  constraint invoice_issued_is_numbered check (status in ('draft', 'cancelled') or (number is not null and issued_at is not null))
);
create unique index invoice_number on clinic.invoice (clinic_id, number) where number is not null;
create index invoice_issued on clinic.invoice (clinic_id, issued_at, id);
create index invoice_patient on clinic.invoice (clinic_id, patient_id, issued_at, id);
create index invoice_updated on clinic.invoice (clinic_id, updated_at, id);

create table clinic.invoice_item (
  like clinic.template including all,
  invoice_id text collate "C" not null,
  sequence integer not null check (sequence > 0),
  code_system text,
  code_code text,
  code_display text,
  description text not null,
  quantity numeric(18, 6) not null default 1,
  unit text,
  unit_price numeric(18, 6) not null,
  discount numeric(14, 2) not null default 0,
  net numeric(14, 2) not null,
  exemption_reason text,
  encounter_id text collate "C",
  procedure_id text collate "C",
  practitioner_id text collate "C",
  served_at timestamptz,
  body_site_system text,
  body_site_code text,
  body_site_display text,
  foreign key (clinic_id, invoice_id) references clinic.invoice,
  constraint invoice_item_adds_up check (net = round(quantity * unit_price, 2) - discount)
);
create unique index invoice_item_invoice on clinic.invoice_item (clinic_id, invoice_id, sequence);

create table clinic.invoice_item_tax (
  like clinic.template including all,
  invoice_id text collate "C" not null,
  invoice_item_id text collate "C" not null,
  tax_code text not null,
  category text not null check (category in ('S', 'E', 'Z', 'O')),
  rate numeric(9, 6) not null check (rate between 0 and 100),
  base numeric(14, 2) not null,
  amount numeric(14, 2) not null,
  foreign key (clinic_id, invoice_item_id) references clinic.invoice_item,
  foreign key (clinic_id, invoice_id) references clinic.invoice,
  check (category = 'S' or amount = 0)
);
create unique index invoice_item_tax_item on clinic.invoice_item_tax (clinic_id, invoice_item_id, tax_code, rate);
create index invoice_item_tax_invoice on clinic.invoice_item_tax (clinic_id, invoice_id, id);

create table clinic.payment (
  like clinic.template including all,
  payer_type text not null check (payer_type in ('patient', 'payer')),
  patient_id text collate "C",
  payer_id text collate "C",
  method text not null check (method in ('cash', 'card', 'cheque', 'transfer', 'remittance')),
  amount numeric(14, 2) not null,
  currency char(3) not null,
  paid_at timestamptz not null,
  reference text,
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, payer_id) references clinic.payer,
  check (case payer_type when 'patient' then patient_id is not null else payer_id is not null end)
);
create index payment_patient on clinic.payment (clinic_id, patient_id, paid_at, id);
create index payment_paid on clinic.payment (clinic_id, paid_at, id);

-- One remittance pays many invoices.
create table clinic.payment_allocation (
  like clinic.template including all,
  payment_id text collate "C" not null,
  invoice_id text collate "C" not null,
  amount numeric(14, 2) not null,
  foreign key (clinic_id, payment_id) references clinic.payment,
  foreign key (clinic_id, invoice_id) references clinic.invoice
);
create index payment_allocation_payment on clinic.payment_allocation (clinic_id, payment_id, id);
create index payment_allocation_invoice on clinic.payment_allocation (clinic_id, invoice_id, id);

create table clinic.claim (
  like clinic.template including all,
  invoice_id text collate "C" not null,
  coverage_id text collate "C" not null,
  payer_id text collate "C" not null,
  patient_id text collate "C" not null,
  format text not null check (format in ('fhir', 'x12-837p', 'bhyt', 'bordereau')),
  control_number text collate "C" not null,
  status text not null default 'owed' check (status in ('owed', 'sent', 'acknowledged', 'accepted', 'paid',
    'partly-paid', 'denied', 'cancelled')),
  created_at timestamptz not null default clock_timestamp(),
  submitted_at timestamptz,
  currency char(3) not null,
  total numeric(14, 2) not null,
  allowed numeric(14, 2),
  paid numeric(14, 2),
  foreign key (clinic_id, invoice_id) references clinic.invoice,
  foreign key (clinic_id, coverage_id) references clinic.coverage,
  foreign key (clinic_id, payer_id) references clinic.payer,
  foreign key (clinic_id, patient_id) references clinic.patient,
  unique (clinic_id, control_number)
);
create unique index claim_once on clinic.claim (clinic_id, invoice_id, coverage_id) where status <> 'cancelled';
create index claim_patient on clinic.claim (clinic_id, patient_id, created_at, id);
create index claim_status on clinic.claim (clinic_id, status, created_at, id);
create sequence clinic.claim_control_number;

create table clinic.claim_item (
  like clinic.template including all,
  claim_id text collate "C" not null,
  sequence integer not null check (sequence > 0),
  invoice_item_id text collate "C" not null,
  charged numeric(14, 2) not null,
  allowed numeric(14, 2),
  paid numeric(14, 2),
  reasons jsonb not null default '[]',
  foreign key (clinic_id, claim_id) references clinic.claim,
  foreign key (clinic_id, invoice_item_id) references clinic.invoice_item
);
create unique index claim_item_claim on clinic.claim_item (clinic_id, claim_id, sequence);

create table clinic.claim_response (
  like clinic.template including all,
  claim_id text collate "C" not null,
  received_at timestamptz not null default clock_timestamp(),
  outcome text not null check (outcome in ('queued', 'complete', 'error', 'partial')),
  disposition text,
  paid numeric(14, 2),
  pre_auth_reference text,
  adjustments jsonb not null default '[]',
  raw_message_id text,
  body_sha256 bytea check (octet_length(body_sha256) = 32),
  foreign key (clinic_id, claim_id) references clinic.claim
);
create index claim_response_claim on clinic.claim_response (clinic_id, claim_id, received_at, id);
-- The same answer posted twice is one answer.
create unique index claim_response_once on clinic.claim_response (clinic_id, claim_id, body_sha256);

drop table clinic.template;
