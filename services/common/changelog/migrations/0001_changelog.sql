-- The change log, the feed made from it, the requests remembered, and the publisher's lease.

-- Lock row and revision of each partition. The first statement of every write transaction updates it.
CREATE TABLE shard_rev (
  partition_id BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  last_tick BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);

-- One row for each logged change; gapless by (partition_id, rev).
CREATE TABLE change_log (
  partition_id BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  resource TEXT NOT NULL,
  unit_uid BIGINT NOT NULL,
  unit_before_uid BIGINT NOT NULL,
  change_id TEXT NOT NULL,
  etag TEXT NOT NULL,
  PRIMARY KEY (partition_id, rev)
);

-- The order over all partitions; gapless by position. partition_id is 0 here and below.
CREATE TABLE feed (
  partition_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  source_partition BIGINT NOT NULL,
  source_rev BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, position)
);

-- The last revision of each partition that has a position.
CREATE TABLE published (
  partition_id BIGINT NOT NULL,
  rev BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);

-- The last position, the oldest one kept, and when the last publication was.
CREATE TABLE feed_state (
  partition_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  oldest BIGINT NOT NULL,
  time_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id)
);
INSERT INTO feed_state (partition_id, position, oldest, time_us) VALUES (0, 0, 1, 0);

-- Facts about this history: `incarnation`.
CREATE TABLE feed_meta (
  partition_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (partition_id, name)
);

-- Writes that must happen once. Lies in the registry partition of (caller, request_id); never a body.
CREATE TABLE request_log (
  partition_id BIGINT NOT NULL,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  resource TEXT NOT NULL,
  source_partition BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  expire_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, caller, request_id)
);
CREATE INDEX request_log_expiry ON request_log (partition_id, expire_us);

-- Who may publish. Every publishing transaction updates the row where the epoch is the one it saw.
CREATE TABLE lease (
  partition_id BIGINT NOT NULL,
  name TEXT NOT NULL,
  epoch BIGINT NOT NULL,
  holder TEXT NOT NULL,
  until_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, name)
);
INSERT INTO lease (partition_id, name, epoch, holder, until_us) VALUES (0, 'publisher', 0, '', 0);
