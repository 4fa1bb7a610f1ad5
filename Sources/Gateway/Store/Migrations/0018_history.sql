-- What AL1, DG1 and PR1 of HL7 messages bring to the contract.

alter table clinic.condition
  add column verification text check (verification in ('unconfirmed', 'provisional', 'differential', 'confirmed',
    'refuted')),
  -- Table 0052: admitting, working, final.
  add column use_system text,
  add column use_code text,
  add column use_display text,
  -- 1 is the principal diagnosis.
  add column rank integer,
  add column recorded_at timestamptz,
  add constraint condition_status_check check (status in ('active', 'recurrence', 'relapse', 'inactive', 'remission',
    'resolved', 'entered-in-error')),
  add foreign key (clinic_id, practitioner_id) references clinic.practitioner;
create index condition_updated on clinic.condition (clinic_id, updated_at, id);

alter table clinic.procedure
  add constraint procedure_status_check check (status in ('preparation', 'in-progress', 'not-done', 'on-hold', 'stopped',
    'completed', 'entered-in-error', 'unknown')),
  add foreign key (clinic_id, practitioner_id) references clinic.practitioner;
create index procedure_updated on clinic.procedure (clinic_id, updated_at, id);

alter table clinic.allergy
  add column category text check (category in ('food', 'medication', 'environment', 'biologic')),
  add column severity text check (severity in ('mild', 'moderate', 'severe')),
  add column reaction text,
  add constraint allergy_status_check check (status in ('active', 'inactive', 'resolved', 'entered-in-error')),
  add foreign key (clinic_id, encounter_id) references clinic.encounter,
  add foreign key (clinic_id, practitioner_id) references clinic.practitioner;
create index allergy_updated on clinic.allergy (clinic_id, updated_at, id);
