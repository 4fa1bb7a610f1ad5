-- Messages of a feed that follow each other are claimed together, as one worker's: a message costs the database a few
-- statements instead of ten round trips. `longest_run` is how many at most; 0 is a process that knows no feeds.
--
-- A run begins with the oldest message of its key that is not settled, and goes on with those behind it that nobody has
-- tried yet. What was tried before, or was in the hands of a process that died, goes alone: what may be wrong with it
-- spoils no other's try. As in 0024 otherwise; but what needs order is taken from a process that died in its order too.
create function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[], longest_run integer
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz, event text, created_at timestamptz, sequence bigint)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with partner as materialized (
    -- A run is one of its partner's share.
    select p.id, greatest(0, least(most, most_each - (
      select count(distinct coalesce(f.ordering_key, f.id::text)) from gateway.delivery f
      where f.partner_id = p.id and f.state in ('rendering', 'sending') and f.lease_until >= now()))) as share
    from gateway.partner p
    where p.enabled and p.deliveries_paused_at is null and p.delivery_url is not null and p.id <> all (passing_over)
  ), free as materialized (
    select d.* from partner p cross join lateral (
      select d.clinic_id, d.id, d.next_at, d.sequence, p.id as partner_id, null::text as run_key from gateway.delivery d
      where d.partner_id = p.id and d.ordering_key is null and d.state in ('owed', 'failed') and d.next_at <= now()
      order by d.next_at, d.sequence limit p.share for update of d skip locked) d
  ), head as materialized (
    -- One step of the index a key.
    select h.clinic_id, h.id from partner p cross join lateral (
      with recursive step as (
        (select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.lease_until, d.event from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key is not null and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1)
        union all
        select n.* from step s cross join lateral (
          select d.ordering_key, d.clinic_id, d.id, d.state, d.next_at, d.lease_until, d.event from gateway.delivery d
          where d.partner_id = p.id and d.ordering_key > s.ordering_key and d.state not in ('delivered', 'dead')
          order by d.ordering_key, d.sequence limit 1) n)
      select s.clinic_id, s.id from step s
      where (s.state in ('owed', 'failed') and s.next_at <= now()
          or s.state in ('rendering', 'sending') and s.lease_until < now())
        and (longest_run > 0 or s.event is null)
      order by s.next_at limit p.share) h
  ), ordered as materialized (
    select d.clinic_id, d.id, d.next_at, d.sequence, d.partner_id,
      case when d.event is not null and d.state = 'owed' and d.attempts = 0 then d.ordering_key end as run_key
    from head h join gateway.delivery d on d.clinic_id = h.clinic_id and d.id = h.id
    where d.state in ('owed', 'failed') and d.next_at <= now()
      or d.state in ('rendering', 'sending') and d.lease_until < now()
    for update of d skip locked
  ), abandoned as materialized (
    select d.* from partner p cross join lateral (
      select d.clinic_id, d.id, d.next_at, d.sequence, p.id as partner_id, null::text as run_key from gateway.delivery d
      where d.partner_id = p.id and d.ordering_key is null and d.state in ('rendering', 'sending')
        and d.lease_until < now()
      order by d.lease_until, d.sequence limit p.share for update of d skip locked) d
  ), due as materialized (
    select c.clinic_id, c.id, c.partner_id, c.sequence, c.run_key from (
      select c.*, row_number() over (partition by c.partner_id order by c.next_at, c.sequence) as turn
      from (select * from free union all select * from ordered union all select * from abandoned) c) c
    join partner p on p.id = c.partner_id
    where c.turn <= p.share order by c.next_at, c.sequence limit greatest(0, most)
  ), behind as materialized (
    -- Up to the first that is not to be had.
    select n.* from due u cross join lateral (
      select b.clinic_id, b.id, b.partner_id, b.place from (
        select x.*, row_number() over (order by x.sequence) as place, bool_and(x.fresh) over (order by x.sequence) as open
        from (
          select d.clinic_id, d.id, d.partner_id, d.sequence,
            d.state = 'owed' and d.attempts = 0 and d.next_at <= now() as fresh
          from gateway.delivery d
          where d.partner_id = u.partner_id and d.ordering_key = u.run_key and d.sequence > u.sequence
            and d.state not in ('delivered', 'dead')
          order by d.sequence limit greatest(0, longest_run - 1)) x) b
      where b.open) n
    where u.run_key is not null
  ), locked as materialized (
    select d.clinic_id, d.id, b.partner_id, b.place
    from behind b join gateway.delivery d on d.clinic_id = b.clinic_id and d.id = b.id
    where d.state = 'owed' and d.attempts = 0
    for update of d skip locked
  ), run as (
    -- And up to the first that somebody else holds.
    select l.clinic_id, l.id from (
      select l.*, row_number() over (partition by l.partner_id order by l.place) as turn from locked l) l
    where l.turn = l.place
  ), claimed as (
    select clinic_id, id from due union all select clinic_id, id from run
  )
  update gateway.delivery d
    set state = case when d.body is null then 'rendering' else 'sending' end,
      lease_until = now() + make_interval(secs => lease_seconds), worker = claim_deliveries.worker,
      fencing = d.fencing + 1, attempts = d.attempts + 1, reason = null
    from claimed c where d.clinic_id = c.clinic_id and d.id = c.id
    returning d.clinic_id, d.id, d.partner_id, d.format, d.document_type, d.document_id, d.document_version,
      d.idempotency_key, d.content_type, d.body, d.attempts, d.fencing, d.lease_until, d.event, d.created_at, d.sequence
$$;
revoke execute on function gateway.claim_deliveries(text, integer, integer, integer, uuid[], integer) from public;
grant execute on function gateway.claim_deliveries(text, integer, integer, integer, uuid[], integer)
  to passerelle_dispatcher;

-- The form without runs, for processes of the version before.
create or replace function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[], feeds boolean
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz, event text, created_at timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select clinic_id, id, partner_id, format, document_type, document_id, document_version, idempotency_key, content_type,
    body, attempts, fencing, lease_until, event, created_at
  from gateway.claim_deliveries(worker, most, most_each, lease_seconds, passing_over, feeds::integer)
$$;
