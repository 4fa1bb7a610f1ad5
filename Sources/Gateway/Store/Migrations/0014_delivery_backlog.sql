-- What is owed, for metrics: by kind of partner, so that no name leaves.

-- Small however much has been delivered: what is settled well is not in it.
create index delivery_unsettled on gateway.delivery (partner_id, state, created_at) where state <> 'delivered';

create function gateway.delivery_backlog() returns table (kind text, state text, count bigint, oldest_seconds bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.kind, s.name, sum(n.count)::bigint,
    greatest(0, extract(epoch from clock_timestamp() - min(n.oldest)))::bigint
  from gateway.partner p cross join lateral (
    select d.state, count(*) as count, min(d.created_at) as oldest from gateway.delivery d
    where d.partner_id = p.id and d.state <> 'delivered' group by d.state) n
  cross join lateral (
    select case n.state when 'failed' then 'waiting' when 'dead' then 'dead' when 'owed' then 'owed'
      else 'in-flight' end as name) s
  group by p.kind, s.name
$$;
revoke execute on function gateway.delivery_backlog() from public;
grant execute on function gateway.delivery_backlog() to passerelle_app, passerelle_dispatcher;
