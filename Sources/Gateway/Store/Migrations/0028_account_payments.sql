-- Payments on accounts: what HL7 messages tell of money, and how it is set against what is issued to the account.

alter table clinic.payment add column account_id text collate "C",
  add foreign key (clinic_id, account_id) references clinic.account;
create index payment_account on clinic.payment (clinic_id, account_id, paid_at, id) where account_id is not null;

-- Sets the payments of accounts against their issued invoices, the oldest against the oldest, and says which of these are
-- balanced. What is left of a payment waits for what is issued next. Allocations of other payments stay as they are.
create function clinic.settle_accounts(clinic uuid, accounts text[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  account text;
  freed text[];
  settled text[];
begin
  for account in select distinct a from unnest(accounts) a order by a loop
    -- Who issues an invoice and who brings a payment meet here: neither overlooks the other.
    perform pg_advisory_xact_lock(hashtextextended('settle/' || settle_accounts.clinic || '/' || account, 0));
    perform 1 from clinic.invoice v
      where v.clinic_id = settle_accounts.clinic and v.account_id = account and v.status in ('issued', 'balanced')
      order by v.id for no key update;

    -- What was taken back of a payment, or stands on an invoice that is cancelled, is free again.
    with stands as (
      select a.id, case when is_void then 0
        else greatest(0, least(a.amount, p.amount - coalesce(sum(a.amount) over before, 0))) end as amount
      from clinic.payment p
      join clinic.payment_allocation a on a.clinic_id = p.clinic_id and a.payment_id = p.id and a.deleted_at is null
      join clinic.invoice v on v.clinic_id = a.clinic_id and v.id = a.invoice_id
      cross join lateral (
        select v.status = 'cancelled' or v.deleted_at is not null or p.deleted_at is not null as is_void) s
      where p.clinic_id = settle_accounts.clinic and p.account_id = account
      window before as (partition by p.id order by is_void, v.issued_at, a.id
        rows between unbounded preceding and 1 preceding)
    ), kept as (
      update clinic.payment_allocation a set amount = s.amount from stands s
      where a.clinic_id = settle_accounts.clinic and a.id = s.id and s.amount > 0 and a.amount <> s.amount
      returning a.invoice_id
    ), gone as (
      delete from clinic.payment_allocation a using stands s
      where a.clinic_id = settle_accounts.clinic and a.id = s.id and s.amount = 0
      returning a.invoice_id
    )
    select array_agg(invoice_id) into freed from (select invoice_id from kept union select invoice_id from gone) f;
    update clinic.invoice v set status = 'issued'
      where v.clinic_id = settle_accounts.clinic and v.id = any (freed) and v.status = 'balanced'
        and v.total_gross > (select coalesce(sum(a.amount), 0) from clinic.payment_allocation a
          where a.clinic_id = v.clinic_id and a.invoice_id = v.id and a.deleted_at is null);

    with due as (
      select v.id, v.currency, v.total_gross - s.paid as rest,
        sum(v.total_gross - s.paid) over (partition by v.currency order by v.issued_at, v.id) as up_to
      from clinic.invoice v cross join lateral (
        select coalesce(sum(a.amount), 0) as paid from clinic.payment_allocation a
        where a.clinic_id = v.clinic_id and a.invoice_id = v.id and a.deleted_at is null) s
      where v.clinic_id = settle_accounts.clinic and v.account_id = account and v.kind = 'invoice'
        and v.status = 'issued' and v.deleted_at is null and v.total_gross > s.paid
    ), free as (
      select p.id, p.currency, p.amount - s.spent as rest,
        sum(p.amount - s.spent) over (partition by p.currency order by p.paid_at, p.id) as up_to
      from clinic.payment p cross join lateral (
        select coalesce(sum(a.amount), 0) as spent from clinic.payment_allocation a
        where a.clinic_id = p.clinic_id and a.payment_id = p.id and a.deleted_at is null) s
      where p.clinic_id = settle_accounts.clinic and p.account_id = account and p.deleted_at is null
        and p.amount > s.spent
    ), placed as (
      -- Both stand on one line of money; where two of them overlap, the one pays the other.
      insert into clinic.payment_allocation (clinic_id, id, payment_id, invoice_id, amount)
        select settle_accounts.clinic, gen_random_uuid()::text, f.id, d.id,
          least(f.up_to, d.up_to) - greatest(f.up_to - f.rest, d.up_to - d.rest)
        from free f join due d on d.currency = f.currency and f.up_to > d.up_to - d.rest and d.up_to > f.up_to - f.rest
      returning invoice_id
    )
    select array_agg(invoice_id) into settled from placed;
    update clinic.invoice v set status = 'balanced'
      where v.clinic_id = settle_accounts.clinic and v.id = any (settled) and v.status = 'issued'
        and v.total_gross <= (select coalesce(sum(a.amount), 0) from clinic.payment_allocation a
          where a.clinic_id = v.clinic_id and a.invoice_id = v.id and a.deleted_at is null);
  end loop;
end
$$;
revoke execute on function clinic.settle_accounts(uuid, text[]) from public;
grant execute on function clinic.settle_accounts(uuid, text[]) to passerelle_app;

-- What waits on an account pays an invoice when it is issued, and what a cancelled one took goes on to the others.
create function clinic.settle_invoice() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform clinic.settle_accounts(new.clinic_id, array[new.account_id]);
  return null;
end
$$;
revoke execute on function clinic.settle_invoice() from public;
create constraint trigger settle_insert after insert on clinic.invoice deferrable initially deferred
  for each row when (new.account_id is not null and new.status = 'issued') execute function clinic.settle_invoice();
create constraint trigger settle_issued after update on clinic.invoice deferrable initially deferred
  for each row when (new.account_id is not null and new.status = 'issued' and old.status = 'draft')
  execute function clinic.settle_invoice();
create constraint trigger settle_cancelled after update on clinic.invoice deferrable initially deferred
  for each row when (new.account_id is not null and new.status = 'cancelled' and old.status in ('issued', 'balanced'))
  execute function clinic.settle_invoice();
