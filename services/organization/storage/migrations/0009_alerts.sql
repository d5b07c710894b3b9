-- Rules that units do not keep, as they were last judged, each in the partition of its unit. Made from the other tables:
-- see AlertKeeper.
CREATE TABLE alert (
  partition_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  rule INTEGER NOT NULL,
  severity INTEGER NOT NULL,
  since_day BIGINT NOT NULL,
  found BIGINT NOT NULL,
  required BIGINT NOT NULL,
  term_id BIGINT NOT NULL,
  PRIMARY KEY (partition_id, unit_uid, rule)
);
CREATE INDEX alert_urgent ON alert (partition_id, severity, since_day, unit_uid, rule);

-- How far the feed has been judged, and by which rules; one row.
CREATE TABLE alert_progress (
  partition_id BIGINT NOT NULL,
  position BIGINT NOT NULL,
  rules TEXT NOT NULL,
  PRIMARY KEY (partition_id)
);
INSERT INTO alert_progress (partition_id, position, rules) VALUES (0, 0, '');
