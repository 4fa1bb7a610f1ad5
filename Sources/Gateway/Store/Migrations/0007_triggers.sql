-- Versions, history, change log, search keys: by triggers, so that they hold whoever writes. All functions run as the
-- owner: a platform that writes clinic data directly needs no rights here. After-triggers work a statement at a time.

-- A version is counted only when something really changed. `tg_argv[0]` names the generated columns, which are still
-- null in NEW at this point and follow from the rest.
create function clinic.before_update() returns trigger
language plpgsql as $$
begin
  new.version := old.version;
  new.updated_at := old.updated_at;
  case tg_argv[0]
  when 'person' then
    old.family_key := null;
    old.given_key := null;
  when 'named' then
    old.name_key := null;
  else
    null;
  end case;
  if new is distinct from old then
    new.version := old.version + 1;
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    new.changed_in := pg_current_xact_id();
  end if;
  return new;
end
$$;

create function clinic.log_insert() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into gateway.change_log (clinic_id, relation, id, version, operation)
    select clinic_id, tg_table_name, id, version, 'create' from new_rows;
  return null;
end
$$;

create function clinic.log_update() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into gateway.change_log (clinic_id, relation, id, version, operation)
    select n.clinic_id, tg_table_name, n.id, n.version,
      case when n.deleted_at is not null and o.deleted_at is null then 'delete' else 'update' end
    from new_rows n join old_rows o using (clinic_id, id)
    where n.version <> o.version;
  insert into gateway.record_version (clinic_id, relation, id, version, valid_from, operation, body)
    select o.clinic_id, tg_table_name, o.id, o.version, o.updated_at, 'update', to_jsonb(o)
    from new_rows n join old_rows o using (clinic_id, id)
    where n.version <> o.version;
  return null;
end
$$;

create function clinic.log_delete() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into gateway.change_log (clinic_id, relation, id, version, operation)
    select clinic_id, tg_table_name, id, version + 1, 'delete' from old_rows;
  insert into gateway.record_version (clinic_id, relation, id, version, valid_from, operation, body)
    select o.clinic_id, tg_table_name, o.id, o.version, o.updated_at, 'delete', to_jsonb(o) from old_rows o;
  return null;
end
$$;

-- A change of a child is a change of its parent, once a transaction.
create function clinic.touch(parent text, clinics uuid[], ids text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  case parent
  when 'patient' then
    update clinic.patient t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
      where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
  when 'invoice' then
    update clinic.invoice t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
      where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
  when 'appointment' then
    update clinic.appointment t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
      where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
  when 'encounter' then
    update clinic.encounter t set changed_in = pg_current_xact_id() from unnest(clinics, ids) as c (clinic_id, id)
      where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id();
  else
    execute format(
      'update clinic.%I t set changed_in = pg_current_xact_id() from unnest($1, $2) as c (clinic_id, id)
       where t.clinic_id = c.clinic_id and t.id = c.id and t.changed_in <> pg_current_xact_id()', parent)
      using clinics, ids;
  end case;
end
$$;

-- One function and three triggers for each child relation; `parent` is an expression over the row `r`.
do $$
declare
  child record;
begin
  for child in
    select * from (values
      ('patient_name', '''patient''', 'patient_id'),
      ('patient_telecom', '''patient''', 'patient_id'),
      ('patient_address', '''patient''', 'patient_id'),
      ('patient_contact', '''patient''', 'patient_id'),
      ('appointment_participant', '''appointment''', 'appointment_id'),
      ('invoice_item', '''invoice''', 'invoice_id'),
      ('invoice_item_tax', '''invoice''', 'invoice_id'),
      ('payment_allocation', '''payment''', 'payment_id'),
      ('claim_item', '''claim''', 'claim_id'),
      ('identifier', 'r.owner_type', 'owner_id')
    ) as c (relation, parent, parent_id)
  loop
    execute format($function$
      create function clinic.%1$s_changed() returns trigger
      language plpgsql security definer set search_path = pg_catalog, pg_temp as $body$
      declare
        touched record;
      begin
        if tg_op = 'INSERT' then
          for touched in
            select parent, array_agg(clinic_id) as clinics, array_agg(id) as ids
            from (select distinct %2$s as parent, r.clinic_id, r.%3$s as id from new_rows r) p group by parent
          loop
            perform clinic.touch(touched.parent, touched.clinics, touched.ids);
          end loop;
          return null;
        end if;
        if tg_op = 'UPDATE' then
          insert into gateway.record_version
              (clinic_id, relation, id, version, parent_relation, parent_id, valid_from, operation, body)
            select r.clinic_id, tg_table_name, r.id, r.version, %2$s, r.%3$s, r.updated_at, 'update', to_jsonb(r)
            from old_rows r join new_rows n using (clinic_id, id) where n.version <> r.version;
          for touched in
            select parent, array_agg(clinic_id) as clinics, array_agg(id) as ids
            from (select distinct %2$s as parent, r.clinic_id, r.%3$s as id
                  from old_rows r join new_rows n using (clinic_id, id) where n.version <> r.version
                  union
                  select distinct %2$s, r.clinic_id, r.%3$s
                  from new_rows r join old_rows o using (clinic_id, id) where o.version <> r.version) p
            group by parent
          loop
            perform clinic.touch(touched.parent, touched.clinics, touched.ids);
          end loop;
          return null;
        end if;
        insert into gateway.record_version
            (clinic_id, relation, id, version, parent_relation, parent_id, valid_from, operation, body)
          select r.clinic_id, tg_table_name, r.id, r.version, %2$s, r.%3$s, r.updated_at, 'delete', to_jsonb(r)
          from old_rows r;
        for touched in
          select parent, array_agg(clinic_id) as clinics, array_agg(id) as ids
          from (select distinct %2$s as parent, r.clinic_id, r.%3$s as id from old_rows r) p group by parent
        loop
          perform clinic.touch(touched.parent, touched.clinics, touched.ids);
        end loop;
        return null;
      end
      $body$
    $function$, child.relation, child.parent, child.parent_id);
    execute format('create trigger changed_insert after insert on clinic.%1$I referencing new table as new_rows '
      'for each statement execute function clinic.%1$s_changed()', child.relation);
    execute format('create trigger changed_update after update on clinic.%1$I referencing old table as old_rows '
      'new table as new_rows for each statement execute function clinic.%1$s_changed()', child.relation);
    execute format('create trigger changed_delete after delete on clinic.%1$I referencing old table as old_rows '
      'for each statement execute function clinic.%1$s_changed()', child.relation);
  end loop;
end
$$;

-- Every record of its own is logged; every relation counts its versions.
do $$
declare
  relation text;
  children constant text[] := array['patient_name', 'patient_telecom', 'patient_address', 'patient_contact',
    'appointment_participant', 'invoice_item', 'invoice_item_tax', 'payment_allocation', 'claim_item', 'identifier'];
begin
  for relation in
    select tablename from pg_tables where schemaname = 'clinic' and tablename <> 'patient_key' order by tablename
  loop
    execute format('create trigger a_version before update on clinic.%I for each row '
      'execute function clinic.before_update(%L)', relation,
      case when relation in ('patient', 'practitioner') then 'person'
        when relation in ('location', 'payer') then 'named' else 'plain' end);
    continue when relation = any (children);
    execute format('create trigger log_insert after insert on clinic.%I referencing new table as new_rows '
      'for each statement execute function clinic.log_insert()', relation);
    execute format('create trigger log_update after update on clinic.%I referencing old table as old_rows '
      'new table as new_rows for each statement execute function clinic.log_update()', relation);
    execute format('create trigger log_delete after delete on clinic.%I referencing old table as old_rows '
      'for each statement execute function clinic.log_delete()', relation);
  end loop;
end
$$;

-- Search keys of patients -----------------------------------------------------------------------------------------

create function clinic.rebuild_patient_keys(clinics uuid[], ids text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from clinic.patient_key k using unnest(clinics, ids) as c (clinic_id, id)
    where k.clinic_id = c.clinic_id and k.patient_id = c.id;
  insert into clinic.patient_key (clinic_id, kind, key, patient_id)
    select k.clinic_id, k.kind, k.key, k.id from (
      select p.clinic_id, p.id, v.kind, v.key
        from unnest(clinics, ids) as c (clinic_id, id) join clinic.patient p using (clinic_id, id),
        lateral (values ('family', p.family_key), ('phone', clinic.phone_key(p.phone)),
          ('email', clinic.email_key(p.email))) as v (kind, key)
        where p.deleted_at is null
      union
      select p.clinic_id, p.id, 'given', clinic.fold(g)
        from unnest(clinics, ids) as c (clinic_id, id) join clinic.patient p using (clinic_id, id), unnest(p.given) g
        where p.deleted_at is null
      union
      select n.clinic_id, n.patient_id, v.kind, clinic.fold(v.name)
        from unnest(clinics, ids) as c (clinic_id, id)
        join clinic.patient p using (clinic_id, id)
        join clinic.patient_name n on n.clinic_id = c.clinic_id and n.patient_id = c.id and n.deleted_at is null,
        lateral (select 'family' as kind, n.family as name union all select 'given', unnest(n.given)) v
        where p.deleted_at is null
      union
      select t.clinic_id, t.patient_id, t.system,
          case t.system when 'email' then clinic.email_key(t.value) else clinic.phone_key(t.value) end
        from unnest(clinics, ids) as c (clinic_id, id)
        join clinic.patient p using (clinic_id, id)
        join clinic.patient_telecom t on t.clinic_id = c.clinic_id and t.patient_id = c.id and t.deleted_at is null
        where t.system in ('phone', 'email') and p.deleted_at is null
    ) k where k.key <> ''
    on conflict do nothing;
end
$$;

-- A new patient has no children yet: its keys come from the row alone, which keeps bulk loads fast.
create function clinic.patient_keys_insert() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into clinic.patient_key (clinic_id, kind, key, patient_id)
    select n.clinic_id, v.kind, v.key, n.id from new_rows n,
      lateral (
        select 'family' as kind, n.family_key as key
        union all select 'phone', clinic.phone_key(n.phone)
        union all select 'email', clinic.email_key(n.email)
        union all select 'given', clinic.fold(g) from unnest(n.given) g
      ) v
    where v.key <> '' and n.deleted_at is null
    on conflict do nothing;
  return null;
end
$$;

create function clinic.patient_keys_update() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clinics uuid[];
  ids text[];
begin
  select array_agg(n.clinic_id), array_agg(n.id) into clinics, ids
    from new_rows n join old_rows o using (clinic_id, id)
    where (n.family_key, n.given, n.phone, n.email, n.deleted_at)
      is distinct from (o.family_key, o.given, o.phone, o.email, o.deleted_at);
  if ids is not null then
    perform clinic.rebuild_patient_keys(clinics, ids);
  end if;
  return null;
end
$$;

create function clinic.patient_keys_delete() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from clinic.patient_key k using old_rows o where k.clinic_id = o.clinic_id and k.patient_id = o.id;
  return null;
end
$$;

create trigger keys_insert after insert on clinic.patient referencing new table as new_rows
  for each statement execute function clinic.patient_keys_insert();
create trigger keys_update after update on clinic.patient referencing old table as old_rows new table as new_rows
  for each statement execute function clinic.patient_keys_update();
create trigger keys_delete after delete on clinic.patient referencing old table as old_rows
  for each statement execute function clinic.patient_keys_delete();

create function clinic.patient_child_keys() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clinics uuid[];
  ids text[];
begin
  if tg_op = 'INSERT' then
    select array_agg(clinic_id), array_agg(patient_id) into clinics, ids
      from (select distinct clinic_id, patient_id from new_rows) r;
  elsif tg_op = 'UPDATE' then
    select array_agg(clinic_id), array_agg(patient_id) into clinics, ids
      from (select clinic_id, patient_id from new_rows union select clinic_id, patient_id from old_rows) r;
  else
    select array_agg(clinic_id), array_agg(patient_id) into clinics, ids
      from (select distinct clinic_id, patient_id from old_rows) r;
  end if;
  if ids is not null then
    perform clinic.rebuild_patient_keys(clinics, ids);
  end if;
  return null;
end
$$;

do $$
declare
  relation text;
begin
  foreach relation in array array['patient_name', 'patient_telecom'] loop
    execute format('create trigger keys_insert after insert on clinic.%I referencing new table as new_rows '
      'for each statement execute function clinic.patient_child_keys()', relation);
    execute format('create trigger keys_update after update on clinic.%I referencing old table as old_rows '
      'new table as new_rows for each statement execute function clinic.patient_child_keys()', relation);
    execute format('create trigger keys_delete after delete on clinic.%I referencing old table as old_rows '
      'for each statement execute function clinic.patient_child_keys()', relation);
  end loop;
end
$$;

