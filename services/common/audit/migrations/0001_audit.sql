-- Who read what is protected, and why: a chain in which every row holds the hash of the one before. The head is the row that writers
-- of a partition wait for; it also shows whether the last rows were cut off. unit_uid: of what was read, for auditors of a part.
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
  unit_uid BIGINT NOT NULL,
  PRIMARY KEY (partition_id, seq)
);
CREATE INDEX audit_by_resource ON audit_log (partition_id, resource, seq);
