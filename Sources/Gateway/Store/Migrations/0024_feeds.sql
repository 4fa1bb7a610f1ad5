-- HL7 v2 feeds: an EMR that takes `hl7-adt`, `hl7-siu` or `hl7-dft` among its `delivery_formats` is owed a message for
-- every change of the data that it is about. The messages of one partner leave one after the other, in their order.

alter table gateway.delivery
  -- What the change means: `ADT^A01`, `SIU^S12` … (docs/mappings/feeds.md). Null for documents.
  add column event text collate "C",
  -- The transaction of the change: what it does to one record is told once.
  add column changed_in xid8,
  drop constraint delivery_document_type_check,
  add constraint delivery_document_type_check
    check (document_type in ('claim', 'invoice', 'patient', 'encounter', 'appointment')),
  add constraint delivery_feed check ((event is null) = (changed_in is null));

-- What a transaction has told of a record already, however much was told of it before.
create index delivery_told on gateway.delivery (changed_in) where changed_in is not null;

create function gateway.is_feed(format text) returns boolean
language sql immutable parallel safe
return format in ('hl7-adt', 'hl7-siu', 'hl7-dft');

-- Whether anybody follows any clinic: asked by every statement that changes clinic data, so it must be cheap.
create index partner_feeds on gateway.partner (id)
  where enabled and delivery_formats && array['hl7-adt', 'hl7-siu', 'hl7-dft'];

create function gateway.has_feeds() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Only the owner may load history without telling anybody (`passerelle.loading`).
  return exists (select from gateway.partner
      where enabled and delivery_formats && array['hl7-adt', 'hl7-siu', 'hl7-dft'])
    and not (coalesce(current_setting('passerelle.loading', true), '') = 'on'
      and pg_has_role(session_user, 'passerelle_owner', 'member'));
end
$$;

-- Owes every follower of the clinics these events, in the order of the arrays. Of one transaction and record an update
-- is not told beside another event, and nothing is told twice.
create function gateway.owe_events(
  relation text, clinics uuid[], ids text[], versions bigint[], events text[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  updates constant text[] := array['ADT^A08', 'ADT^A31', 'SIU^S14'];
  this constant xid8 := pg_current_xact_id();
begin
  delete from gateway.delivery d
    using unnest(clinics, ids, events) as c (clinic_id, id, event)
    where d.clinic_id = c.clinic_id and d.document_type = owe_events.relation and d.document_id = c.id
      and d.changed_in = this and d.event = any (updates) and c.event <> all (updates);
  insert into gateway.delivery (clinic_id, partner_id, format, document_type, document_id, document_version,
      idempotency_key, ordering_key, event, changed_in)
    select c.clinic_id, p.id, f.format, owe_events.relation, c.id, c.version,
      gateway.idempotency_key(c.clinic_id, p.id, c.event || '|' || this, owe_events.relation, c.id, c.version), 'hl7',
      c.event, this
    from unnest(clinics, ids, versions, events) with ordinality as c (clinic_id, id, version, event, place)
    cross join lateral (select 'hl7-' || lower(left(c.event, 3)) as format) f
    join gateway.partner_clinic l on l.clinic_id = c.clinic_id
    join gateway.partner p on p.id = l.partner_id and p.enabled and f.format = any (p.delivery_formats)
    where coalesce(p.hl7_profile #> '{feed,events}' ? left(c.event, 7), true)
      and not exists (
        select from gateway.delivery d
        where d.clinic_id = c.clinic_id and d.document_type = owe_events.relation and d.document_id = c.id
          and d.partner_id = p.id and d.changed_in = this and (d.event = c.event or c.event = any (updates)))
    order by c.place, p.id
    on conflict (clinic_id, idempotency_key) do nothing;
end
$$;

-- Which change is which event ---------------------------------------------------------------------------------------

-- Columns that say nothing of the record itself. What a merge moves to the survivor is told by the merge.
create function gateway.substance(record jsonb) returns jsonb
language sql immutable parallel safe
return record - array['version', 'updated_at', 'changed_in', 'patient_id'];

create function gateway.feed_patients() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  if tg_op = 'INSERT' then
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions,
        array_agg(case when active then 'ADT^A28' else 'ADT^A29' end) as events
      into c from (select * from new_rows where deleted_at is null and replaced_by is null order by clinic_id, id) n;
  else
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions, array_agg(event) as events
      into c from (
        select n.clinic_id, n.id, n.version, case
          when n.replaced_by is not null then case when o.replaced_by is null then 'ADT^A40' end
          when n.deleted_at is not null or not n.active then
            case when o.deleted_at is null and o.active then 'ADT^A29'
              when n.deleted_at is null then 'ADT^A31' end
          when o.deleted_at is not null or not o.active then 'ADT^A28'
          else 'ADT^A31' end as event
        from new_rows n join old_rows o using (clinic_id, id) where n.version <> o.version
        order by n.clinic_id, n.id) e
      where event is not null;
  end if;
  if c.ids is not null then
    perform gateway.owe_events('patient', c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;

-- A coverage is told with its patient.
create function gateway.feed_coverages() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  if tg_op = 'INSERT' then
    select array_agg(p.clinic_id) as clinics, array_agg(p.id) as ids, array_agg(p.version) as versions,
        array_agg('ADT^A31'::text) as events
      into c from clinic.patient p
      where p.deleted_at is null and p.replaced_by is null
        and (p.clinic_id, p.id) in (select clinic_id, patient_id from new_rows where status = 'active');
  else
    select array_agg(p.clinic_id) as clinics, array_agg(p.id) as ids, array_agg(p.version) as versions,
        array_agg('ADT^A31'::text) as events
      into c from clinic.patient p
      where p.deleted_at is null and p.replaced_by is null
        and (p.clinic_id, p.id) in (
          select n.clinic_id, n.patient_id from new_rows n join old_rows o using (clinic_id, id)
          where n.version <> o.version and not (n.patient_id <> o.patient_id
            and gateway.substance(to_jsonb(n)) = gateway.substance(to_jsonb(o))));
  end if;
  if c.ids is not null then
    perform gateway.owe_events('patient', c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;

create function gateway.feed_encounters() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  if tg_op = 'INSERT' then
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions, array_agg(event) as events
      into c from (
        select clinic_id, id, version, case status
          when 'planned' then case class when 'PRENC' then 'ADT^A05' else 'ADT^A04' end
          when 'arrived' then 'ADT^A04' when 'triaged' then 'ADT^A04' when 'in-progress' then 'ADT^A01'
          when 'onleave' then 'ADT^A21' when 'finished' then 'ADT^A03' when 'unknown' then 'ADT^A08' end as event
        from new_rows where deleted_at is null order by clinic_id, id) e
      where event is not null;
  else
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions, array_agg(event) as events
      into c from (
        select n.clinic_id, n.id, n.version, case
          when n.deleted_at is not null or n.status = 'entered-in-error' then
            case when o.deleted_at is null and o.status <> 'entered-in-error' then 'ADT^A23' end
          when n.patient_id <> o.patient_id and gateway.substance(to_jsonb(n)) = gateway.substance(to_jsonb(o)) then null
          when n.status <> o.status or o.deleted_at is not null then case n.status
            when 'finished' then 'ADT^A03'
            when 'cancelled' then 'ADT^A11'
            when 'onleave' then 'ADT^A21'
            when 'in-progress' then case o.status when 'finished' then 'ADT^A13' when 'onleave' then 'ADT^A22' else 'ADT^A01' end
            when 'unknown' then 'ADT^A08'
            when 'planned' then case when o.status in ('in-progress', 'finished', 'onleave') then 'ADT^A08'
              when n.class = 'PRENC' then 'ADT^A05' else 'ADT^A04' end
            else case when o.status in ('in-progress', 'finished', 'onleave') then 'ADT^A08' else 'ADT^A04' end end
          when n.location_id is distinct from o.location_id and n.location_id is not null and n.status = 'in-progress'
            then 'ADT^A02'
          else 'ADT^A08' end as event
        from new_rows n join old_rows o using (clinic_id, id) where n.version <> o.version
        order by n.clinic_id, n.id) e
      where event is not null;
  end if;
  if c.ids is not null then
    perform gateway.owe_events('encounter', c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;

-- An appointment is told from when it has a patient and a start.
create function gateway.feed_appointments() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  if tg_op = 'INSERT' then
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions,
        array_agg(case status when 'noshow' then 'SIU^S26' else 'SIU^S12' end) as events
      into c from (
        select * from new_rows
        where deleted_at is null and status not in ('cancelled', 'entered-in-error') and start_at is not null
          and patient_id is not null order by clinic_id, id) n;
  else
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version) as versions, array_agg(event) as events
      into c from (
        select n.clinic_id, n.id, n.version, case
          when n.start_at is null or n.patient_id is null then null
          when o.start_at is null or o.patient_id is null then
            case when n.deleted_at is null and n.status not in ('cancelled', 'entered-in-error', 'noshow') then 'SIU^S12' end
          when n.deleted_at is not null or n.status = 'entered-in-error' then
            case when o.deleted_at is null and o.status <> 'entered-in-error' then 'SIU^S17' end
          when n.patient_id <> o.patient_id and gateway.substance(to_jsonb(n)) = gateway.substance(to_jsonb(o)) then null
          when n.status = 'cancelled' and n.status <> o.status then 'SIU^S15'
          when n.status = 'noshow' and n.status <> o.status then 'SIU^S26'
          when o.status in ('cancelled', 'noshow', 'entered-in-error') and n.status <> o.status or o.deleted_at is not null
            then 'SIU^S12'
          when (n.start_at, n.end_at) is distinct from (o.start_at, o.end_at) and n.status not in ('cancelled', 'noshow')
            then 'SIU^S13'
          else 'SIU^S14' end as event
        from new_rows n join old_rows o using (clinic_id, id) where n.version <> o.version
        order by n.clinic_id, n.id) e
      where event is not null;
  end if;
  if c.ids is not null then
    perform gateway.owe_events('appointment', c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;

do $$
declare
  relation text;
begin
  foreach relation in array array['patient', 'coverage', 'encounter', 'appointment'] loop
    execute format('create trigger owe_insert after insert on clinic.%1$I referencing new table as new_rows '
      'for each statement execute function gateway.feed_%1$ss()', relation);
    execute format('create trigger owe_update after update on clinic.%1$I referencing old table as old_rows '
      'new table as new_rows for each statement execute function gateway.feed_%1$ss()', relation);
  end loop;
end
$$;

-- Charges, once they are issued ---------------------------------------------------------------------------------------

-- The lines of an invoice that a partner does not know: what it charged itself is not charged back to it.
create function gateway.items_to_tell(clinic uuid, invoice text, partner uuid) returns setof text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select t.id from clinic.invoice_item t
  where t.clinic_id = clinic and t.invoice_id = invoice and t.deleted_at is null
    and not exists (
      select from gateway.message_effect e
      join gateway.hl7_message m on m.clinic_id = e.clinic_id and m.received_at = e.message_received_at and m.id = e.message_id
      where e.clinic_id = t.clinic_id and e.relation = 'invoice_item' and e.record_id = t.id and m.partner_id = partner)
$$;

-- Runs at commit, when the lines are there.
create function gateway.feed_invoices() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  event constant text := case new.status when 'cancelled' then 'DFT^P03-CD' else 'DFT^P03' end;
begin
  if gateway.has_feeds() then
    perform gateway.owe_events('invoice', array[new.clinic_id], array[new.id], array[new.version], array[event]);
    delete from gateway.delivery d
      where d.clinic_id = new.clinic_id and d.document_type = 'invoice' and d.document_id = new.id
        and d.changed_in = pg_current_xact_id()
        and not exists (select from gateway.items_to_tell(new.clinic_id, new.id, d.partner_id));
  end if;
  return null;
end
$$;
create constraint trigger owe_insert after insert on clinic.invoice deferrable initially deferred
  for each row when (new.status = 'issued') execute function gateway.feed_invoices();
create constraint trigger owe_issued after update on clinic.invoice deferrable initially deferred
  for each row when (new.status = 'issued' and old.status = 'draft') execute function gateway.feed_invoices();
create constraint trigger owe_cancelled after update on clinic.invoice deferrable initially deferred
  for each row when (new.status = 'cancelled' and old.status in ('issued', 'balanced'))
  execute function gateway.feed_invoices();

-- No echo -------------------------------------------------------------------------------------------------------------

-- What a partner's own messages changed is not told to it, unless another message of the same transaction changed the
-- same record. The effects of a transaction are written in one statement, after the records.
create function gateway.without_echo() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  with told as materialized (
    select e.clinic_id, case e.relation when 'coverage' then 'patient' else e.relation end as relation,
      case e.relation when 'coverage' then v.patient_id else e.record_id end as id, m.partner_id
    from new_rows e
    join gateway.hl7_message m on m.clinic_id = e.clinic_id and m.received_at = e.message_received_at and m.id = e.message_id
    left join clinic.coverage v on e.relation = 'coverage' and v.clinic_id = e.clinic_id and v.id = e.record_id
    where e.operation <> 'none' and e.relation in ('patient', 'coverage', 'encounter', 'appointment')
  )
  delete from gateway.delivery d using told t
    where d.clinic_id = t.clinic_id and d.document_type = t.relation and d.document_id = t.id
      and d.partner_id = t.partner_id and d.changed_in = pg_current_xact_id()
      and not exists (select from told o
        where o.clinic_id = t.clinic_id and o.relation = t.relation and o.id = t.id and o.partner_id <> t.partner_id);
  return null;
end
$$;
create trigger echo_insert after insert on gateway.message_effect referencing new table as new_rows
  for each statement execute function gateway.without_echo();
create trigger echo_update after update on gateway.message_effect referencing new table as new_rows
  for each statement execute function gateway.without_echo();

-- Documents are not owed in the formats of feeds ----------------------------------------------------------------------

create or replace function gateway.owe_claim(clinic uuid, claim text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made integer;
begin
  insert into gateway.delivery (clinic_id, partner_id, format, document_type, document_id, document_version,
      idempotency_key)
    select c.clinic_id, p.id, f.format, 'claim', c.id, c.version,
      gateway.idempotency_key(c.clinic_id, p.id, f.format, 'claim', c.id, c.version)
    from clinic.claim c
    join gateway.partner_clinic l on l.clinic_id = c.clinic_id and l.payer_id = c.payer_id
    join gateway.partner p on p.id = l.partner_id and p.kind = 'insurer' and p.enabled
    cross join lateral unnest(p.delivery_formats) as f (format)
    where c.clinic_id = owe_claim.clinic and c.id = owe_claim.claim and c.status = 'owed' and not gateway.is_feed(f.format)
      and not exists (select from gateway.delivery d where d.clinic_id = c.clinic_id and d.document_type = 'claim'
        and d.document_id = c.id and d.partner_id = p.id and d.format = f.format)
    on conflict (clinic_id, idempotency_key) do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

create or replace function gateway.owe_invoice(clinic uuid, invoice text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made integer;
begin
  insert into gateway.delivery (clinic_id, partner_id, format, document_type, document_id, document_version,
      idempotency_key, ordering_key)
    select i.clinic_id, p.id, f.format, 'invoice', i.id, i.version,
      gateway.idempotency_key(i.clinic_id, p.id, f.format, 'invoice', i.id, i.version), i.clinic_id || '/' || f.format
    from clinic.invoice i
    join gateway.partner_clinic l on l.clinic_id = i.clinic_id
    join gateway.partner p on p.id = l.partner_id and p.kind = 'accounting' and p.enabled
    cross join lateral unnest(p.delivery_formats) as f (format)
    where i.clinic_id = owe_invoice.clinic and i.id = owe_invoice.invoice and i.status in ('issued', 'balanced')
      and not gateway.is_feed(f.format)
      and not exists (select from gateway.delivery d where d.clinic_id = i.clinic_id and d.document_type = 'invoice'
        and d.document_id = i.id and d.partner_id = p.id and d.format = f.format)
    on conflict (clinic_id, idempotency_key) do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

-- Workers -------------------------------------------------------------------------------------------------------------

-- As in 0011. `feeds` says that the process knows them: those of the version before would give them up.
create function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[], feeds boolean
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz, event text, created_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with partner as materialized (
    select p.id, greatest(0, least(most, most_each - (select count(*) from gateway.delivery f
      where f.partner_id = p.id and f.state in ('rendering', 'sending') and f.lease_until >= now()))) as share
    from gateway.partner p
    where p.enabled and p.deliveries_paused_at is null and p.delivery_url is not null and p.id <> all (passing_over)
  ), free as materialized (
    select d.* from partner p cross join lateral (
      select d.clinic_id, d.id, d.next_at, d.sequence, p.id as partner_id from gateway.delivery d
      where d.partner_id = p.id and d.ordering_key is null and d.state in ('owed', 'failed') and d.next_at <= now()
      order by d.next_at, d.sequence limit p.share for update of d skip locked) d
  ), head as materialized (
    -- One step of the index a key.
    select h.clinic_id, h.id from partner p cross join lateral (
      with recursive step as (
        (select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.event from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key is not null and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1)
        union all
        select n.* from step s cross join lateral (
          select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.event from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key > s.ordering_key and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1) n)
      select s.clinic_id, s.id from step s
      where s.state in ('owed', 'failed') and s.next_at <= now() and (feeds or s.event is null)
      order by s.next_at limit p.share) h
  ), ordered as materialized (
    select d.clinic_id, d.id, d.next_at, d.sequence, d.partner_id
    from head h join gateway.delivery d on d.clinic_id = h.clinic_id and d.id = h.id
    where d.state in ('owed', 'failed') and d.next_at <= now()
    for update of d skip locked
  ), abandoned as materialized (
    select d.* from partner p cross join lateral (
      select d.clinic_id, d.id, d.next_at, d.sequence, p.id as partner_id from gateway.delivery d
      where d.partner_id = p.id and d.state in ('rendering', 'sending') and d.lease_until < now()
        and (feeds or d.event is null)
      order by d.lease_until, d.sequence limit p.share for update of d skip locked) d
  ), due as materialized (
    select c.clinic_id, c.id from (
      select c.*, row_number() over (partition by c.partner_id order by c.next_at, c.sequence) as turn
      from (select * from free union all select * from ordered union all select * from abandoned) c) c
    join partner p on p.id = c.partner_id
    where c.turn <= p.share order by c.next_at, c.sequence limit greatest(0, most)
  )
  update gateway.delivery d
    set state = case when d.body is null then 'rendering' else 'sending' end,
      lease_until = now() + make_interval(secs => lease_seconds), worker = claim_deliveries.worker,
      fencing = d.fencing + 1, attempts = d.attempts + 1, reason = null
    from due where d.clinic_id = due.clinic_id and d.id = due.id
    returning d.clinic_id, d.id, d.partner_id, d.format, d.document_type, d.document_id, d.document_version,
      d.idempotency_key, d.content_type, d.body, d.attempts, d.fencing, d.lease_until, d.event, d.created_at
$$;

create or replace function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[]
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select clinic_id, id, partner_id, format, document_type, document_id, document_version, idempotency_key, content_type,
    body, attempts, fencing, lease_until
  from gateway.claim_deliveries(worker, most, most_each, lease_seconds, passing_over, false)
$$;

-- How a partner wants its messages, beside how it is reached.
drop function gateway.delivery_target(uuid);
create function gateway.delivery_target(partner_id uuid)
returns table (slug text, url text, secret_sealed bytea, ca_path text, certificate_path text, key_path text,
  allows_private_networks boolean, hl7_profile jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select slug, delivery_url, delivery_secret_sealed, delivery_ca_path, delivery_certificate_path, delivery_key_path,
    delivery_allows_private_networks, hl7_profile
  from gateway.partner where id = partner_id and enabled
$$;

revoke execute on function gateway.is_feed(text), gateway.has_feeds(), gateway.substance(jsonb),
  gateway.owe_events(text, uuid[], text[], bigint[], text[]), gateway.items_to_tell(uuid, text, uuid),
  gateway.claim_deliveries(text, integer, integer, integer, uuid[], boolean), gateway.delivery_target(uuid) from public;
grant execute on function gateway.claim_deliveries(text, integer, integer, integer, uuid[], boolean),
  gateway.delivery_target(uuid) to passerelle_dispatcher;
grant execute on function gateway.items_to_tell(uuid, text, uuid) to passerelle_app;
