\set n random(1, 100000)
SELECT * FROM patient WHERE id = md5('p' || :n)::uuid;
INSERT INTO audit (actor, action, resource, detail) VALUES ('u', 'read', 'Patient/' || :n, '{"purpose": "TREAT"}');
