-- In which unit the member was whose data were read: for auditors of a part. 0 in entries that were made before; they are
-- hashed as they were then, all others with the unit.
ALTER TABLE audit_log ADD COLUMN unit_uid BIGINT NOT NULL DEFAULT 0;
-- Who read the data of one member.
CREATE INDEX audit_by_resource ON audit_log (partition_id, resource, seq);
