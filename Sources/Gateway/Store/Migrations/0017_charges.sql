-- What charges of HL7 messages bring to the contract.

alter table clinic.identifier drop constraint identifier_owner_type_check,
  add constraint identifier_owner_type_check check (owner_type in ('clinic', 'location', 'practitioner', 'patient',
    'payer', 'coverage', 'appointment', 'encounter', 'invoice', 'claim', 'account'));

-- The draft that collects what is charged to an account.
create index invoice_account on clinic.invoice (clinic_id, account_id, id) where account_id is not null;
create index account_updated on clinic.account (clinic_id, updated_at, id);
