-- What links between patients, movements of a stay and blocked time of HL7 messages bring to the contract.

-- Two rows a pair, one for each direction.
create table clinic.patient_link (
  clinic_id uuid not null,
  id text collate "C" not null check (id ~ '^[A-Za-z0-9.-]{1,64}$'),
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  changed_in xid8 not null default pg_current_xact_id(),
  extra jsonb,
  patient_id text collate "C" not null,
  other_id text collate "C" not null check (other_id <> patient_id),
  primary key (clinic_id, id),
  foreign key (clinic_id, patient_id) references clinic.patient,
  foreign key (clinic_id, other_id) references clinic.patient
);
create unique index patient_link_pair on clinic.patient_link (clinic_id, patient_id, other_id);

-- Where a patient was when, during one stay.
create table clinic.encounter_movement (
  clinic_id uuid not null,
  id text collate "C" not null check (id ~ '^[A-Za-z0-9.-]{1,64}$'),
  version bigint not null default 1,
  updated_at timestamptz not null default clock_timestamp(),
  deleted_at timestamptz,
  changed_in xid8 not null default pg_current_xact_id(),
  extra jsonb,
  encounter_id text collate "C" not null,
  number text not null,
  event text not null,
  status text not null default 'active' check (status in ('active', 'cancelled')),
  started_at timestamptz,
  ended_at timestamptz check (ended_at >= started_at),
  location_id text collate "C",
  unit text,
  primary key (clinic_id, id),
  foreign key (clinic_id, encounter_id) references clinic.encounter,
  foreign key (clinic_id, location_id) references clinic.location
);
create index encounter_movement_encounter on clinic.encounter_movement (clinic_id, encounter_id, started_at, id);

create index schedule_practitioner on clinic.schedule (clinic_id, practitioner_id, id) where practitioner_id is not null;
create index schedule_location on clinic.schedule (clinic_id, location_id, id) where location_id is not null;

-- A change of a row of a list is a change of the record that it belongs to. `tg_argv` is the parent's relation and the
-- column that names it.
create function clinic.member_changed() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  changed constant text := case tg_op
    when 'INSERT' then 'new_rows r' when 'DELETE' then 'old_rows r'
    else 'old_rows r join new_rows n using (clinic_id, id) where n.version <> r.version' end;
  clinics uuid[];
  ids text[];
begin
  if tg_op <> 'INSERT' then
    execute format(
      'insert into gateway.record_version
         (clinic_id, relation, id, version, parent_relation, parent_id, valid_from, operation, body)
       select clinic_id, %L, id, r.version, %L, r.%I, r.updated_at, %L, to_jsonb(r) from ' || changed,
      tg_table_name, tg_argv[0], tg_argv[1], lower(tg_op));
  end if;
  execute format('select array_agg(p.clinic_id), array_agg(p.id) from (select distinct clinic_id, r.%I as id from '
    || changed || ') p', tg_argv[1]) into clinics, ids;
  if ids is not null then
    perform clinic.touch(tg_argv[0], clinics, ids);
  end if;
  return null;
end
$$;
revoke execute on function clinic.member_changed() from public;

do $$
declare
  member record;
begin
  for member in
    select * from (values ('patient_link', 'patient', 'patient_id'), ('encounter_movement', 'encounter', 'encounter_id'))
      as m (relation, parent, parent_id)
  loop
    execute format('create trigger a_version before update on clinic.%I for each row '
      'execute function clinic.before_update(''plain'')', member.relation);
    execute format('create trigger changed_insert after insert on clinic.%I referencing new table as new_rows '
      'for each statement execute function clinic.member_changed(%L, %L)', member.relation, member.parent,
      member.parent_id);
    execute format('create trigger changed_update after update on clinic.%I referencing old table as old_rows '
      'new table as new_rows for each statement execute function clinic.member_changed(%L, %L)', member.relation,
      member.parent, member.parent_id);
    execute format('create trigger changed_delete after delete on clinic.%I referencing old table as old_rows '
      'for each statement execute function clinic.member_changed(%L, %L)', member.relation, member.parent,
      member.parent_id);
    execute format('alter table clinic.%I enable row level security, force row level security', member.relation);
    execute format('create policy owner_rows on clinic.%I to passerelle_owner using (true) with check (true)',
      member.relation);
    execute format('create policy clinic_rows on clinic.%I to passerelle_app using (%s) with check (%2$s)',
      member.relation, 'clinic_id = nullif(current_setting(''passerelle.clinic_id'', true), '''')::uuid');
  end loop;
end
$$;
grant select, insert, update, delete on clinic.patient_link, clinic.encounter_movement to passerelle_app;
