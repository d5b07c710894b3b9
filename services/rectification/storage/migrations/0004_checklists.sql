-- Standards by which units check themselves. version: the one in force; the items of every version are kept. kinds: numbers of kinds
-- of units, each followed by a blank; empty: all.
CREATE TABLE checklist (
  partition_id BIGINT NOT NULL,
  checklist_id BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  title TEXT NOT NULL,
  kinds TEXT NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, checklist_id)
);
CREATE INDEX checklist_unit ON checklist (partition_id, unit_uid, checklist_id);

CREATE TABLE checklist_item (
  partition_id BIGINT NOT NULL,
  checklist_id BIGINT NOT NULL,
  version BIGINT NOT NULL,
  place BIGINT NOT NULL,
  code TEXT NOT NULL,
  title TEXT NOT NULL,
  basis TEXT NOT NULL,
  category TEXT NOT NULL,
  class BIGINT NOT NULL,
  working_days BIGINT NOT NULL,
  PRIMARY KEY (partition_id, checklist_id, version, place)
);

-- A checklist handed down; its self-checks name it. units: uids, each followed by a blank.
CREATE TABLE check_round (
  partition_id BIGINT NOT NULL,
  round_id BIGINT NOT NULL,
  checklist_id BIGINT NOT NULL,
  checklist_version BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  units TEXT NOT NULL,
  due_day BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  create_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, round_id)
);

-- One for each unit of a round. texts: the answers, ciphertext under the self-check's key; empty while it is open.
CREATE TABLE self_check (
  partition_id BIGINT NOT NULL,
  check_id BIGINT NOT NULL,
  round_id BIGINT NOT NULL,
  checklist_id BIGINT NOT NULL,
  checklist_version BIGINT NOT NULL,
  unit_uid BIGINT NOT NULL,
  state BIGINT NOT NULL,
  due_day BIGINT NOT NULL,
  overdue BIGINT NOT NULL,
  on_time BIGINT NOT NULL,
  failed BIGINT NOT NULL,
  submit_us BIGINT,
  actor_key TEXT NOT NULL,
  actor_principal BIGINT NOT NULL,
  actor_member BIGINT NOT NULL,
  texts BYTEA NOT NULL,
  key_version BIGINT NOT NULL,
  wrapped_key BYTEA NOT NULL,
  version BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  update_us BIGINT NOT NULL,
  PRIMARY KEY (partition_id, check_id)
);
CREATE UNIQUE INDEX self_check_round ON self_check (partition_id, round_id, unit_uid);
CREATE INDEX self_check_unit ON self_check (partition_id, unit_uid, due_day, check_id);
