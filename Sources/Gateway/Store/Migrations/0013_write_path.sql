-- Cheaper writes: what runs for each changed row keeps its plan for the session.

-- A function of language sql is parsed and planned anew by each statement that calls it, which for `clinic.fold` with
-- its tables took longer than the write it was for: generated columns call it at every update of a patient. The same
-- expressions in plpgsql are planned once a session.
do $$
begin
  execute format('create or replace function clinic.fold(value text) returns text '
    'language plpgsql immutable parallel safe strict as %L',
    'begin ' || pg_get_function_sqlbody('clinic.fold(text)'::regprocedure) || '; end');
end
$$;

create or replace function clinic.fold_all(names text[]) returns text
language plpgsql immutable parallel safe as $$
begin
  return clinic.fold(array_to_string(names, ' '));
end
$$;

create or replace function gateway.with_changes(record anyelement, fields jsonb, blanks jsonb) returns anyelement
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  standing jsonb;
begin
  if blanks = '{}' then
    return jsonb_populate_record(record, fields);
  end if;
  standing := to_jsonb(record);
  return jsonb_populate_record(record, coalesce((
    select jsonb_object_agg(b.key, b.value) from jsonb_each(blanks) b
    where coalesce(standing -> b.key, 'null') in ('null', '[]')), '{}') || fields);
end
$$;

-- One pass over the changed rows writes both the log and the history.
create or replace function clinic.log_update() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  with changed as materialized (
    select n.version as new_version, n.deleted_at as new_deleted_at, o.clinic_id, o.id, o.version, o.updated_at,
      o.deleted_at, to_jsonb(o) as body
    from new_rows n join old_rows o using (clinic_id, id)
    where n.version <> o.version
  ), logged as (
    insert into gateway.change_log (clinic_id, relation, id, version, operation)
      select clinic_id, tg_table_name, id, new_version,
        case when new_deleted_at is not null and deleted_at is null then 'delete' else 'update' end
      from changed
  )
  insert into gateway.record_version (clinic_id, relation, id, version, valid_from, operation, body)
    select clinic_id, tg_table_name, id, version, updated_at, 'update', body from changed;
  return null;
end
$$;

-- Search keys: what stands and is still right is left alone, so that a new telephone number costs two index entries.
create or replace function clinic.rebuild_patient_keys(clinics uuid[], ids text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  with given as materialized (
    select c.clinic_id, c.id from unnest(clinics, ids) as c (clinic_id, id)
  ), wanted as materialized (
    select k.clinic_id, k.kind, k.key, k.patient_id from (
      select p.clinic_id, p.id as patient_id, v.kind, v.key
        from given c join clinic.patient p using (clinic_id, id),
        lateral (
          select 'family' as kind, p.family_key as key
          union all select 'phone', clinic.phone_key(p.phone)
          union all select 'email', clinic.email_key(p.email)
          union all select 'given', clinic.fold(g) from unnest(p.given) g
          union all select v.kind, clinic.fold(v.name) from clinic.patient_name n,
            lateral (select 'family' as kind, n.family as name union all select 'given', unnest(n.given)) v
            where n.clinic_id = p.clinic_id and n.patient_id = p.id and n.deleted_at is null
          union all select t.system,
            case t.system when 'email' then clinic.email_key(t.value) else clinic.phone_key(t.value) end
            from clinic.patient_telecom t
            where t.clinic_id = p.clinic_id and t.patient_id = p.id and t.deleted_at is null
              and t.system in ('phone', 'email')
        ) v
        where p.deleted_at is null
    ) k where k.key <> ''
  ), gone as (
    delete from clinic.patient_key k using given c
      where k.clinic_id = c.clinic_id and k.patient_id = c.id
        and not exists (select from wanted w where w.clinic_id = k.clinic_id and w.patient_id = k.patient_id
          and w.kind = k.kind and w.key = k.key)
  )
  insert into clinic.patient_key (clinic_id, kind, key, patient_id)
    select clinic_id, kind, key, patient_id from wanted
    on conflict do nothing;
end
$$;
