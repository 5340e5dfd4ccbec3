-- The booking as one statement: a repeated key changes nothing, a full slot refuses, a patient is in one place at a time.
\set i :i + 1
\set patient :client_id * 10000000 + :i
\set slot 1 + (:patient % 8000)
WITH seen AS (SELECT number FROM booking WHERE key_high = :run AND key_low = :patient),
taken AS (
  UPDATE slot SET taken = taken + 1
  WHERE id = :slot AND taken < capacity AND NOT EXISTS (SELECT FROM seen)
  RETURNING id, starts, taken)
INSERT INTO booking (key_high, key_low, patient, slot, starts, number, channel, made)
SELECT :run, :patient, :patient, id, starts, taken, 1, now() FROM taken
RETURNING number;
