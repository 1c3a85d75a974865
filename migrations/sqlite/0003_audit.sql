-- What happened that matters to security. Rows are only added; their `data` and `salt` alone may be set to NULL, together, when a person is erased.
CREATE TABLE audit_events (
    -- 1, 2, 3: no gaps.
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- 'request', 'shell' or 'server': by what it came.
    via     TEXT NOT NULL,
    -- How often, where equal ones were counted together.
    times   INTEGER NOT NULL,
    -- No references: the trail outlives the people in it, and a reference would lock their rows.
    actor   BLOB,
    subject BLOB,
    -- SHA-256 of salt and data; the chain holds this and not the data.
    cloak   BLOB NOT NULL,
    salt    BLOB,
    -- Address, program, request and details, as JSON.
    data    TEXT,
    hash    BLOB NOT NULL,
    CHECK ((salt IS NULL) = (data IS NULL))
) STRICT;
CREATE INDEX audit_events_actor ON audit_events (actor, seq);
CREATE INDEX audit_events_subject ON audit_events (subject, seq);

-- The end of the chain. One row, locked last in a transaction.
CREATE TABLE audit_head (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    size     INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    -- The right edge of the Merkle tree.
    frontier BLOB NOT NULL
) STRICT;
INSERT INTO audit_head (id, size, at, hash, frontier) VALUES (1, 0, 0, zeroblob(32), zeroblob(0));

-- Signed; each is also in the file of checkpoints.
CREATE TABLE audit_checkpoints (
    size      INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    root      BLOB NOT NULL,
    head      BLOB NOT NULL,
    key       BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;
