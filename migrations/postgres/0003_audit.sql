-- What happened that matters to security. Rows are only added; their `data` and `salt` alone may be set to NULL, together, when a person is erased.
CREATE TABLE audit_events (
    -- 1, 2, 3: no gaps.
    seq     BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    kind    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- 'request', 'shell' or 'server': by what it came.
    via     TEXT NOT NULL,
    -- How often, where equal ones were counted together.
    times   BIGINT NOT NULL,
    -- No references: the trail outlives the people in it, and a reference would lock their rows.
    actor   UUID,
    subject UUID,
    -- SHA-256 of salt and data; the chain holds this and not the data.
    cloak   BYTEA NOT NULL,
    salt    BYTEA,
    -- Address, program, request and details, as JSON.
    data    TEXT,
    hash    BYTEA NOT NULL,
    CHECK ((salt IS NULL) = (data IS NULL))
);
CREATE INDEX audit_events_actor ON audit_events (actor, seq);
CREATE INDEX audit_events_subject ON audit_events (subject, seq);

-- The end of the chain. One row, locked last in a transaction.
CREATE TABLE audit_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    size     BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    hash     BYTEA NOT NULL,
    -- The right edge of the Merkle tree.
    frontier BYTEA NOT NULL
);
INSERT INTO audit_head (id, size, at, hash, frontier) VALUES (1, 0, 0, decode(repeat('00', 32), 'hex'), ''::bytea);

-- Signed; each is also in the file of checkpoints.
CREATE TABLE audit_checkpoints (
    size      BIGINT PRIMARY KEY,
    at        BIGINT NOT NULL,
    root      BYTEA NOT NULL,
    head      BYTEA NOT NULL,
    key       BYTEA NOT NULL,
    signature BYTEA NOT NULL
);
