-- Points of business work at which integrity is at risk. next_day: the last day of the next review, 0 for none. texts: description,
-- measures and the reason for retiring, ciphertext under the risk point's key.
CREATE TABLE risk_point (
  partition_id BIGINT NOT NULL,
  risk_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  title TEXT NOT NULL,
  category TEXT NOT NULL,
  rating BIGINT NOT NULL,
  owner BIGINT NOT NULL,
  state BIGINT NOT NULL,
  next_day BIGINT NOT NULL,
  overdue BIGINT NOT NULL,
  reviews BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  last_review_us BIGINT,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  create_us BIGINT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, risk_id)
);
CREATE INDEX risk_point_unit ON risk_point (partition_id, unit_uid, next_day, risk_id);

-- Their reviews, never changed. month: in which it counts. texts: basis and finding, under the risk point's key.
CREATE TABLE risk_review (
  partition_id BIGINT NOT NULL,
  risk_id BIGINT NOT NULL,
  number BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  month BIGINT NOT NULL,
  due_day BIGINT NOT NULL,
  result BIGINT NOT NULL,
  on_time BIGINT NOT NULL,
  problem_id BIGINT NOT NULL,
  actor_key TEXT NOT NULL,
  actor_principal BIGINT NOT NULL,
  actor_member BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  review_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, risk_id, number)
);
