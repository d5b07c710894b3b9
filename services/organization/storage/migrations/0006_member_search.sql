-- Finding members by name and phone. name_1, name_2 and name_all are keyed blind indexes of the first character, the first
-- two, and the whole name, cut to 63 bits: equal names are equal, different ones nearly always different, and whoever opens
-- the few that are found sees which were not meant. They need the master key, so this step leaves them NULL in the rows that
-- are there; the service fills those in the background at every start, a few hundred rows at a time, until there is none
-- left (the rows with NULL are found by the index, so it goes on where it was), and writes them with every new row. Until
-- then a search by name is UNAVAILABLE.
ALTER TABLE member ADD COLUMN name_1 BIGINT;
ALTER TABLE member ADD COLUMN name_2 BIGINT;
ALTER TABLE member ADD COLUMN name_all BIGINT;
-- With unit and status, so that what lies outside of a search is passed over without touching the rows.
CREATE INDEX member_by_name_1 ON member (partition_id, name_1, member_id, unit_uid, status);
CREATE INDEX member_by_name_2 ON member (partition_id, name_2, member_id, unit_uid, status);
CREATE INDEX member_by_name_all ON member (partition_id, name_all, member_id, unit_uid, status);
CREATE INDEX member_by_phone ON member (partition_id, phone_index, member_id, unit_uid, status);
