-- Totals of units, folded from the change log. The columns of the metrics (own_…, sum_…) are added to rollup_total and
-- rollup_edge from the service's declaration of its metrics; see services/common/rollup/schema.h.

-- month 0: the stocks as they are now. Other months (202611): the flows of the month, and by how much the stocks changed
-- during it, so that the stock at the end of a month is the one of now less the changes since.
-- own: the unit's own; sum: the unit and everything that was below it in that month.
CREATE TABLE rollup_total (
  partition_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  month BIGINT NOT NULL,
  PRIMARY KEY (partition_id, unit_uid, month)
);

-- What a unit of another partition adds to its parent's sums, in the parent's partition: the absolute value, and the feed
-- position up to which it is folded.
CREATE TABLE rollup_edge (
  partition_id BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  child_uid BIGINT NOT NULL,
  month BIGINT NOT NULL,
  source_position BIGINT NOT NULL,
  PRIMARY KEY (partition_id, parent_uid, child_uid, month)
);

-- Where every unit stands and stood, as folded: under parent_uid (0: nothing) from from_month on (0: from ever).
CREATE TABLE rollup_place (
  partition_id BIGINT NOT NULL,
  uid BIGINT NOT NULL,
  from_month BIGINT NOT NULL,
  parent_uid BIGINT NOT NULL,
  unit_partition BIGINT NOT NULL,
  PRIMARY KEY (partition_id, uid, from_month)
);
CREATE INDEX rollup_place_month ON rollup_place (partition_id, from_month);

-- tree_version: counts batches that changed rollup_place. month: the latest one folded. structure_revision: organization's, of the
-- last structural change folded. cache_epoch: part of the keys under which copies of totals are cached.
CREATE TABLE rollup_state (
  partition_id BIGINT NOT NULL,
  tree_version BIGINT NOT NULL,
  structure_revision BIGINT NOT NULL,
  month BIGINT NOT NULL,
  cache_epoch BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);
INSERT INTO rollup_state (partition_id, tree_version, structure_revision, month, cache_epoch) VALUES (0, 0, 0, 0, 1);

-- The metrics that have columns.
CREATE TABLE rollup_metric (
  partition_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (partition_id, name)
);
