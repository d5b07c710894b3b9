-- Activities, who was expected at them, and everything that happened to them. Texts are ciphertext only: one key per activity,
-- wrapped by a master key. unit_uid owns the record for ever; who answers for it now says the structure. joint, attendees: numbers, each
-- followed by a blank. month: in which it counts (202611).
CREATE TABLE activity (
  partition_id BIGINT NOT NULL,
  activity_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  joint TEXT NOT NULL,
  kind BIGINT NOT NULL,
  state BIGINT NOT NULL,
  start_us BIGINT NOT NULL,
  month BIGINT NOT NULL,
  duration_minutes BIGINT NOT NULL,
  host_member BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  objective TEXT NOT NULL,
  attendees TEXT NOT NULL,
  expected BIGINT NOT NULL,
  recorded BIGINT NOT NULL,
  present BIGINT NOT NULL,
  amendments BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, activity_id)
);
CREATE INDEX activity_by_unit ON activity (partition_id, unit_uid, start_us, activity_id);

-- One row for each expected member, in the activity's partition. status 0: nothing recorded yet. unit_uid counts it. texts: the
-- reason, under the activity's key; empty without one.
CREATE TABLE attendance (
  partition_id BIGINT NOT NULL,
  activity_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  status BIGINT NOT NULL,
  make_up_day BIGINT,
  record_us BIGINT,
  texts BYTEA NOT NULL,
  PRIMARY KEY (partition_id, activity_id, member_id)
);

-- One row for each thing that happened; never changed.
CREATE TABLE activity_step (
  partition_id BIGINT NOT NULL,
  activity_id BIGINT NOT NULL,
  step_id BIGINT NOT NULL,
  event BIGINT NOT NULL,
  state_after BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  attendances BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  PRIMARY KEY (partition_id, activity_id, step_id)
);

-- Check-in codes, as digests. member_id 0: not used yet.
CREATE TABLE activity_code (
  partition_id BIGINT NOT NULL,
  activity_id BIGINT NOT NULL,
  digest TEXT NOT NULL,
  expire_us BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, activity_id, digest)
);

-- With which master keys this database was written: a keyed hash of a constant for each version.
CREATE TABLE record_key (
  partition_id BIGINT NOT NULL,
  key_version BIGINT NOT NULL,
  key_check BYTEA NOT NULL,
  PRIMARY KEY (partition_id, key_version)
);
