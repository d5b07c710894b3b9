-- Problems, and everything that happened to them. Texts are ciphertext only: one key per problem, wrapped by a master key.
-- unit_uid owns the record for ever; who answers for it now says the structure. due_day is the last day (days since 1970);
-- paused_left, extension_day, submit_us, close_us, look_back_day: NULL where there is none.
CREATE TABLE problem (
  partition_id BIGINT NOT NULL,
  problem_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  supervising_uid BIGINT NOT NULL,
  person_id BIGINT NOT NULL,
  source BIGINT NOT NULL,
  category TEXT NOT NULL,
  extent BIGINT NOT NULL,
  class BIGINT NOT NULL,
  state BIGINT NOT NULL,
  cause TEXT NOT NULL,
  external_source TEXT NOT NULL,
  external_id TEXT NOT NULL,
  due_day BIGINT,
  overdue BIGINT NOT NULL,
  paused_left BIGINT,
  extension_day BIGINT,
  extension_us BIGINT NOT NULL,
  extension_key TEXT NOT NULL,
  extension_principal BIGINT NOT NULL,
  extension_member BIGINT NOT NULL,
  escalation_steps BIGINT NOT NULL,
  escalated_uid BIGINT NOT NULL,
  submitter_key TEXT NOT NULL,
  submitter_principal BIGINT NOT NULL,
  submitter_member BIGINT NOT NULL,
  submit_us BIGINT,
  on_time BIGINT NOT NULL,
  returns BIGINT NOT NULL,
  recurrences BIGINT NOT NULL,
  close_us BIGINT,
  look_back_day BIGINT,
  look_backs BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, problem_id)
);
CREATE INDEX problem_unit ON problem (partition_id, unit_uid, problem_id);

-- One row for each thing that happened; never changed. month: in which it counts (202611). texts opens with the problem's key.
CREATE TABLE problem_step (
  partition_id BIGINT NOT NULL,
  problem_id BIGINT NOT NULL,
  step_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  event BIGINT NOT NULL,
  state_before BIGINT NOT NULL,
  state_after BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  month BIGINT NOT NULL,
  on_time BIGINT NOT NULL,
  actor_key TEXT NOT NULL,
  actor_principal BIGINT NOT NULL,
  actor_member BIGINT NOT NULL,
  concerned_uid BIGINT NOT NULL,
  due_day BIGINT,
  texts BYTEA NOT NULL,
  PRIMARY KEY (partition_id, problem_id, step_id)
);

-- What makes a problem the only one of its kind: its cause, its external id. In the registry partition of the key.
CREATE TABLE problem_key (
  partition_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  problem_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, name)
);

-- With which master keys this database was written: a keyed hash of a constant for each version.
CREATE TABLE record_key (
  partition_id BIGINT NOT NULL,
  key_version BIGINT NOT NULL,
  key_check BYTEA NOT NULL,
  PRIMARY KEY (partition_id, key_version)
);
