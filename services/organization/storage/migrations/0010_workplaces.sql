-- Workplaces and which units serve them, in the partition of the home unit, which is that of every unit that serves.
-- Days are counted from 1970-01-01; NULL: no end.

-- covering: active covers that count, kept with them.
CREATE TABLE workplace (
  partition_id BIGINT NOT NULL,
  workplace_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  kind INTEGER NOT NULL,
  title TEXT NOT NULL,
  credit_code TEXT NOT NULL,
  external_id TEXT NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  state INTEGER NOT NULL,
  covering INTEGER NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, workplace_id)
);
CREATE INDEX workplace_unit ON workplace (partition_id, unit_uid, workplace_id);

-- counts: 1 where the unit is of a kind that covers.
CREATE TABLE cover (
  partition_id BIGINT NOT NULL,
  cover_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  workplace_id BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  until_day BIGINT,
  state INTEGER NOT NULL,
  end_reason INTEGER NOT NULL,
  counts INTEGER NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, cover_id)
);
CREATE INDEX cover_unit ON cover (partition_id, unit_uid, cover_id);
CREATE INDEX cover_workplace ON cover (partition_id, workplace_id, cover_id);

-- What is unique in the whole deployment. The partition is the registry partition of the key: `c` or `e`, a colon, and
-- the credit code or the external id.
CREATE TABLE registry_workplace (
  partition_id BIGINT NOT NULL,
  workplace_key TEXT NOT NULL,
  workplace_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, workplace_key)
);
