\set n random(1, 100000000)
INSERT INTO inbox (control_id, kind, body) VALUES (:n::text, 'ADT^A08', repeat('PID|1||IR-204417^^^HIS^MR~BE74|', 33));
