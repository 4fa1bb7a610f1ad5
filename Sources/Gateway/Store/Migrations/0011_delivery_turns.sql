-- A worker may pass over partners that do not answer it, and takes what has waited longest, whoever it is for.
create function gateway.claim_deliveries(
  worker text, most integer, most_each integer, lease_seconds integer, passing_over uuid[]
)
returns table (clinic_id uuid, id uuid, partner_id uuid, format text, document_type text, document_id text,
  document_version bigint, idempotency_key text, content_type text, body bytea, attempts integer, fencing bigint,
  lease_until timestamptz)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  with due as materialized (
    select d.clinic_id, d.id
    from gateway.partner p cross join lateral (
      select d.clinic_id, d.id, d.next_at, d.sequence from gateway.delivery d
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
    where p.enabled and p.deliveries_paused_at is null and p.delivery_url is not null and p.id <> all (passing_over)
    order by d.next_at, d.sequence
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
