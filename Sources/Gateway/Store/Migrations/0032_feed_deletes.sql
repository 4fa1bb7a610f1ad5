-- What is deleted for good is told to who follows the clinic: A29, A23, S17, and A31 for a coverage. The message is made
-- of what the record was last, which its history keeps.

-- Records that are there no more, as they were last. Row-level security is the caller's.
do $$
declare
  relation text;
begin
  foreach relation in array array['patient', 'encounter', 'appointment'] loop
    execute format(
      'create function gateway.deleted_%1$s(clinic uuid, ids text[]) returns setof clinic.%1$I
      language sql stable set search_path = pg_catalog, pg_temp as %2$L', relation,
      format(
        'select r.* from unnest(ids) i (id) cross join lateral (
          select v.body from gateway.record_version v
          where v.clinic_id = clinic and v.relation = %1$L and v.id = i.id and v.operation = ''delete''
          order by v.replaced_at desc, v.version desc limit 1) v,
          lateral jsonb_populate_record(null::clinic.%1$I, v.body) r', relation));
    execute format('revoke execute on function gateway.deleted_%s(uuid, text[]) from public', relation);
    execute format('grant execute on function gateway.deleted_%s(uuid, text[]) to passerelle_app', relation);
  end loop;
end
$$;

create function gateway.feed_deletes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  -- What was deleted or in error before has been told so.
  case tg_table_name
  when 'patient' then
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version + 1) as versions,
        array_agg('ADT^A29'::text) as events
      into c from (
        select * from old_rows where deleted_at is null and active and replaced_by is null order by clinic_id, id) o;
  when 'encounter' then
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version + 1) as versions,
        array_agg('ADT^A23'::text) as events
      into c from (
        select * from old_rows where deleted_at is null and status <> 'entered-in-error' order by clinic_id, id) o;
  else
    select array_agg(clinic_id) as clinics, array_agg(id) as ids, array_agg(version + 1) as versions,
        array_agg('SIU^S17'::text) as events
      into c from (
        select * from old_rows where deleted_at is null and status <> 'entered-in-error' and start_at is not null
          and patient_id is not null order by clinic_id, id) o;
  end case;
  if c.ids is not null then
    perform gateway.owe_events(tg_table_name, c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;

-- The patient without it.
create function gateway.feed_coverage_deletes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  c record;
begin
  if not gateway.has_feeds() then
    return null;
  end if;
  select array_agg(p.clinic_id) as clinics, array_agg(p.id) as ids, array_agg(p.version) as versions,
      array_agg('ADT^A31'::text) as events
    into c from clinic.patient p
    where p.deleted_at is null and p.replaced_by is null and (p.clinic_id, p.id) in (
      select clinic_id, patient_id from old_rows where deleted_at is null and status = 'active');
  if c.ids is not null then
    perform gateway.owe_events('patient', c.clinics, c.ids, c.versions, c.events);
  end if;
  return null;
end
$$;
revoke execute on function gateway.feed_deletes(), gateway.feed_coverage_deletes() from public;

do $$
declare
  relation text;
begin
  foreach relation in array array['patient', 'encounter', 'appointment'] loop
    execute format('create trigger owe_delete after delete on clinic.%I referencing old table as old_rows '
      'for each statement execute function gateway.feed_deletes()', relation);
  end loop;
end
$$;
create trigger owe_delete after delete on clinic.coverage referencing old table as old_rows
  for each statement execute function gateway.feed_coverage_deletes();
