-- Search keys by what changed: a patient's new telephone number costs one key out and one in, not a look at everything
-- the patient is called.

-- Whether anything that stands of a patient still gives this key.
create function clinic.patient_key_stands(clinic uuid, patient text, kind text, key text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  case kind
  when 'family' then
    return exists (select from clinic.patient p
        where p.clinic_id = clinic and p.id = patient and p.deleted_at is null and p.family_key = key)
      or exists (select from clinic.patient_name n
        where n.clinic_id = clinic and n.patient_id = patient and n.deleted_at is null
          and clinic.fold(n.family) = key);
  when 'given' then
    return exists (select from clinic.patient p, unnest(p.given) g
        where p.clinic_id = clinic and p.id = patient and p.deleted_at is null and clinic.fold(g) = key)
      or exists (select from clinic.patient_name n, unnest(n.given) g
        where n.clinic_id = clinic and n.patient_id = patient and n.deleted_at is null and clinic.fold(g) = key);
  when 'phone' then
    return exists (select from clinic.patient p
        where p.clinic_id = clinic and p.id = patient and p.deleted_at is null and clinic.phone_key(p.phone) = key)
      or exists (select from clinic.patient_telecom t
        where t.clinic_id = clinic and t.patient_id = patient and t.deleted_at is null and t.system = 'phone'
          and clinic.phone_key(t.value) = key);
  else
    return exists (select from clinic.patient p
        where p.clinic_id = clinic and p.id = patient and p.deleted_at is null and clinic.email_key(p.email) = key)
      or exists (select from clinic.patient_telecom t
        where t.clinic_id = clinic and t.patient_id = patient and t.deleted_at is null and t.system = 'email'
          and clinic.email_key(t.value) = key);
  end case;
end
$$;
revoke execute on function clinic.patient_key_stands(uuid, text, text, text) from public;

create or replace function clinic.patient_keys_update() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clinics uuid[];
  ids text[];
begin
  select array_agg(n.clinic_id), array_agg(n.id) into clinics, ids
    from new_rows n join old_rows o using (clinic_id, id)
    where (n.deleted_at is null) <> (o.deleted_at is null);
  if ids is not null then
    perform clinic.rebuild_patient_keys(clinics, ids);
  end if;
  -- What is still given by something else stays: the function looks at what stands after the statement.
  with changed as materialized (
    select n.clinic_id, n.id, o.family_key as family_before, n.family_key as family_after,
      o.given as given_before, n.given as given_after, o.phone as phone_before, n.phone as phone_after,
      o.email as email_before, n.email as email_after
    from new_rows n join old_rows o using (clinic_id, id)
    where n.deleted_at is null and o.deleted_at is null
      and (n.family_key, n.given, n.phone, n.email) is distinct from (o.family_key, o.given, o.phone, o.email)
  ), gone as materialized (
    select c.clinic_id, c.id, v.kind, v.key from changed c, lateral (
      select 'family' as kind, c.family_before as key where c.family_before is distinct from c.family_after
      union all select 'given', clinic.fold(g) from unnest(c.given_before) g
        where c.given_before is distinct from c.given_after
      union all select 'phone', clinic.phone_key(c.phone_before) where c.phone_before is distinct from c.phone_after
      union all select 'email', clinic.email_key(c.email_before) where c.email_before is distinct from c.email_after
    ) v
    where v.key <> '' and not clinic.patient_key_stands(c.clinic_id, c.id, v.kind, v.key)
  ), forgotten as (
    delete from clinic.patient_key k using gone g
    where k.clinic_id = g.clinic_id and k.kind = g.kind and k.key = g.key and k.patient_id = g.id
  )
  insert into clinic.patient_key (clinic_id, patient_id, kind, key)
    select c.clinic_id, c.id, v.kind, v.key from changed c, lateral (
      select 'family' as kind, c.family_after as key where c.family_before is distinct from c.family_after
      union all select 'given', clinic.fold(g) from unnest(c.given_after) g
        where c.given_before is distinct from c.given_after
      union all select 'phone', clinic.phone_key(c.phone_after) where c.phone_before is distinct from c.phone_after
      union all select 'email', clinic.email_key(c.email_after) where c.email_before is distinct from c.email_after
    ) v where v.key <> ''
    on conflict do nothing;
  return null;
end
$$;

-- The keys of `patient_name` and `patient_telecom`: what the rows that went gave, and what those that came give. One
-- function each, since what a statement deleted and what it inserted have no table in common.
drop trigger keys_insert on clinic.patient_name;
drop trigger keys_update on clinic.patient_name;
drop trigger keys_delete on clinic.patient_name;
drop trigger keys_insert on clinic.patient_telecom;
drop trigger keys_update on clinic.patient_telecom;
drop trigger keys_delete on clinic.patient_telecom;
drop function clinic.patient_child_keys();

do $$
declare
  child record;
  rows_gone text;
  rows_come text;
begin
  for child in
    select * from (values
      ('patient_name', $keys$
        select 'family' as kind, clinic.fold(r.family) as key union all select 'given', clinic.fold(g) from unnest(r.given) g
      $keys$),
      ('patient_telecom', $keys$
        select r.system as kind,
          case r.system when 'email' then clinic.email_key(r.value) else clinic.phone_key(r.value) end as key
        where r.system in ('phone', 'email')
      $keys$)
    ) as c (relation, keys)
  loop
    rows_gone := format($sql$
      with gone as materialized (
        select r.clinic_id, r.patient_id, v.kind, v.key from old_rows r, lateral (%s) v
        where r.deleted_at is null and v.key <> ''
          and not clinic.patient_key_stands(r.clinic_id, r.patient_id, v.kind, v.key)
      )
      delete from clinic.patient_key k using gone g
        where k.clinic_id = g.clinic_id and k.kind = g.kind and k.key = g.key and k.patient_id = g.patient_id;
    $sql$, child.keys);
    rows_come := format($sql$
      insert into clinic.patient_key (clinic_id, kind, key, patient_id)
        select r.clinic_id, v.kind, v.key, r.patient_id
        from new_rows r join clinic.patient p on p.clinic_id = r.clinic_id and p.id = r.patient_id, lateral (%s) v
        where r.deleted_at is null and p.deleted_at is null and v.key <> ''
        on conflict do nothing;
    $sql$, child.keys);
    execute format($function$
      create function clinic.%1$s_keys() returns trigger
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
      begin
        if tg_op <> 'INSERT' then
          %2$s
        end if;
        if tg_op <> 'DELETE' then
          %3$s
        end if;
        return null;
      end
      $body$
    $function$, child.relation, rows_gone, rows_come);
    execute format('create trigger keys_insert after insert on clinic.%1$I referencing new table as new_rows '
      'for each statement execute function clinic.%1$s_keys()', child.relation);
    execute format('create trigger keys_update after update on clinic.%1$I referencing old table as old_rows '
      'new table as new_rows for each statement execute function clinic.%1$s_keys()', child.relation);
    execute format('create trigger keys_delete after delete on clinic.%1$I referencing old table as old_rows '
      'for each statement execute function clinic.%1$s_keys()', child.relation);
  end loop;
end
$$;

-- A parent that this transaction has written already needs no statement, whose triggers would run for no row.
create or replace function clinic.touch(parent text, clinics uuid[], ids text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  case parent
  when 'patient' then
    if exists (select from unnest(clinics, ids) as c (clinic_id, id) join clinic.patient t using (clinic_id, id)
        where t.changed_in <> pg_current_xact_id()) then
      update clinic.patient t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
        where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
    end if;
  when 'invoice' then
    if exists (select from unnest(clinics, ids) as c (clinic_id, id) join clinic.invoice t using (clinic_id, id)
        where t.changed_in <> pg_current_xact_id()) then
      update clinic.invoice t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
        where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
    end if;
  when 'appointment' then
    if exists (select from unnest(clinics, ids) as c (clinic_id, id) join clinic.appointment t using (clinic_id, id)
        where t.changed_in <> pg_current_xact_id()) then
      update clinic.appointment t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
        where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
    end if;
  when 'encounter' then
    if exists (select from unnest(clinics, ids) as c (clinic_id, id) join clinic.encounter t using (clinic_id, id)
        where t.changed_in <> pg_current_xact_id()) then
      update clinic.encounter t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
        where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
    end if;
  else
    execute format(
      'update clinic.%I t set changed_in = pg_current_xact_id() from unnest($1, $2) as c (clinic_id, id)
       where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id()', parent)
      using clinics, ids;
  end case;
end
$$;

-- Whose message it is was asked by a function of language sql, planned anew at each call: ten times what it takes to
-- run. The same question in plpgsql is planned once a session.
do $$
begin
  execute format(
    'create or replace function gateway.hl7_route(
      known_partner uuid, known_slug text, application text, facility text, receiving_application text,
      receiving_facility text, remote inet, clinic text default null
    ) returns table (
      partner_id uuid, partner_slug text, clinic_id uuid, clinic_slug text, time_zone text, profile jsonb
    ) language plpgsql stable security definer set search_path = pg_catalog, pg_temp as %L',
    E'#variable_conflict use_column\nbegin return query ' || rtrim(prosrc, E' ;\n') || '; end')
  from pg_proc where oid = 'gateway.hl7_route(uuid, text, text, text, text, text, inet, text)'::regprocedure;
end
$$;
