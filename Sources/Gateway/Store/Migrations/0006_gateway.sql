-- `gateway`: who may come in, what came in, what goes out, what happened.

create table gateway.partner (
  id uuid primary key default gen_random_uuid(),
  slug text collate "C" not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null,
  kind text not null check (kind in ('emr', 'insurer', 'accounting', 'hospital', 'auditor', 'other')),
  enabled boolean not null default true,
  scopes text[] not null default '{}',
  networks cidr[] not null default '{}',
  rate_per_minute integer check (rate_per_minute > 0),
  credential text not null default 'both' check (credential in ('key', 'certificate', 'both')),
  hl7_profile jsonb not null default '{}',
  delivery_url text,
  -- `fhir-claim` for an insurer; `ubl-2.1` and other accounting formats for accounting.
  delivery_formats text[] not null default '{}',
  -- AES-256-GCM under the gateway's key: a secret that signs cannot be kept as a hash.
  delivery_secret_sealed bytea,
  delivery_ca_path text,
  delivery_certificate_path text,
  delivery_key_path text,
  delivery_allows_private_networks boolean not null default false,
  deliveries_paused_at timestamptz,
  deliveries_paused_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table gateway.partner_clinic (
  partner_id uuid not null references gateway.partner on delete cascade,
  clinic_id uuid not null references clinic.clinic (clinic_id),
  -- For an insurer: the payer of that clinic whose claims it takes.
  payer_id text collate "C",
  primary key (partner_id, clinic_id),
  foreign key (clinic_id, payer_id) references clinic.payer
);
create index partner_clinic_clinic on gateway.partner_clinic (clinic_id, partner_id);

create table gateway.partner_certificate (
  id uuid primary key default gen_random_uuid(),
  partner_id uuid not null references gateway.partner on delete cascade,
  -- `san`: `DNS:host`, `URI:…` or `email:…` exactly; `spki`: SHA-256 of the public key in lower-case hex.
  kind text not null check (kind in ('san', 'spki')),
  value text collate "C" not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create unique index partner_certificate_value on gateway.partner_certificate (kind, value) where revoked_at is null;

create table gateway.api_key (
  id text collate "C" primary key,
  partner_id uuid not null references gateway.partner on delete cascade,
  sha256 bytea not null check (octet_length(sha256) = 32),
  -- Null: the partner's own.
  scopes text[],
  networks cidr[] not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index api_key_partner on gateway.api_key (partner_id);

-- Which clinic and partner an HL7 sender stands for.
create table gateway.partner_sender (
  id uuid primary key default gen_random_uuid(),
  partner_id uuid not null references gateway.partner on delete cascade,
  clinic_id uuid not null references clinic.clinic (clinic_id),
  sending_application text collate "C" not null,
  sending_facility text collate "C" not null,
  networks cidr[] not null default '{}',
  unique (sending_application, sending_facility, clinic_id)
);

create table gateway.code_map (
  clinic_id uuid not null,
  partner_id uuid not null references gateway.partner on delete cascade,
  purpose text not null,
  theirs text collate "C" not null,
  ours_system text,
  ours_code text not null,
  ours_display text,
  primary key (clinic_id, partner_id, purpose, theirs)
);

-- Raw messages, by month. The identity is (received_at, id); `message_ledger` finds duplicates.
create sequence gateway.hl7_message_id;
create table gateway.hl7_message (
  clinic_id uuid not null,
  received_at timestamptz not null default clock_timestamp(),
  id bigint not null default nextval('gateway.hl7_message_id'),
  partner_id uuid not null,
  raw bytea not null,
  sha256 bytea not null,
  control_id text,
  sending_application text,
  sending_facility text,
  event text,
  state text not null check (state in ('received', 'applied', 'stored', 'ignored', 'failed', 'superseded')),
  -- Same control id as an earlier message, other bytes.
  reused_control_id boolean not null default false,
  error text,
  error_location text,
  ack_code text,
  ack bytea,
  transport text,
  remote_address inet,
  applied_at timestamptz,
  duration_microseconds bigint,
  attempts integer not null default 1,
  primary key (clinic_id, received_at, id)
) partition by range (received_at);
create index hl7_message_number on gateway.hl7_message (clinic_id, id);
create index hl7_message_control on gateway.hl7_message (clinic_id, partner_id, control_id);
create index hl7_message_open on gateway.hl7_message (clinic_id, received_at, id) where state in ('received', 'failed');

-- Duplicates: same partner, MSH-3/4, MSH-10 and same bytes. Rows older than the stated window may be purged.
create table gateway.message_ledger (
  clinic_id uuid not null,
  partner_id uuid not null,
  sending_application text collate "C" not null,
  sending_facility text collate "C" not null,
  control_id text collate "C" not null,
  sha256 bytea not null,
  message_received_at timestamptz not null,
  message_id bigint not null,
  ack_code text not null,
  received_at timestamptz not null default clock_timestamp(),
  repeats integer not null default 0,
  primary key (clinic_id, partner_id, control_id, sending_application, sending_facility, sha256)
);
create index message_ledger_received on gateway.message_ledger (received_at);

create table gateway.message_effect (
  clinic_id uuid not null,
  message_received_at timestamptz not null,
  message_id bigint not null,
  relation text not null,
  record_id text collate "C" not null,
  version bigint,
  operation text not null check (operation in ('create', 'update', 'delete', 'merge', 'none')),
  primary key (clinic_id, message_id, relation, record_id)
);
create index message_effect_record on gateway.message_effect (clinic_id, relation, record_id);

-- One row for each change of a record. Numbers are given before commits happen, so readers order by (xid, sequence) and
-- stop at the oldest transaction still running: see gateway.changes_after.
create table gateway.change_log (
  sequence bigint generated always as identity,
  xid xid8 not null default pg_current_xact_id(),
  clinic_id uuid not null,
  relation text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  operation text not null check (operation in ('create', 'update', 'delete')),
  at timestamptz not null default clock_timestamp(),
  primary key (clinic_id, xid, sequence)
);

-- States that were replaced: the current one is the row itself. Children (items, telecoms …) name their parent.
create table gateway.record_version (
  clinic_id uuid not null,
  relation text collate "C" not null,
  id text collate "C" not null,
  version bigint not null,
  parent_relation text collate "C",
  parent_id text collate "C",
  valid_from timestamptz not null,
  replaced_at timestamptz not null default clock_timestamp(),
  replaced_in xid8 not null default pg_current_xact_id(),
  operation text not null check (operation in ('update', 'delete')),
  body jsonb not null
);
create index record_version_record on gateway.record_version (clinic_id, relation, id, version);
create index record_version_parent on gateway.record_version (clinic_id, parent_relation, parent_id)
  where parent_id is not null;

-- What is owed to partners. Lives from the commit of the business change until delivered or visibly dead.
create table gateway.delivery (
  clinic_id uuid not null,
  id uuid not null default gen_random_uuid(),
  sequence bigint generated always as identity,
  partner_id uuid not null references gateway.partner,
  format text not null,
  document_type text not null check (document_type in ('claim', 'invoice')),
  document_id text collate "C" not null,
  document_version bigint not null,
  idempotency_key text collate "C" not null,
  ordering_key text collate "C",
  -- owed -> rendering -> sending -> delivered; sending -> failed -> sending …; any -> dead; dead -> owed by hand.
  state text not null default 'owed' check (state in ('owed', 'rendering', 'sending', 'delivered', 'failed', 'dead')),
  content_type text,
  body bytea,
  body_sha256 bytea check (octet_length(body_sha256) = 32),
  attempts integer not null default 0,
  next_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz,
  worker text,
  fencing bigint not null default 0,
  reason text,
  created_at timestamptz not null default clock_timestamp(),
  settled_at timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, idempotency_key),
  check ((body is null) = (body_sha256 is null))
);
create index delivery_due on gateway.delivery (partner_id, next_at, sequence) where state in ('owed', 'failed');
create index delivery_leased on gateway.delivery (partner_id, lease_until) where state in ('rendering', 'sending');
create index delivery_order on gateway.delivery (partner_id, ordering_key, sequence)
  where state not in ('delivered', 'dead');
create index delivery_document on gateway.delivery (clinic_id, document_type, document_id);

create table gateway.delivery_attempt (
  clinic_id uuid not null,
  delivery_id uuid not null,
  attempt integer not null,
  fencing bigint not null,
  worker text,
  ended_at timestamptz not null default clock_timestamp(),
  outcome text not null check (outcome in ('delivered', 'failed', 'dead')),
  status integer,
  reason text,
  response_excerpt text,
  primary key (clinic_id, delivery_id, fencing),
  foreign key (clinic_id, delivery_id) references gateway.delivery
);

-- Append only. One hash chain for each process and loop; `hash` covers the row and `previous_hash`.
create table gateway.audit_event (
  chain uuid not null,
  sequence bigint not null,
  at timestamptz not null default clock_timestamp(),
  clinic_id uuid,
  partner_id uuid,
  key_id text,
  certificate text,
  -- C R U D E, as in FHIR AuditEvent.action.
  action char(1) not null check (action in ('C', 'R', 'U', 'D', 'E')),
  interaction text not null,
  resource_type text,
  resource_id text,
  patient_id text,
  query text,
  -- FHIR AuditEvent.outcome: 0 success, 4 minor, 8 serious, 12 major failure.
  outcome smallint not null check (outcome in (0, 4, 8, 12)),
  status integer,
  reason text,
  results integer,
  request_id text,
  remote_address inet,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (chain, sequence, at)
) partition by range (at);
create index audit_event_clinic on gateway.audit_event (clinic_id, at, chain, sequence);
create index audit_event_patient on gateway.audit_event (clinic_id, patient_id, at) where patient_id is not null;

create function gateway.refuse_change() returns trigger
language plpgsql as $$
begin
  raise exception '% is append only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger append_only before update or delete or truncate on gateway.audit_event
  for each statement execute function gateway.refuse_change();

create table gateway.audit_chain_head (
  chain uuid not null,
  sequence bigint not null,
  hash bytea not null,
  reason text not null check (reason in ('start', 'interval', 'stop')),
  process text,
  at timestamptz not null default clock_timestamp(),
  primary key (chain, sequence, reason)
);

-- Callers that are nobody's partner: counted, and a few of them kept.
create table gateway.stranger_sample (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  reason text not null,
  remote_address inet,
  request_id text,
  -- How many like it since the sample before.
  count bigint not null default 1
);

-- Months of the partitioned tables: last month's to `ahead` months from now. A default partition catches the rest.
create function gateway.ensure_partitions(ahead integer default 3) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  parent text;
  month timestamptz;
  child text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('passerelle.partitions'));
  foreach parent in array array['hl7_message', 'audit_event'] loop
    if to_regclass(format('gateway.%I', parent || '_default')) is null then
      execute format('create table gateway.%I partition of gateway.%I default', parent || '_default', parent);
      execute format('alter table gateway.%I enable row level security, force row level security', parent || '_default');
      made := made + 1;
    end if;
    for step in -1 .. least(greatest(ahead, 0), 24) loop
      month := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + make_interval(months => step);
      child := parent || to_char(month at time zone 'UTC', '"_"YYYYMM');
      continue when to_regclass(format('gateway.%I', child)) is not null;
      execute format('create table gateway.%I partition of gateway.%I for values from (%L) to (%L)', child, parent,
        month, (month at time zone 'UTC' + interval '1 month') at time zone 'UTC');
      execute format('alter table gateway.%I enable row level security, force row level security', child);
      made := made + 1;
    end loop;
  end loop;
  return made;
end
$$;
