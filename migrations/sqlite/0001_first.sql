-- Times are integer microseconds since the Unix epoch (UTC); ids are UUIDv7.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('user', 'admin', 'superuser')),
    is_active     INTEGER NOT NULL,
    is_verified   INTEGER NOT NULL,
    preferences   TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_login    INTEGER
) STRICT;

-- What somebody's texts are sealed with; sealed itself with the key of the installation. It goes with its person.
CREATE TABLE user_keys (
    user_id    BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    key        BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id           BLOB PRIMARY KEY,
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    proved_at    INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_why    TEXT,
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       BLOB PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent     BLOB,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE conversations (
    id         BLOB PRIMARY KEY,
    owner      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed.
    title      BLOB NOT NULL,
    model      TEXT,
    head       BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_recent ON conversations (owner, updated_at DESC, id DESC);

-- A tree: every message but the first has a parent; `conversations.head` is the leaf of the branch that is shown. Messages go with their
-- conversation and never singly, so that the parent needs neither a reference nor an index of its own.
CREATE TABLE messages (
    id                BLOB PRIMARY KEY,
    conversation_id   BLOB NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    owner             BLOB NOT NULL,
    parent_id         BLOB,
    role              TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    -- Sealed, and so are what was thought and why it failed.
    content           BLOB NOT NULL,
    thinking          BLOB,
    status            TEXT NOT NULL CHECK (status IN ('completed', 'streaming', 'stopped', 'failed', 'interrupted')),
    error_code        TEXT,
    error_detail      BLOB,
    model             TEXT,
    prompt_tokens     INTEGER,
    completion_tokens INTEGER,
    history_cut       INTEGER NOT NULL,
    -- The generation that writes or wrote an assistant's message.
    run_id            BLOB,
    client_id         TEXT,
    created_at        INTEGER NOT NULL,
    finished_at       INTEGER
) STRICT;
CREATE INDEX messages_tree ON messages (conversation_id, parent_id);
CREATE UNIQUE INDEX messages_key ON messages (owner, client_id) WHERE client_id IS NOT NULL;
-- At most one answer is being written in a conversation, whatever the code does.
CREATE UNIQUE INDEX messages_one_streaming ON messages (conversation_id) WHERE status = 'streaming';
