-- Who took the place of a unit that was merged or split up: uids, separated by blanks.
ALTER TABLE replica_unit ADD COLUMN successors TEXT NOT NULL DEFAULT '';
