-- Lists of what was found and done, and reports that change when something is added to them.

create index observation_effective on clinic.observation (clinic_id, effective_at, id);
create index document_created on clinic.document (clinic_id, created_at, id);
create index procedure_performed on clinic.procedure (clinic_id, performed_at, id);

-- A report shows its results and documents: what is added is a change of it. A transaction that makes the report with
-- its results changes it no further.
create function clinic.report_grows() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  clinics uuid[];
  ids text[];
begin
  select array_agg(clinic_id), array_agg(report_id) into clinics, ids
    from (select distinct clinic_id, report_id from new_rows where report_id is not null) r;
  if ids is not null then
    perform clinic.touch('observation', clinics, ids);
  end if;
  return null;
end
$$;
revoke execute on function clinic.report_grows() from public;
create trigger report_grows after insert on clinic.observation referencing new table as new_rows
  for each statement execute function clinic.report_grows();
create trigger report_grows after insert on clinic.document referencing new table as new_rows
  for each statement execute function clinic.report_grows();
-- A document taken back, and one with other bytes, shows otherwise in its report.
create trigger report_shows after update on clinic.document referencing new table as new_rows
  for each statement execute function clinic.report_grows();
