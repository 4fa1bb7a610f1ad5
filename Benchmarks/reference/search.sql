\set n random(10, 39)
SELECT * FROM patient WHERE family_key >= 'nguyen' || :n AND family_key < 'nguyen' || (:n + 1) ORDER BY family_key, id LIMIT 20;
