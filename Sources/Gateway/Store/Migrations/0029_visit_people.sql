-- Who else took part in a visit, beside the one who is responsible for it (PV1-8, PV1-9 and PV1-17 of HL7 messages), and
-- in which order a report names its results.
alter table clinic.encounter
  add column referrer_id text collate "C",
  add column consultant_id text collate "C",
  add column admitter_id text collate "C",
  add foreign key (clinic_id, referrer_id) references clinic.practitioner,
  add foreign key (clinic_id, consultant_id) references clinic.practitioner,
  add foreign key (clinic_id, admitter_id) references clinic.practitioner;
create index encounter_referrer on clinic.encounter (clinic_id, referrer_id, started_at, id) where referrer_id is not null;
create index encounter_consultant on clinic.encounter (clinic_id, consultant_id, started_at, id)
  where consultant_id is not null;
create index encounter_admitter on clinic.encounter (clinic_id, admitter_id, started_at, id) where admitter_id is not null;

alter table clinic.observation add column sequence integer;
