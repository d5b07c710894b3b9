-- Items; with a quote's worth of trouble.
CREATE TABLE item (
  id BIGINT NOT NULL,
  data BYTEA,               -- a comment; with a semicolon
  note TEXT NOT NULL DEFAULT 'a;b -- c',
  PRIMARY KEY (id)
);
CREATE INDEX item_note ON item (note);
