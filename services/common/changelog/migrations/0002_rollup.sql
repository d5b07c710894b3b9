-- What the change adds to the totals of units (services/common/rollup/change.h); empty for nothing.
ALTER TABLE change_log ADD COLUMN rollup TEXT NOT NULL DEFAULT '';
