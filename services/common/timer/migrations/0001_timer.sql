-- Deadlines of records, each in the partition of its record. One for each kind and record.

-- generation: another one whenever the timer is set, so that a firing that was being prepared has no effect any longer.
-- due_us: the deadline. attempt_us: when it is tried, the deadline at first and later after each failure; attempts: how
-- often it has failed.
CREATE TABLE timer (
  partition_id BIGINT NOT NULL,
  kind TEXT NOT NULL,
  record BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  due_us BIGINT NOT NULL,
  attempt_us BIGINT NOT NULL,
  attempts BIGINT NOT NULL,
  PRIMARY KEY (partition_id, kind, record)
);
-- Without the partition, because what is due is looked for in all of them at once, every second.
CREATE INDEX timer_attempt ON timer (kind, attempt_us);
