-- Transfers. A person's row stays in the partition where it was made, and everything that was ever bound to it with it (the
-- key, the history, ids that others hold). What moves is the affiliation: `member.unit_uid` names the home unit wherever that
-- lies, and where it lies in another partition a row of `member_affiliation` there (kind 1; kind 3 once the membership has
-- ended) is how that partition lists and counts the member. So accepting between two counties writes the member's row in
-- its own partition and an affiliation in the target's (and takes one away in the source's where the member was a guest
-- there already), in one transaction that holds the lock rows of both, taken in the order of their numbers. It logs one change
-- of the member with the figures of both units: one feed position.
-- A transfer lies in the partition of its member, or of its target for somebody from outside; `transfer_side` lists it for
-- each unit that takes part, in that unit's partition. The lock row of the transfer's partition is the one that decides.
ALTER TABLE member ADD COLUMN transfer_id BIGINT NOT NULL DEFAULT 0;

-- From which partitions the members at home in one come: where to look for them by name or phone. Rows are never taken away.
CREATE TABLE member_origin (
  partition_id BIGINT NOT NULL,
  origin_partition BIGINT NOT NULL,
  PRIMARY KEY (partition_id, origin_partition)
);

CREATE TABLE transfer (
  partition_id BIGINT NOT NULL,
  transfer_id BIGINT NOT NULL,
  direction INTEGER NOT NULL,
  state INTEGER NOT NULL,
  member_id BIGINT NOT NULL,
  source_uid BIGINT NOT NULL,
  target_uid BIGINT NOT NULL,
  owner_uid BIGINT NOT NULL,
  outside TEXT NOT NULL,
  letter_number TEXT NOT NULL,
  letter_day BIGINT,
  expire_day BIGINT,
  reason INTEGER NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  revision_partition BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, transfer_id)
);
-- What is in flight, from the index alone.
CREATE INDEX transfer_by_owner ON transfer (partition_id, state, owner_uid);

-- What happened, appended.
CREATE TABLE transfer_step (
  partition_id BIGINT NOT NULL,
  transfer_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  state INTEGER NOT NULL,
  time_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (partition_id, transfer_id, version)
);

CREATE TABLE transfer_side (
  partition_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  transfer_id BIGINT NOT NULL,
  side INTEGER NOT NULL,
  state INTEGER NOT NULL,
  PRIMARY KEY (partition_id, unit_uid, transfer_id)
);
-- Worklists of whole counties: few are open of all that there ever were.
CREATE INDEX transfer_side_by_state ON transfer_side (partition_id, state, unit_uid, transfer_id);

-- The last number of a letter, by partition and year.
CREATE TABLE transfer_letter (
  partition_id BIGINT NOT NULL,
  year BIGINT NOT NULL,
  last BIGINT NOT NULL,
  PRIMARY KEY (partition_id, year)
);
