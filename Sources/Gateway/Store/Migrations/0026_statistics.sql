-- Statements that are kept prepared keep the plans of the statistics that their tables had. In a young database a table
-- is analyzed by autovacuum minutes after it has grown from nothing; until then every index of an empty table looks as
-- good as another, and what was planned reads all of a clinic. So the server has tables analyzed that have grown
-- threefold since they last were; whatever changes more slowly is autovacuum's.
create function gateway.refresh_statistics(most integer default 4) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  grown text;
begin
  if not pg_try_advisory_xact_lock(hashtext('passerelle.statistics')) then
    return;
  end if;
  for grown in
    select format('%I.%I', s.schemaname, s.relname)
    from pg_stat_user_tables s join pg_class c on c.oid = s.relid
    where s.schemaname in ('clinic', 'gateway') and c.relkind = 'r' and pg_has_role(c.relowner, 'USAGE')
      and s.n_mod_since_analyze >= greatest(500, 2 * c.reltuples)
    order by s.n_mod_since_analyze desc, s.relid
    limit most
  loop
    execute 'analyze ' || grown;
    return next grown;
  end loop;
end
$$;
revoke execute on function gateway.refresh_statistics(integer) from public;
grant execute on function gateway.refresh_statistics(integer) to passerelle_dispatcher;
