-- Before a clinic is known: functions that answer one row for an exact match, and nothing otherwise.

create type gateway.known_partner as (
  partner_id uuid, slug text, kind text, scopes text[], networks cidr[], rate_per_minute integer, credential text,
  clinic_ids uuid[], key_id text, key_sha256 bytea, key_networks cidr[], key_expires_at timestamptz
);

-- Partner rows stay unreadable to the app; it must show the key's id, and still compare the secret's hash itself.
create function gateway.resolve_key(key_id text) returns setof gateway.known_partner
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.id, p.slug, p.kind, coalesce(k.scopes, p.scopes), p.networks, p.rate_per_minute, p.credential,
    array(select l.clinic_id from gateway.partner_clinic l where l.partner_id = p.id order by 1),
    k.id, k.sha256, k.networks, k.expires_at
  from gateway.api_key k join gateway.partner p on p.id = k.partner_id
  where k.id = resolve_key.key_id and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    and p.enabled
$$;

-- The partner that a verified client certificate stands for; none when its names belong to two partners.
create function gateway.resolve_certificate(spki_sha256_hex text, sans text[]) returns setof gateway.known_partner
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with found as (
    select distinct c.partner_id from gateway.partner_certificate c
    where c.revoked_at is null
      and ((c.kind = 'spki' and c.value = lower(spki_sha256_hex)) or (c.kind = 'san' and c.value = any (sans)))
  )
  select p.id, p.slug, p.kind, p.scopes, p.networks, p.rate_per_minute, p.credential,
    array(select l.clinic_id from gateway.partner_clinic l where l.partner_id = p.id order by 1),
    null::text, null::bytea, null::cidr[], null::timestamptz
  from gateway.partner p join found f on f.partner_id = p.id
  where p.enabled and (select count(*) from found) = 1
$$;

create function gateway.resolve_clinic(clinic_slug text)
returns table (clinic_id uuid, slug text, name text, time_zone text, currency text, tax_regime text, version bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.clinic_id, c.slug, c.name, c.time_zone, c.currency::text, c.tax_regime, c.version
  from clinic.clinic c where c.slug = clinic_slug and c.deleted_at is null
$$;

-- The clinic and partner of an HL7 sender. `clinic_slug` is null on a listener that serves several clinics; a sender
-- known to two of them then is nobody.
create function gateway.partner_by_hl7(
  application text, facility text, remote inet, clinic_slug text default null
) returns table (partner_id uuid, slug text, clinic_id uuid, credential text, hl7_profile jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with found as (
    select p.id, p.slug, s.clinic_id, p.credential, p.hl7_profile
    from gateway.partner_sender s
    join gateway.partner p on p.id = s.partner_id and p.enabled
    join gateway.partner_clinic l on l.partner_id = p.id and l.clinic_id = s.clinic_id
    join clinic.clinic c on c.clinic_id = s.clinic_id and c.deleted_at is null
    where s.sending_application = coalesce(application, '') and s.sending_facility = coalesce(facility, '')
      and (partner_by_hl7.clinic_slug is null or c.slug = partner_by_hl7.clinic_slug)
      and (s.networks = '{}' or remote <<= any (s.networks)) and (p.networks = '{}' or remote <<= any (p.networks))
  )
  select * from found where (select count(*) from found) = 1
$$;

-- Last use of keys, to the minute: called in batches, writes little.
create function gateway.touch_keys(key_ids text[]) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  update gateway.api_key set last_used_at = now()
  where id = any (key_ids) and (last_used_at is null or last_used_at < now() - interval '1 minute')
$$;

-- Changes of the current clinic after a place in the log, oldest first, that no running transaction can precede.
create function gateway.changes_after(after_xid xid8, after_sequence bigint, most integer)
returns table (xid xid8, sequence bigint, relation text, id text, version bigint, operation text, at timestamptz)
language sql stable security invoker as $$
  select c.xid, c.sequence, c.relation, c.id, c.version, c.operation, c.at from gateway.change_log c
  where c.clinic_id = nullif(current_setting('passerelle.clinic_id', true), '')::uuid
    and (c.xid, c.sequence) > (after_xid, after_sequence)
    and c.xid < pg_snapshot_xmin(pg_current_snapshot())
  order by c.xid, c.sequence limit most
$$;

-- Administration, by the owner only --------------------------------------------------------------------------------

-- Makes or changes a partner; clinics are slugs, `payer` the id of the payer an insurer takes claims for in them.
create function gateway.put_partner(
  partner_slug text, partner_name text, partner_kind text, partner_scopes text[], clinics text[],
  partner_credential text default 'both', payer text default null
) returns uuid
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  partner uuid;
  wanted text;
  found_clinic uuid;
begin
  insert into gateway.partner (slug, name, kind, scopes, credential)
    values (partner_slug, partner_name, partner_kind, partner_scopes, partner_credential)
    on conflict (slug) do update set name = excluded.name, kind = excluded.kind, scopes = excluded.scopes,
      credential = excluded.credential, updated_at = now()
    returning id into partner;
  foreach wanted in array clinics loop
    select c.clinic_id into found_clinic from clinic.clinic c where c.slug = wanted;
    if not found then
      raise exception 'there is no clinic %', wanted using errcode = 'foreign_key_violation';
    end if;
    insert into gateway.partner_clinic (partner_id, clinic_id, payer_id) values (partner, found_clinic, payer)
      on conflict (partner_id, clinic_id) do update set payer_id = coalesce(excluded.payer_id, partner_clinic.payer_id);
  end loop;
  return partner;
end
$$;

create function gateway.put_sender(partner_slug text, clinic_slug text, application text, facility text) returns uuid
language sql set search_path = pg_catalog, pg_temp as $$
  insert into gateway.partner_sender (partner_id, clinic_id, sending_application, sending_facility)
    select p.id, c.clinic_id, application, facility from gateway.partner p, clinic.clinic c
    where p.slug = partner_slug and c.slug = clinic_slug
    on conflict (sending_application, sending_facility, clinic_id) do update set partner_id = excluded.partner_id
    returning id
$$;
