-- Orders to many units: the problems they open name them. units: uids, each followed by a blank.
ALTER TABLE problem ADD COLUMN order_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX problem_order_id ON problem (partition_id, order_id);

CREATE TABLE problem_order (
  partition_id BIGINT NOT NULL,
  order_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  units TEXT NOT NULL,
  source BIGINT NOT NULL,
  category TEXT NOT NULL,
  class BIGINT NOT NULL,
  due_day BIGINT,
  actor_key TEXT NOT NULL,
  actor_principal BIGINT NOT NULL,
  actor_member BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, order_id)
);
CREATE INDEX problem_order_unit ON problem_order (partition_id, unit_uid, order_id);
