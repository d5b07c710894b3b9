-- The replica of structure and grants that a service keeps of organization. All rows lie in partition 0.
CREATE TABLE replica_unit (
  partition_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  unit_partition BIGINT NOT NULL,
  code TEXT NOT NULL,
  title TEXT NOT NULL,
  short_title TEXT NOT NULL,
  level BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  state BIGINT NOT NULL,
  PRIMARY KEY (partition_id, uid)
);

CREATE TABLE replica_principal (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  member_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);

-- Times are microseconds since 1970; the least and the greatest number stand for ever.
CREATE TABLE replica_grant (
  partition_id BIGINT NOT NULL,
  id BIGINT NOT NULL,
  principal_id BIGINT NOT NULL,
  role BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  start_micros BIGINT NOT NULL,
  end_micros BIGINT NOT NULL,
  PRIMARY KEY (partition_id, id)
);

CREATE TABLE replica_revoked (
  partition_id BIGINT NOT NULL,
  jti TEXT NOT NULL,
  expire_micros BIGINT NOT NULL,
  PRIMARY KEY (partition_id, jti)
);

CREATE TABLE replica_state (
  partition_id BIGINT NOT NULL,
  incarnation TEXT NOT NULL,
  position BIGINT NOT NULL,
  structure_revision BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);
