-- What results and documents of HL7 messages bring to the contract.

-- A report is the observation that its results name. Numbers keep the digits that the laboratory wrote.
alter table clinic.observation
  alter column value_quantity type numeric,
  add column kind text not null default 'result' check (kind in ('result', 'report')),
  add column report_id text collate "C",
  -- Filler or placer number of a report.
  add column number_system text,
  add column number text,
  add column section text,
  add column issued_at timestamptz,
  add column requester_id text collate "C",
  add column value_kind text check (value_kind in ('quantity', 'range', 'ratio', 'text', 'code', 'time')),
  add column value_comparator text check (value_comparator in ('<', '<=', '>=', '>')),
  -- value_quantity is the lower bound or numerator, this the upper bound or denominator.
  add column value_quantity_2 numeric,
  add column value_unit_system text,
  add column value_unit_code text,
  add column interpretation text[] not null default '{}',
  add column range_text text,
  add column range_low numeric,
  add column range_high numeric,
  add column comment text,
  add foreign key (clinic_id, report_id) references clinic.observation,
  add foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  add foreign key (clinic_id, requester_id) references clinic.practitioner,
  add constraint observation_status_check check (status in ('registered', 'preliminary', 'final', 'amended', 'corrected',
    'cancelled', 'unknown', 'entered-in-error'));
create index observation_report on clinic.observation (clinic_id, report_id, id) where report_id is not null;
create index observation_updated on clinic.observation (clinic_id, updated_at, id);

-- `content_location` is null while only the existence of the document is known; `gateway:content/<sha256>` is a row of
-- gateway.document_content, anything else a URI.
alter table clinic.document
  alter column content_location drop not null,
  alter column content_type drop not null,
  alter column bytes drop not null,
  add column number_system text,
  add column number text,
  add column practitioner_id text collate "C",
  add column report_id text collate "C",
  add column status text not null default 'current' check (status in ('current', 'superseded', 'entered-in-error')),
  add column stage text check (stage in ('preliminary', 'final', 'amended')),
  add column replaces_id text collate "C",
  add column appends_id text collate "C",
  add foreign key (clinic_id, encounter_id) references clinic.encounter,
  add foreign key (clinic_id, practitioner_id) references clinic.practitioner,
  add foreign key (clinic_id, report_id) references clinic.observation,
  add foreign key (clinic_id, replaces_id) references clinic.document,
  add foreign key (clinic_id, appends_id) references clinic.document;
create index document_report on clinic.document (clinic_id, report_id, id) where report_id is not null;
create index document_updated on clinic.document (clinic_id, updated_at, id);

-- The bytes of documents, each once a clinic. Most are compressed by themselves.
create table gateway.document_content (
  clinic_id uuid not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  content bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (clinic_id, sha256)
);
alter table gateway.document_content alter column content set storage external;
alter table gateway.document_content enable row level security;
alter table gateway.document_content force row level security;
create policy owner_rows on gateway.document_content to passerelle_owner using (true) with check (true);
create policy clinic_rows on gateway.document_content to passerelle_app
  using (clinic_id = nullif(current_setting('passerelle.clinic_id', true), '')::uuid)
  with check (clinic_id = nullif(current_setting('passerelle.clinic_id', true), '')::uuid);
grant select, insert on gateway.document_content to passerelle_app;
