-- Imports as resources. An import, its staged rows and its refusals lie in the partition of the unit under which it imports; the
-- list of imports and the lease lie in partition 0.

-- Which imports there are, newest by id (ids grow with time). active: 1 receiving, 2 work to do, 0 none.
CREATE TABLE import_entry (
  partition_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  active INTEGER NOT NULL,
  PRIMARY KEY (partition_id, import_id)
);
CREATE INDEX import_entry_active ON import_entry (partition_id, active, import_id);

-- parent_uid 0: from the root. committed 1: the sender's last message has arrived. end_us 9223372036854775807: not ended.
-- sealed_key: the wrapped data key of personal rows, empty for others and once the rows are needed no longer.
CREATE TABLE import_job (
  partition_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  collection TEXT NOT NULL,
  parent_uid BIGINT NOT NULL,
  mode INTEGER NOT NULL,
  validate_only INTEGER NOT NULL,
  state INTEGER NOT NULL,
  committed INTEGER NOT NULL,
  announced_rows BIGINT NOT NULL,
  received_rows BIGINT NOT NULL,
  rejected_rows BIGINT NOT NULL,
  applied_rows BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  end_us BIGINT NOT NULL,
  actor_key TEXT NOT NULL,
  request_id TEXT NOT NULL,
  failure_reason TEXT NOT NULL,
  failure_en TEXT NOT NULL,
  failure_zh TEXT NOT NULL,
  cursor_order BIGINT NOT NULL,
  cursor_line BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  sealed_key BYTEA NOT NULL,
  PRIMARY KEY (partition_id, import_id)
);

-- state: 0 staged, 1 refused, 2 applied. payload: emptied once applied. result_id: what was made of it.
CREATE TABLE import_row (
  partition_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  line BIGINT NOT NULL,
  apply_order BIGINT NOT NULL,
  state INTEGER NOT NULL,
  result_id BIGINT NOT NULL,
  payload BYTEA NOT NULL,
  PRIMARY KEY (partition_id, import_id, line)
);
CREATE INDEX import_row_order ON import_row (partition_id, import_id, apply_order, line);

-- number: in the order in which they were found.
CREATE TABLE import_row_error (
  partition_id BIGINT NOT NULL,
  import_id BIGINT NOT NULL,
  line BIGINT NOT NULL,
  number BIGINT NOT NULL,
  field TEXT NOT NULL,
  reason TEXT NOT NULL,
  message_en TEXT NOT NULL,
  message_zh TEXT NOT NULL,
  PRIMARY KEY (partition_id, import_id, line, number)
);
CREATE INDEX import_row_error_number ON import_row_error (partition_id, import_id, number);

-- Who may run imports.
CREATE TABLE import_lease (
  partition_id BIGINT NOT NULL,
  holder TEXT NOT NULL,
  until_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);
INSERT INTO import_lease (partition_id, holder, until_us) VALUES (0, '', 0);
