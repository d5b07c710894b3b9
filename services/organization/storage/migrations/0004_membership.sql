-- The life of a membership. Zero and NULL mean what they meant before there were these columns: not floating, not ended.
ALTER TABLE member ADD COLUMN probation_day BIGINT;
ALTER TABLE member ADD COLUMN floating INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN floating_uid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN floating_day BIGINT;
ALTER TABLE member ADD COLUMN leave_reason INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member ADD COLUMN leave_day BIGINT;
ALTER TABLE member_history ADD COLUMN probation_day BIGINT;
ALTER TABLE member_history ADD COLUMN floating INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member_history ADD COLUMN floating_uid BIGINT NOT NULL DEFAULT 0;
ALTER TABLE member_history ADD COLUMN floating_day BIGINT;
ALTER TABLE member_history ADD COLUMN leave_reason INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member_history ADD COLUMN leave_day BIGINT;
-- Counts of floating members, from the index alone.
CREATE INDEX member_by_floating ON member (partition_id, floating, unit_uid, floating_uid);

-- Members who belong to a unit beside those whose row says so in the unit's own partition. A person's row stays in the
-- partition where it was made; this row lies in the unit's. It is written in the transaction that changes the member's,
-- under the lock rows of both partitions. Kind 2: floats here, whatever the partition of the home unit.
CREATE TABLE member_affiliation (
  partition_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  member_id BIGINT NOT NULL,
  since_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, unit_uid, kind, member_id)
);
