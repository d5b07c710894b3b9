-- The structure and the grants. Everything here lies in partition 0.

-- The current version of every unit. parent_uid 0: a root.
CREATE TABLE unit (
  partition_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  code TEXT NOT NULL,
  unit_partition BIGINT NOT NULL,
  first_day BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  recorded_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  level INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  title TEXT NOT NULL,
  short_title TEXT NOT NULL,
  division_code TEXT NOT NULL,
  sector TEXT NOT NULL,
  established_day BIGINT,
  PRIMARY KEY (partition_id, uid)
);
CREATE UNIQUE INDEX unit_code ON unit (partition_id, code);
CREATE INDEX unit_parent ON unit (partition_id, parent_uid, code);

-- Every version of every unit. It holds from from_day to until_day (as known now); a correction of the same day sets
-- superseded_us of the row it replaces. 9223372036854775807: no end. Rows are never deleted, but by the revert of an import.
CREATE TABLE unit_version (
  partition_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  from_day BIGINT NOT NULL,
  recorded_us BIGINT NOT NULL,
  superseded_us BIGINT NOT NULL,
  until_day BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  level INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  title TEXT NOT NULL,
  short_title TEXT NOT NULL,
  division_code TEXT NOT NULL,
  sector TEXT NOT NULL,
  established_day BIGINT,
  PRIMARY KEY (partition_id, uid, from_day, recorded_us)
);
CREATE INDEX unit_version_parent ON unit_version (partition_id, parent_uid, from_day);

-- The next partition number to give to a unit of county level or above.
CREATE TABLE partition_counter (
  partition_id BIGINT NOT NULL,
  next_partition BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);
INSERT INTO partition_counter (partition_id, next_partition) VALUES (0, 2);

-- Who calls. member_id 0: no member.
CREATE TABLE principal (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  member_id BIGINT NOT NULL,
  note TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);
CREATE UNIQUE INDEX principal_subject ON principal (partition_id, issuer, subject);

-- Roles. unit_uid 0: everything. end_us 9223372036854775807: no end. revoked_us 0: not revoked.
CREATE TABLE access_grant (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  principal_id BIGINT NOT NULL,
  role INTEGER NOT NULL,
  unit_uid BIGINT NOT NULL,
  start_us BIGINT NOT NULL,
  end_us BIGINT NOT NULL,
  revoked_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);
CREATE INDEX access_grant_principal ON access_grant (partition_id, principal_id);
CREATE INDEX access_grant_unit ON access_grant (partition_id, unit_uid);

-- Tokens refused before they expire.
CREATE TABLE revoked_token (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  jti TEXT NOT NULL,
  expire_us BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);
CREATE UNIQUE INDEX revoked_token_jti ON revoked_token (partition_id, jti);
