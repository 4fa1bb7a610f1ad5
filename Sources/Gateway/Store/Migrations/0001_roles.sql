-- Roles and schemas. Run by whoever migrates; everything after this file runs as passerelle_owner.
-- Roles belong to the whole cluster, so another database may have made them already, even at this very moment.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['passerelle_owner', 'passerelle_app', 'passerelle_dispatcher', 'passerelle_auditor'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I login nosuperuser nobypassrls nocreatedb nocreaterole', wanted);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;
  end loop;
  if exists (select from pg_roles where rolname like 'passerelle\_%' and rolname <> 'passerelle_owner'
    and rolname in ('passerelle_app', 'passerelle_dispatcher', 'passerelle_auditor') and (rolbypassrls or rolsuper)) then
    raise exception 'a passerelle role may bypass row-level security'
      using hint = 'ALTER ROLE … NOBYPASSRLS NOSUPERUSER';
  end if;
end
$$;

create schema if not exists clinic authorization passerelle_owner;
create schema if not exists gateway authorization passerelle_owner;
grant usage on schema clinic to passerelle_app, passerelle_auditor;
grant usage on schema gateway to passerelle_app, passerelle_dispatcher, passerelle_auditor;

-- From here on, and in every later file, the owner acts.
do $$
begin
  if not pg_has_role(current_user, 'passerelle_owner', 'member') then
    execute format('grant passerelle_owner to %I', current_user);
  end if;
end
$$;
set local role passerelle_owner;

create table gateway.migration (
  number integer primary key,
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default clock_timestamp(),
  applied_by text not null default session_user
);
grant select on gateway.migration to passerelle_app, passerelle_dispatcher, passerelle_auditor;
