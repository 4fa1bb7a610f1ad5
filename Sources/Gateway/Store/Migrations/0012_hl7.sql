-- What taking HL7 messages needs beyond 0006: which state of a record a message brought, and whose message it is.

-- `event_at` is the moment the sender says it happened (EVN-2, else MSH-7): an older event never overwrites a newer one.
-- `fingerprint` is the first half of the SHA-256 of everything the message says of the record: while the record still
-- has `version`, the same words again change nothing and need not be tried.
alter table gateway.message_effect add column event_at timestamptz, add column fingerprint uuid;
drop index gateway.message_effect_record;
create index message_effect_record on gateway.message_effect (clinic_id, relation, record_id, event_at desc, message_id desc);
grant update on gateway.message_effect to passerelle_app;

create index hl7_message_state on gateway.hl7_message (clinic_id, state, received_at, id) where state <> 'applied';

-- Whose message is it, and for which clinic? One row, or none for a stranger.
--
-- `known_partner` or `known_slug` is who the connection belongs to (certificate, API key; listener), who needs the scope
-- for it or a row of `partner_sender`. Without one, a row of
-- `partner_sender` must fit MSH-3 and MSH-4, and the caller's address must be named by that row or its partner, or be
-- the machine itself. `clinic` is the clinic of the listener or of the URL. What the message says of its receiver only
-- selects among the clinics that the partner has: through `hl7_profile`'s `receivers`, an object from `MSH-5|MSH-6` or
-- `MSH-6` to a clinic's slug.
create function gateway.hl7_route(
  known_partner uuid, known_slug text, application text, facility text, receiving_application text, receiving_facility text,
  remote inet, clinic text default null
) returns table (partner_id uuid, partner_slug text, clinic_id uuid, clinic_slug text, time_zone text, profile jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with sender as (
    select s.partner_id, s.clinic_id, s.networks from gateway.partner_sender s
    where s.sending_application = coalesce(application, '') and s.sending_facility = coalesce(facility, '')
      and (s.networks = '{}' or remote is null or remote <<= any (s.networks))
  ), candidate as (
    select p.id, p.slug, c.clinic_id, c.slug as clinic_slug, c.time_zone, p.hl7_profile, s.partner_id is not null as named
    from gateway.partner p
    join gateway.partner_clinic l on l.partner_id = p.id
    join clinic.clinic c on c.clinic_id = l.clinic_id and c.deleted_at is null
    left join sender s on s.partner_id = p.id and s.clinic_id = c.clinic_id
    where p.enabled and (hl7_route.clinic is null or c.slug = hl7_route.clinic)
      and (p.networks = '{}' or remote is null or remote <<= any (p.networks))
      and case when known_partner is null and known_slug is null
        then p.id in (select sender.partner_id from sender) and s.partner_id is not null
          and (remote is null or remote <<= '127.0.0.0/8' or remote = '::1' or s.networks <> '{}' or p.networks <> '{}')
        else p.id = coalesce(known_partner, p.id) and p.slug = coalesce(known_slug, p.slug)
          and (s.partner_id is not null or 'passerelle/hl7v2.c' = any (p.scopes)) end
  ), ranked as (
    select *, case
        when clinic_slug = coalesce(
          hl7_profile #>> array['receivers', coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '')],
          hl7_profile #>> array['receivers', receiving_facility]) then 1
        when named then 2 else 3 end as rank
    from candidate
  ), best as (
    select * from ranked where rank = (select min(rank) from ranked)
  )
  select id, slug, clinic_id, clinic_slug, time_zone, hl7_profile from best where (select count(*) from best) = 1
$$;
revoke execute on function gateway.hl7_route(uuid, text, text, text, text, text, inet, text) from public;
grant execute on function gateway.hl7_route(uuid, text, text, text, text, text, inet, text) to passerelle_app;

-- A row with what a message says laid over it: `fields` by column, `blanks` only where the row holds nothing.
create function gateway.with_changes(record anyelement, fields jsonb, blanks jsonb) returns anyelement
language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_populate_record(record, case when blanks = '{}' then fields else
    coalesce((
      select jsonb_object_agg(b.key, b.value) from jsonb_each(blanks) b
      where coalesce(to_jsonb(record) -> b.key, 'null') in ('null', '[]')
    ), '{}') || fields end)
$$;
revoke execute on function gateway.with_changes(anyelement, jsonb, jsonb) from public;
grant execute on function gateway.with_changes(anyelement, jsonb, jsonb) to passerelle_app;
