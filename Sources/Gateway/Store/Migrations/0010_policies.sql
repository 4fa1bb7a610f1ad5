-- Who may read and write what. Row-level security is forced on every table that holds a clinic's data.

do $$
declare
  relation regclass;
  mine constant text := 'clinic_id = nullif(current_setting(''passerelle.clinic_id'', true), '''')::uuid';
begin
  for relation in
    select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('clinic', 'gateway') and c.relkind in ('r', 'p') and not c.relispartition
      and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'clinic_id')
  loop
    execute format('alter table %s enable row level security, force row level security', relation);
    -- Triggers and definer functions run as the owner, for writers that set no clinic.
    execute format('create policy owner_rows on %s to passerelle_owner using (true) with check (true)', relation);
    -- Audit has policies of its own.
    continue when relation = 'gateway.audit_event'::regclass;
    execute format('create policy clinic_rows on %s to passerelle_app using (%s) with check (%2$s)', relation, mine);
  end loop;

  -- Partners that serve the current clinic.
  alter table gateway.partner enable row level security;
  alter table gateway.partner force row level security;
  create policy owner_rows on gateway.partner to passerelle_owner using (true) with check (true);
  execute format('create policy clinic_rows on gateway.partner for select to passerelle_app using (exists (
    select from gateway.partner_clinic l where l.partner_id = id and l.%s))', mine);

  -- One batch of audit rows spans clinics: the app may add any and read its clinic's; the auditor reads its clinic's.
  create policy app_adds on gateway.audit_event for insert to passerelle_app with check (true);
  execute format('create policy auditor_reads on gateway.audit_event for select to passerelle_auditor using (%s)', mine);
end
$$;

grant select, insert, update, delete on all tables in schema clinic to passerelle_app;
revoke insert, update, delete on clinic.patient_key from passerelle_app;
grant usage on all sequences in schema clinic to passerelle_app;

grant select, insert, update on gateway.hl7_message, gateway.message_ledger to passerelle_app;
grant select, insert on gateway.message_effect to passerelle_app;
grant select on gateway.change_log, gateway.record_version, gateway.delivery, gateway.delivery_attempt,
  gateway.partner_clinic, gateway.code_map to passerelle_app;
grant select (id, slug, name, kind, enabled, deliveries_paused_at) on gateway.partner to passerelle_app;
grant insert on gateway.audit_event, gateway.audit_chain_head, gateway.stranger_sample to passerelle_app;
grant select on gateway.audit_event, gateway.audit_chain_head, gateway.stranger_sample to passerelle_auditor;
grant usage on sequence gateway.hl7_message_id to passerelle_app;

-- Functions are nobody's until granted.
revoke execute on all functions in schema gateway from public;
revoke execute on function clinic.touch(text, uuid[], text[]), clinic.rebuild_patient_keys(uuid[], text[]) from public;
grant execute on function gateway.resolve_key(text), gateway.resolve_certificate(text, text[]),
  gateway.resolve_clinic(text), gateway.partner_by_hl7(text, text, inet, text), gateway.touch_keys(text[]),
  gateway.changes_after(xid8, bigint, integer), gateway.delivery_counts(), gateway.ensure_partitions(integer)
  to passerelle_app;
grant execute on function gateway.claim_deliveries(text, integer, integer, integer),
  gateway.store_delivery_body(uuid, uuid, bigint, text, bytea), gateway.extend_lease(uuid, uuid, bigint, integer),
  gateway.finish_delivery(uuid, uuid, bigint, text, integer, text, text, double precision),
  gateway.release_delivery(uuid, uuid, bigint), gateway.next_delivery_due(), gateway.delivery_target(uuid),
  gateway.pause_deliveries(uuid, text), gateway.delivery_counts()
  to passerelle_dispatcher;

select gateway.ensure_partitions();
