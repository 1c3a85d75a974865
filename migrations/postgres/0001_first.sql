-- Times are integer microseconds since the Unix epoch (UTC); ids are UUIDv7.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE users (
    id            UUID PRIMARY KEY,
    username      TEXT NOT NULL,
    username_key  TEXT NOT NULL UNIQUE,
    email         TEXT NOT NULL,
    email_key     TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('user', 'admin', 'superuser')),
    is_active     BOOLEAN NOT NULL,
    is_verified   BOOLEAN NOT NULL,
    preferences   TEXT NOT NULL,
    created_at    BIGINT NOT NULL,
    last_login    BIGINT
);

-- What somebody's texts are sealed with; sealed itself with the key of the installation. It goes with its person.
CREATE TABLE user_keys (
    user_id    UUID PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    key        BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    id           UUID PRIMARY KEY,
    user_id      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    proved_at    BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    ended_why    TEXT,
    user_agent   TEXT NOT NULL,
    address      TEXT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       BYTEA PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    parent     BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE conversations (
    id         UUID PRIMARY KEY,
    owner      UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed.
    title      BYTEA NOT NULL,
    model      TEXT,
    head       UUID,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX conversations_recent ON conversations (owner, updated_at DESC, id DESC);

-- A tree: every message but the first has a parent; `conversations.head` is the leaf of the branch that is shown. Messages go with their
-- conversation and never singly, so that the parent needs neither a reference nor an index of its own.
CREATE TABLE messages (
    id                UUID PRIMARY KEY,
    conversation_id   UUID NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    owner             UUID NOT NULL,
    parent_id         UUID,
    role              TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    -- Sealed, and so are what was thought and why it failed.
    content           BYTEA NOT NULL,
    thinking          BYTEA,
    status            TEXT NOT NULL CHECK (status IN ('completed', 'streaming', 'stopped', 'failed', 'interrupted')),
    error_code        TEXT,
    error_detail      BYTEA,
    model             TEXT,
    prompt_tokens     BIGINT,
    completion_tokens BIGINT,
    history_cut       BIGINT NOT NULL,
    -- The generation that writes or wrote an assistant's message.
    run_id            UUID,
    client_id         TEXT,
    created_at        BIGINT NOT NULL,
    finished_at       BIGINT
);
CREATE INDEX messages_tree ON messages (conversation_id, parent_id);
CREATE UNIQUE INDEX messages_key ON messages (owner, client_id) WHERE client_id IS NOT NULL;
-- At most one answer is being written in a conversation, whatever the code does.
CREATE UNIQUE INDEX messages_one_streaming ON messages (conversation_id) WHERE status = 'streaming';
