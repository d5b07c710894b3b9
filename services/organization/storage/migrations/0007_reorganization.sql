-- Reorganizations, and who took whose place. Everything here lies in partition 0.

-- owner_uid 0: everything. state: as in organization.v1. steps and outcome are opaque. end_us 9223372036854775807: not ended.
CREATE TABLE reorganization (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  title TEXT NOT NULL,
  owner_uid BIGINT NOT NULL,
  state INTEGER NOT NULL,
  effective_day BIGINT NOT NULL,
  steps BYTEA NOT NULL,
  outcome BYTEA NOT NULL,
  actor TEXT NOT NULL,
  create_us BIGINT NOT NULL,
  end_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);

-- position: the successor that answers for the unit has 0. ended_us: when the unit was restored; 9223372036854775807: it was not.
-- Rows are never deleted, but by the revert of an import.
CREATE TABLE unit_successor (
  partition_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  since_us BIGINT NOT NULL,
  position BIGINT NOT NULL,
  successor_uid BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  ended_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, uid, since_us, position)
);
CREATE INDEX unit_successor_of ON unit_successor (partition_id, successor_uid);
