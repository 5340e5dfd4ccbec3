-- The booking as most programs write it: lock the slot's row, look, change, insert.
\set i :i + 1
\set patient :client_id * 10000000 + :i
\set slot 1 + (:patient % 8000)
BEGIN;
SELECT count(*) AS seen FROM booking WHERE key_high = :run AND key_low = :patient \gset
SELECT capacity - taken AS free, taken + 1 AS number, starts FROM slot WHERE id = :slot FOR UPDATE \gset
\if :free > 0 AND :seen = 0
UPDATE slot SET taken = :number WHERE id = :slot;
INSERT INTO booking (key_high, key_low, patient, slot, starts, number, channel, made)
VALUES (:run, :patient, :patient, :slot, :starts, :number, 1, now());
\endif
COMMIT;
