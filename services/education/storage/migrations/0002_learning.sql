-- Learning records, in the partition of the member; unit_uid: the unit of the day, which counts them in `month` (202611). Rows are immutable but
-- for state (1 live, 2 voided), counted (0, 1) and shadow: 0, or the record's own id once its external id has gone to the record that
-- replaced it.
CREATE TABLE learning_record (
  partition_id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  member_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  source BIGINT NOT NULL,
  platform TEXT NOT NULL,
  external_id TEXT NOT NULL,
  course TEXT NOT NULL,
  day BIGINT NOT NULL,
  month BIGINT NOT NULL,
  credit BIGINT NOT NULL,
  state BIGINT NOT NULL,
  counted BIGINT NOT NULL,
  shadow BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  replaces BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, record_id)
);
CREATE UNIQUE INDEX learning_record_external ON learning_record (partition_id, external_id, platform, shadow);
CREATE INDEX learning_record_member ON learning_record (partition_id, member_id, month);

-- Why, when and by whom a record was voided; the reason is ciphertext under a key of its own.
CREATE TABLE learning_void (
  partition_id BIGINT NOT NULL,
  record_id BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  actor TEXT NOT NULL,
  replaced_by BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  PRIMARY KEY (partition_id, record_id)
);

-- What imports brought, by the partition of the records and by platform; in the partition of the import.
CREATE TABLE learning_import_total (
  partition_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  record_partition BIGINT NOT NULL,
  platform TEXT NOT NULL,
  new_records BIGINT NOT NULL,
  known_records BIGINT NOT NULL,
  counted_records BIGINT NOT NULL,
  new_credit BIGINT NOT NULL,
  known_credit BIGINT NOT NULL,
  counted_credit BIGINT NOT NULL,
  PRIMARY KEY (partition_id, import_id, record_partition, platform)
);
