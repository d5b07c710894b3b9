-- Who belonged to a unit on a day that is past.
CREATE INDEX member_history_by_unit ON member_history (partition_id, unit_uid, until_us);
