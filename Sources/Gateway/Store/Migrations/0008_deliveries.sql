-- What an issued invoice owes, and how workers take it.

-- The key is a function of what is delivered to whom: a repeat always carries the same one.
create function gateway.idempotency_key(
  clinic_id uuid, partner_id uuid, format text, document_type text, document_id text, document_version bigint
) returns text
language sql immutable parallel safe
return 'psl_' || left(encode(sha256(convert_to(
  concat_ws('|', clinic_id, partner_id, format, document_type, document_id, document_version), 'UTF8')), 'hex'), 40);

-- Owes every insurer's partner that takes this claim its Claim. Called when a claim arises, and again by hand when a
-- partner is set up later: what is owed already stays owed once.
create function gateway.owe_claim(clinic uuid, claim text) returns integer
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
    where c.clinic_id = owe_claim.clinic and c.id = owe_claim.claim and c.status = 'owed'
      and not exists (select from gateway.delivery d where d.clinic_id = c.clinic_id and d.document_type = 'claim'
        and d.document_id = c.id and d.partner_id = p.id and d.format = f.format)
    on conflict (clinic_id, idempotency_key) do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

-- Owes every accounting partner of the clinic the invoice, in each format that it takes.
create function gateway.owe_invoice(clinic uuid, invoice text) returns integer
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
      and not exists (select from gateway.delivery d where d.clinic_id = i.clinic_id and d.document_type = 'invoice'
        and d.document_id = i.id and d.partner_id = p.id and d.format = f.format)
    on conflict (clinic_id, idempotency_key) do nothing;
  get diagnostics made = row_count;
  return made;
end
$$;

-- The claim of an invoice on its patient's first coverage of the day, if there is one. Answers the claim's id.
create function gateway.make_claim(clinic uuid, invoice text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  made text;
begin
  insert into clinic.claim (clinic_id, id, invoice_id, coverage_id, payer_id, patient_id, format, control_number,
      currency, total)
    select i.clinic_id,
      md5(concat_ws('|', i.clinic_id, 'claim', i.id, v.id))::uuid::text,
      i.id, v.id, v.payer_id, i.patient_id, y.claim_format,
      lpad(nextval('clinic.claim_control_number')::text, 9, '0'), i.currency, i.total_gross
    from clinic.invoice i
    join lateral (
      select c.id, c.payer_id from clinic.coverage c
      where c.clinic_id = i.clinic_id and c.patient_id = i.patient_id and c.status = 'active' and c.deleted_at is null
        and coalesce(c.period_from <= (i.issued_at at time zone 'UTC')::date, true)
        and coalesce(c.period_to >= (i.issued_at at time zone 'UTC')::date, true)
      order by c.rank, c.id limit 1) v on true
    join clinic.payer y on y.clinic_id = i.clinic_id and y.id = v.payer_id
    where i.clinic_id = make_claim.clinic and i.id = make_claim.invoice and i.kind = 'invoice'
    on conflict do nothing
    returning id into made;
  if made is not null then
    insert into clinic.claim_item (clinic_id, id, claim_id, sequence, invoice_item_id, charged)
      select t.clinic_id, made || '.' || t.sequence, made, t.sequence, t.id,
        t.net + coalesce((select sum(x.amount) from clinic.invoice_item_tax x
          where x.clinic_id = t.clinic_id and x.invoice_item_id = t.id and x.deleted_at is null), 0)
      from clinic.invoice_item t
      where t.clinic_id = make_claim.clinic and t.invoice_id = make_claim.invoice and t.deleted_at is null;
  end if;
  return made;
end
$$;

-- Runs at commit, when the invoice's lines are there whatever the order they were written in. What an invoice owes
-- commits with it or not at all. Only the owner may load history without owing it (`passerelle.loading`).
create function gateway.invoice_issued() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  lines numeric;
  taxes numeric;
  claim text;
begin
  if current_setting('passerelle.loading', true) = 'on' and pg_has_role(session_user, 'passerelle_owner', 'member') then
    return null;
  end if;
  select coalesce(sum(net), 0), (select coalesce(sum(x.amount), 0) from clinic.invoice_item_tax x
      where x.clinic_id = new.clinic_id and x.invoice_id = new.id and x.deleted_at is null)
    into lines, taxes
    from clinic.invoice_item where clinic_id = new.clinic_id and invoice_id = new.id and deleted_at is null;
  if lines <> new.total_net or taxes <> new.total_tax then
    raise exception 'invoice % does not add up: lines % and taxes %, totals say % and %', new.number, lines, taxes,
      new.total_net, new.total_tax
      using errcode = 'check_violation', constraint = 'invoice_totals', table = 'invoice', schema = 'clinic';
  end if;
  perform gateway.owe_invoice(new.clinic_id, new.id);
  claim := gateway.make_claim(new.clinic_id, new.id);
  if claim is not null then
    perform gateway.owe_claim(new.clinic_id, claim);
  end if;
  return null;
end
$$;

create constraint trigger issued_insert after insert on clinic.invoice deferrable initially deferred
  for each row when (new.status = 'issued') execute function gateway.invoice_issued();
create constraint trigger issued_update after update on clinic.invoice deferrable initially deferred
  for each row when (new.status = 'issued' and old.status = 'draft') execute function gateway.invoice_issued();

create function gateway.delivery_owed() returns trigger
language plpgsql as $$
begin
  notify passerelle_delivery;
  return null;
end
$$;
-- Only deliveries wake anybody: NOTIFY takes one lock for all committing transactions, too dear for every change.
create trigger owed after insert on gateway.delivery
  for each statement execute function gateway.delivery_owed();

-- Workers -----------------------------------------------------------------------------------------------------------

-- Takes up to `most` deliveries, at most `most_each` in flight a partner, so that a dead partner holds up nobody else.
-- Where a format needs order, only the oldest unsettled one of its key is taken. Time is the database's.
create function gateway.claim_deliveries(worker text, most integer, most_each integer, lease_seconds integer)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with due as materialized (
    select d.clinic_id, d.id
    from gateway.partner p cross join lateral (
      select d.clinic_id, d.id from gateway.delivery d
      where d.partner_id = p.id
        and ((d.state in ('owed', 'failed') and d.next_at <= now())
          or (d.state in ('rendering', 'sending') and d.lease_until < now()))
        and (d.ordering_key is null or not exists (
          select from gateway.delivery e
          where e.partner_id = d.partner_id and e.ordering_key = d.ordering_key and e.sequence < d.sequence
            and e.state not in ('delivered', 'dead')))
      order by d.next_at, d.sequence
      limit greatest(0, most_each - (select count(*) from gateway.delivery f
        where f.partner_id = p.id and f.state in ('rendering', 'sending') and f.lease_until >= now()))
      for update of d skip locked) d
    where p.enabled and p.deliveries_paused_at is null and p.delivery_url is not null
    limit greatest(0, most)
  )
  update gateway.delivery d
    set state = case when d.body is null then 'rendering' else 'sending' end,
      lease_until = now() + make_interval(secs => lease_seconds), worker = claim_deliveries.worker,
      fencing = d.fencing + 1, attempts = d.attempts + 1, reason = null
    from due where d.clinic_id = due.clinic_id and d.id = due.id
    returning d.clinic_id, d.id, d.partner_id, d.format, d.document_type, d.document_id, d.document_version,
      d.idempotency_key, d.content_type, d.body, d.attempts, d.fencing, d.lease_until
$$;

-- Keeps the rendered bytes before they are first sent; later tries send these. False: the lease is lost.
create function gateway.store_delivery_body(
  clinic uuid, delivery_id uuid, token bigint, new_content_type text, new_body bytea
) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with stored as (
    update gateway.delivery
      set state = 'sending', content_type = new_content_type, body = new_body, body_sha256 = sha256(new_body)
      where clinic_id = clinic and id = delivery_id and fencing = token and state = 'rendering' and body is null
      returning 1)
  select exists (select from stored)
$$;

create function gateway.extend_lease(clinic uuid, delivery_id uuid, token bigint, lease_seconds integer) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with extended as (
    update gateway.delivery set lease_until = now() + make_interval(secs => lease_seconds)
      where clinic_id = clinic and id = delivery_id and fencing = token and state in ('rendering', 'sending')
      returning 1)
  select exists (select from extended)
$$;

-- Records how a try ended. `next_in_seconds` counts for `failed` only. False: somebody else holds the delivery now, and
-- nothing was changed.
create function gateway.finish_delivery(
  clinic uuid, delivery_id uuid, token bigint, outcome text, http_status integer, why text, excerpt text,
  next_in_seconds double precision
) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  done gateway.delivery;
begin
  if outcome is null or outcome not in ('delivered', 'failed', 'dead') then
    raise exception 'outcome must be delivered, failed or dead, not %', outcome using errcode = 'invalid_parameter_value';
  end if;
  update gateway.delivery d
    set state = outcome, lease_until = null, reason = why,
      next_at = case when outcome = 'failed' then now() + make_interval(secs => coalesce(next_in_seconds, 0)) else d.next_at end,
      settled_at = case when outcome = 'failed' then null else now() end
    where d.clinic_id = clinic and d.id = delivery_id and d.fencing = token
      and d.state in ('rendering', 'sending') and (outcome <> 'delivered' or d.state = 'sending')
    returning d.* into done;
  if not found then
    return false;
  end if;
  insert into gateway.delivery_attempt
      (clinic_id, delivery_id, attempt, fencing, worker, outcome, status, reason, response_excerpt)
    values (clinic, finish_delivery.delivery_id, done.attempts, token, done.worker, outcome, http_status, why, left(excerpt, 2000));
  if outcome = 'delivered' and done.document_type = 'claim' then
    update clinic.claim set status = 'sent', submitted_at = now()
      where clinic_id = clinic and id = done.document_id and status = 'owed';
  end if;
  return true;
end
$$;

-- Gives an unfinished delivery back without counting the try: at shutdown.
create function gateway.release_delivery(clinic uuid, delivery_id uuid, token bigint) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with released as (
    update gateway.delivery
      set state = 'owed', lease_until = null, attempts = greatest(0, attempts - 1), next_at = now()
      where clinic_id = clinic and id = delivery_id and fencing = token and state in ('rendering', 'sending')
      returning 1)
  select exists (select from released)
$$;

-- When the next delivery falls due, leases that may run out included; null when nothing is owed.
create function gateway.next_delivery_due() returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select least(
    (select min(d.next_at) from gateway.delivery d join gateway.partner p on p.id = d.partner_id
      where d.state in ('owed', 'failed') and p.enabled and p.deliveries_paused_at is null),
    (select min(lease_until) from gateway.delivery where state in ('rendering', 'sending')))
$$;

-- What a worker must know of a partner to send: nothing else of it.
create function gateway.delivery_target(partner_id uuid)
returns table (slug text, url text, secret_sealed bytea, ca_path text, certificate_path text, key_path text,
  allows_private_networks boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select slug, delivery_url, delivery_secret_sealed, delivery_ca_path, delivery_certificate_path, delivery_key_path,
    delivery_allows_private_networks
  from gateway.partner where id = partner_id and enabled
$$;

-- A partner answered 410: it wants no more until somebody resumes it.
create function gateway.pause_deliveries(partner_id uuid, why text) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update gateway.partner set deliveries_paused_at = now(), deliveries_paused_reason = why, updated_at = now()
    where id = partner_id and deliveries_paused_at is null
$$;

-- Counts by partner and state, for metrics and `doctor`. No clinic's data.
create function gateway.delivery_counts() returns table (partner text, state text, count bigint, oldest timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.slug, d.state, count(*), min(d.created_at)
  from gateway.delivery d join gateway.partner p on p.id = d.partner_id
  where d.state <> 'delivered' group by p.slug, d.state
$$;

-- By hand: a dead or failed delivery is owed again, with the same key and bytes.
create function gateway.retry_delivery(delivery_id uuid) returns boolean
language sql security invoker set search_path = pg_catalog, pg_temp as $$
  with retried as (
    update gateway.delivery set state = 'owed', next_at = now(), attempts = 0, settled_at = null, reason = 'retried by hand'
      where id = delivery_id and state in ('dead', 'failed')
      returning 1)
  select exists (select from retried)
$$;
