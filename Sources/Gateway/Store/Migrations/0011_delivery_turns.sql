-- Claiming costs the same however much is owed: 100,000 deliveries to a partner that is down are not looked at one by
-- one. A worker may pass over partners that do not answer it, and takes what has waited longest, whoever it is for.

-- What needs no order, by when it is due. Of what needs order only the oldest of each key can be due: `delivery_order`.
create index delivery_due_free on gateway.delivery (partner_id, next_at, sequence)
  where state in ('owed', 'failed') and ordering_key is null;

create function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[]
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz)
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
        (select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.lease_until from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key is not null and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1)
        union all
        select n.* from step s cross join lateral (
          select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.lease_until from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key > s.ordering_key and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1) n)
      select s.clinic_id, s.id from step s
      where s.state in ('owed', 'failed') and s.next_at <= now()
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
      d.idempotency_key, d.content_type, d.body, d.attempts, d.fencing, d.lease_until
$$;
revoke execute on function gateway.claim_deliveries(text, integer, integer, integer, uuid[]) from public;
grant execute on function gateway.claim_deliveries(text, integer, integer, integer, uuid[]) to passerelle_dispatcher;

-- The form without partners to pass over, for processes of the version before.
create or replace function gateway.claim_deliveries(worker text, most integer, most_each integer, lease_seconds integer)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select * from gateway.claim_deliveries(worker, most, most_each, lease_seconds, '{}')
$$;

-- When the next delivery may fall due, leases that may run out included; null when nothing is owed. Asks the index of
-- each partner for its first.
create or replace function gateway.next_delivery_due() returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select least(
    (select min(n.at) from gateway.partner p cross join lateral (
        select d.next_at as at from gateway.delivery d where d.partner_id = p.id and d.state in ('owed', 'failed')
        order by d.next_at limit 1) n
      where p.enabled and p.deliveries_paused_at is null),
    (select min(lease_until) from gateway.delivery where state in ('rendering', 'sending')))
$$;
