-- Posts, terms and appointments, each in the partition of its unit. Days are counted from 1970-01-01; NULL: no end.

-- filled: active appointments, kept with them.
CREATE TABLE post (
  partition_id BIGINT NOT NULL,
  post_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  title TEXT NOT NULL,
  seats INTEGER NOT NULL,
  filled INTEGER NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  state INTEGER NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, post_id)
);
CREATE INDEX post_unit ON post (partition_id, unit_uid, post_id);

CREATE TABLE term (
  partition_id BIGINT NOT NULL,
  term_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  number INTEGER NOT NULL,
  start_day BIGINT NOT NULL,
  original_due_day BIGINT NOT NULL,
  due_day BIGINT NOT NULL,
  expiring_day BIGINT NOT NULL,
  end_day BIGINT,
  state INTEGER NOT NULL,
  election INTEGER NOT NULL,
  planned_day BIGINT,
  held_day BIGINT,
  extension_reason INTEGER NOT NULL,
  extension_approver BIGINT NOT NULL,
  extension_document TEXT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, term_id)
);
CREATE UNIQUE INDEX term_unit ON term (partition_id, unit_uid, number);

-- kind: that of the post. term_id 0: none.
CREATE TABLE appointment (
  partition_id BIGINT NOT NULL,
  appointment_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  post_id BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  member_id BIGINT NOT NULL,
  term_id BIGINT NOT NULL,
  basis INTEGER NOT NULL,
  document TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  state INTEGER NOT NULL,
  end_reason INTEGER NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, appointment_id)
);
CREATE INDEX appointment_unit ON appointment (partition_id, unit_uid, appointment_id);
CREATE INDEX appointment_member ON appointment (partition_id, member_id, appointment_id);
