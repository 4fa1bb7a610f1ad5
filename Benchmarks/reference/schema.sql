-- What the server figures are compared with: plain tables, plain statements, the same Postgres in the same minute.
-- Used when the team's fixed reference does not stand beside the project.
DROP TABLE IF EXISTS patient, inbox, audit;
CREATE TABLE patient (
  id uuid PRIMARY KEY, version int NOT NULL, last_updated timestamptz NOT NULL, active bool NOT NULL,
  mrn text NOT NULL UNIQUE, national_id text, family text NOT NULL, family_key text COLLATE "C" NOT NULL,
  given text NOT NULL, gender text NOT NULL, birth_date date NOT NULL, phone text, email text, line text, city text,
  postal_code text, country text NOT NULL);
INSERT INTO patient
SELECT md5('p' || n)::uuid, 1, timestamptz '2026-01-01' + n * interval '1 s', true, 'MRN' || n, (n * 7919)::text,
       name || n % 400, lower(name) || n % 400, 'Given' || n % 97, CASE n % 2 WHEN 0 THEN 'female' ELSE 'male' END,
       date '1930-01-01' + (n * 37) % 30000, '+21260000' || n % 10000, 'p' || n || '@example.org', n % 300 || ' rue',
       'Casablanca', (n % 100000)::text, 'MA'
FROM (SELECT n, (ARRAY ['Alaoui', 'Martin', 'Nguyen', 'Roy', 'Idrissi', 'Moreau', 'Tran', 'Petit'])[1 + n * 7 % 8] AS name
      FROM generate_series(1, 100000) AS n) AS source;
CREATE INDEX ON patient (family_key, id);
CREATE TABLE inbox (id bigserial PRIMARY KEY, received timestamptz DEFAULT now(), control_id text, kind text, body text);
CREATE TABLE audit (
  id bigserial PRIMARY KEY, at timestamptz DEFAULT now(), actor text, action text, resource text, detail jsonb);
VACUUM ANALYZE patient;
CHECKPOINT;
