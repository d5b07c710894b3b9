-- Members. Personal fields are ciphertext only: one key per person, wrapped by a master key; persons are found by keyed
-- blind indexes. Clear columns are those that counts and filters need.
CREATE TABLE member (
  partition_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  sex INTEGER NOT NULL,
  status INTEGER NOT NULL,
  join_day BIGINT NOT NULL,
  full_day BIGINT,
  external_source TEXT NOT NULL,
  external_id TEXT NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  personal BYTEA NOT NULL,
  identity_index BYTEA NOT NULL,
  phone_index BYTEA,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (partition_id, member_id)
);
-- The order of lists; status and sex so that filters and counts need not touch the rows.
CREATE INDEX member_by_unit ON member (partition_id, unit_uid, member_id, status, sex);

-- A person is registered once in the whole deployment. The partition is the registry partition of the index.
CREATE TABLE registry_person (
  partition_id BIGINT NOT NULL,
  identity_index BYTEA NOT NULL,
  member_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, identity_index)
);
-- An external id is unique within the platform that gave it.
CREATE TABLE registry_external (
  partition_id BIGINT NOT NULL,
  source TEXT NOT NULL,
  external_id TEXT NOT NULL,
  member_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, source, external_id)
);

-- The versions that ended, as they were. Appended, never changed. `since_us` and `since_actor` are of the write that made
-- it; `until_us`, `actor`, `action` and `fields` of the one that ended it. `personal` opens with the key in the person's row, and is gone with it.
CREATE TABLE member_history (
  partition_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  sex INTEGER NOT NULL,
  status INTEGER NOT NULL,
  join_day BIGINT NOT NULL,
  full_day BIGINT,
  external_id TEXT NOT NULL,
  personal BYTEA NOT NULL,
  since_us BIGINT NOT NULL,
  since_actor TEXT NOT NULL,
  until_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (partition_id, member_id, version)
);

-- With which master keys this database was written: a keyed hash of a constant for each version.
CREATE TABLE member_key (
  partition_id BIGINT NOT NULL,
  key_version BIGINT NOT NULL,
  key_check BYTEA NOT NULL,
  PRIMARY KEY (partition_id, key_version)
);

-- Who read personal data, and why: a chain in which every row holds the hash of the one before. The head is the row that
-- writers of a partition wait for; it also shows whether the last rows were cut off.
CREATE TABLE audit_head (
  partition_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (partition_id)
);
CREATE TABLE audit_log (
  partition_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  resource TEXT NOT NULL,
  purpose TEXT NOT NULL,
  prev_hash BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  PRIMARY KEY (partition_id, seq)
);
