-- Where a problem comes from: the problem it repeats, the import that brought it in (0: none).
ALTER TABLE problem ADD COLUMN recurrence_of BIGINT NOT NULL DEFAULT 0;
ALTER TABLE problem ADD COLUMN import_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX problem_recurrence_of ON problem (partition_id, recurrence_of);
