-- Keeping the store in bounds: partitions are made ahead, those past their time are dropped whole, and what belonged to
-- them is purged.

create index message_effect_received on gateway.message_effect using brin (message_received_at);
create index delivery_settled on gateway.delivery (settled_at) where settled_at is not null;

-- As before, and where the default partition has caught rows of a month that is to be made, they move there: a month of
-- its own can be dropped one day.
create or replace function gateway.ensure_partitions(ahead integer default 3) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  parent text;
  moment text;
  month timestamptz;
  after timestamptz;
  child text;
  rest text;
  made integer := 0;
begin
  perform pg_advisory_xact_lock(hashtext('passerelle.partitions'));
  for parent, moment in values ('hl7_message', 'received_at'), ('audit_event', 'at') loop
    rest := parent || '_default';
    if to_regclass(format('gateway.%I', rest)) is null then
      execute format('create table gateway.%I partition of gateway.%I default', rest, parent);
      execute format('alter table gateway.%I enable row level security, force row level security', rest);
      made := made + 1;
    end if;
    for step in -1 .. least(greatest(ahead, 0), 24) loop
      month := date_trunc('month', now() at time zone 'UTC') at time zone 'UTC' + make_interval(months => step);
      after := (month at time zone 'UTC' + interval '1 month') at time zone 'UTC';
      child := parent || to_char(month at time zone 'UTC', '"_"YYYYMM');
      continue when to_regclass(format('gateway.%I', child)) is not null;
      begin
        execute format('create table gateway.%I partition of gateway.%I for values from (%L) to (%L)', child, parent,
          month, after);
      exception when check_violation then
        execute format('alter table gateway.%I detach partition gateway.%I', parent, rest);
        execute format('create table gateway.%I partition of gateway.%I for values from (%L) to (%L)', child, parent,
          month, after);
        execute format('alter table gateway.%I no force row level security', rest);
        execute format('with moved as (delete from gateway.%I where %I >= %L and %I < %L returning *)
          insert into gateway.%I select * from moved', rest, moment, month, moment, after, parent);
        execute format('alter table gateway.%I force row level security', rest);
        execute format('alter table gateway.%I attach partition gateway.%I default', parent, rest);
      end;
      execute format('alter table gateway.%I enable row level security, force row level security', child);
      made := made + 1;
    end loop;
  end loop;
  return made;
end
$$;

-- Drops the months of a partitioned table that ended `months` months before `at` or earlier.
create function gateway.drop_partitions(parent text, months integer, at timestamptz) returns setof text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  child text;
begin
  for child in
    select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = format('gateway.%I', parent)::regclass and c.relname ~ ('^' || parent || '_[0-9]{6}$')
      and (to_date(right(c.relname, 6), 'YYYYMM') + make_interval(months => months + 1)) at time zone 'UTC' <= at
    order by c.relname
  loop
    execute format('alter table gateway.%I detach partition gateway.%I', parent, child);
    execute format('drop table gateway.%I', child);
    return next child;
  end loop;
end
$$;

-- One turn of maintenance as of `at`: what was done, a row each. Of rows it purges a bounded number; where `rows` is
-- that many there are more. 0 months or days keep for ever. The audit is kept for three months at least, since `doctor`
-- compares it with the chains' heads of the last one.
create function gateway.maintain_as_of(
  ahead integer, message_months integer, audit_months integer, delivery_days integer, at timestamptz
) returns table (work text, name text, rows bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  most constant integer := 5000;
  month constant timestamptz := date_trunc('month', at at time zone 'UTC') at time zone 'UTC';
  cutoff timestamptz;
begin
  if not pg_try_advisory_xact_lock(hashtext('passerelle.maintenance')) then
    return query select 'busy'::text, null::text, 0::bigint;
    return;
  end if;
  -- Making and dropping partitions shuts everybody out for a moment: nobody is to wait longer for it to begin.
  perform set_config('lock_timeout', '2000', true);
  work := 'purged';
  if message_months > 0 then
    cutoff := month - make_interval(months => message_months);
    delete from gateway.message_ledger where ctid = any (array(
      select ctid from gateway.message_ledger where received_at < cutoff order by received_at limit most));
    get diagnostics rows = row_count;
    name := 'message_ledger';
    return next;
    -- The newest effect on a record stays: by it an older event is known to be older.
    delete from gateway.message_effect where ctid = any (array(
      select e.ctid from gateway.message_effect e
      where e.message_received_at < cutoff and exists (
        select from gateway.message_effect n
        where n.clinic_id = e.clinic_id and n.relation = e.relation and n.record_id = e.record_id
          and n.event_at is not null and (e.event_at is null or (n.event_at, n.message_id) > (e.event_at, e.message_id)))
      limit most));
    get diagnostics rows = row_count;
    name := 'message_effect';
    return next;
  end if;
  if delivery_days > 0 then
    cutoff := at - make_interval(days => delivery_days);
    with gone as materialized (
      select clinic_id, id from gateway.delivery
      where settled_at < cutoff and state in ('delivered', 'dead') order by settled_at limit most
    ), attempts as (
      delete from gateway.delivery_attempt a using gone g where a.clinic_id = g.clinic_id and a.delivery_id = g.id
    )
    delete from gateway.delivery d using gone g where d.clinic_id = g.clinic_id and d.id = g.id;
    get diagnostics rows = row_count;
    name := 'delivery';
    return next;
  end if;
  if audit_months > 0 then
    cutoff := month - make_interval(months => greatest(audit_months, 3));
    delete from gateway.audit_chain_head h where h.at < cutoff;
    get diagnostics rows = row_count;
    name := 'audit_chain_head';
    return next;
    delete from gateway.stranger_sample s where s.at < cutoff;
    get diagnostics rows = row_count;
    name := 'stranger_sample';
    return next;
  end if;
  work := 'made';
  name := null;
  rows := gateway.ensure_partitions(ahead);
  return next;
  work := 'dropped';
  rows := 1;
  if message_months > 0 then
    for name in select gateway.drop_partitions('hl7_message', message_months, at) loop
      return next;
    end loop;
  end if;
  if audit_months > 0 then
    for name in select gateway.drop_partitions('audit_event', greatest(audit_months, 3), at) loop
      return next;
    end loop;
  end if;
end
$$;

create function gateway.maintain(ahead integer, message_months integer, audit_months integer, delivery_days integer)
returns table (work text, name text, rows bigint)
language sql security definer set search_path = pg_catalog, pg_temp as $$
  select * from gateway.maintain_as_of(ahead, message_months, audit_months, delivery_days, now())
$$;

revoke execute on function gateway.drop_partitions(text, integer, timestamptz),
  gateway.maintain_as_of(integer, integer, integer, integer, timestamptz),
  gateway.maintain(integer, integer, integer, integer) from public;
grant execute on function gateway.maintain(integer, integer, integer, integer) to passerelle_dispatcher;
