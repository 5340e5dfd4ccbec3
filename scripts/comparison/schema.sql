-- 200 pools of 40 slots, as in `haoyuan bench`. Numbers count within the slot, not the session: kinder to this side, for fewer
-- bookings wait for one row. Rows leave room for themselves (fillfactor), so that an update stays on its page.
CREATE TABLE slot (id int PRIMARY KEY, starts bigint NOT NULL, capacity int NOT NULL, taken int NOT NULL DEFAULT 0)
  WITH (fillfactor = 40);
INSERT INTO slot SELECT id, 480 + id % 40 * 10, 1000000, 0 FROM generate_series(1, 8000) id;
CREATE TABLE booking (
  key_high bigint NOT NULL, key_low bigint NOT NULL, patient bigint NOT NULL, slot int NOT NULL, starts bigint NOT NULL,
  number int NOT NULL, channel smallint NOT NULL, made timestamptz NOT NULL,
  PRIMARY KEY (key_high, key_low));
CREATE UNIQUE INDEX one_place ON booking (patient, key_high, starts);
VACUUM ANALYZE;
CHECKPOINT;
