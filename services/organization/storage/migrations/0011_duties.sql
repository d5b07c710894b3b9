-- Duties, who takes part in them, and their monthly results, in the partition of the unit. Days are counted from
-- 1970-01-01, months are numbers like 202611; NULL: no end.

-- due_through: the last month of which a result was made due, 0: none.
CREATE TABLE duty (
  partition_id BIGINT NOT NULL,
  duty_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  title TEXT NOT NULL,
  scope_text TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  objective TEXT NOT NULL,
  state INTEGER NOT NULL,
  end_reason TEXT NOT NULL,
  due_through BIGINT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, duty_id)
);
CREATE INDEX duty_unit ON duty (partition_id, unit_uid, duty_id);

-- Exactly one of member_id, party_unit and outside is not 0. end_reason 0: takes part now.
CREATE TABLE duty_part (
  partition_id BIGINT NOT NULL,
  duty_id BIGINT NOT NULL,
  part BIGINT NOT NULL,
  role INTEGER NOT NULL,
  member_id BIGINT NOT NULL,
  party_unit BIGINT NOT NULL,
  outside INTEGER NOT NULL,
  description TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  end_reason INTEGER NOT NULL,
  PRIMARY KEY (partition_id, duty_id, part)
);
CREATE INDEX duty_part_member ON duty_part (partition_id, member_id, duty_id);

-- One for every month in which a duty is active; unit_uid: the unit that had the duty when it became due.
CREATE TABLE duty_result (
  partition_id BIGINT NOT NULL,
  duty_result_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  duty_id BIGINT NOT NULL,
  due_month BIGINT NOT NULL,
  state INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  summary TEXT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, duty_result_id)
);
CREATE UNIQUE INDEX duty_result_month ON duty_result (partition_id, duty_id, due_month);
CREATE INDEX duty_result_unit ON duty_result (partition_id, unit_uid, duty_result_id);

-- What a result said before it was corrected. Appended, never changed.
CREATE TABLE duty_amendment (
  partition_id BIGINT NOT NULL,
  duty_result_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  outcome INTEGER NOT NULL,
  summary TEXT NOT NULL,
  reason TEXT NOT NULL,
  amend_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, duty_result_id, version)
);
