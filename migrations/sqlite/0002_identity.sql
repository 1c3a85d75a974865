-- Second factors, keys, invitations, external identities, throttling and the news of ended sessions.

-- 'password', 'passkey' or 'oidc': how somebody signed in.
ALTER TABLE sessions ADD COLUMN how TEXT NOT NULL DEFAULT 'password';

-- Sessions and keys that ended, and people whose keys must be looked at again, for the open sockets of every process.
-- No reference: the news outlives what it is about.
CREATE TABLE revocations (
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (at, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE totp (
    user_id      BLOB PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    -- Sealed.
    secret       BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Null until its owner has shown a code of it.
    confirmed_at INTEGER,
    -- The last time step that was accepted: none is accepted twice.
    last_step    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE recovery_codes (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BLOB NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (user_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE passkeys (
    id            BLOB PRIMARY KEY,
    user_id       BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id BLOB NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    -- The public key and its counters, as JSON.
    credential    TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_used_at  INTEGER
) STRICT;
CREATE INDEX passkeys_user ON passkeys (user_id);

CREATE TABLE api_keys (
    id           BLOB PRIMARY KEY,
    user_id      BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name         TEXT NOT NULL,
    hash         BLOB NOT NULL UNIQUE,
    prefix       TEXT NOT NULL,
    -- Words with a space between them.
    scopes       TEXT NOT NULL,
    addresses    TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id);

CREATE TABLE invites (
    id         BLOB PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    -- Lower case; null for anybody.
    email_key  TEXT,
    role       TEXT NOT NULL CHECK (role IN ('user', 'admin', 'superuser')),
    made_by    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    used_by    BLOB
) STRICT;
CREATE INDEX invites_maker ON invites (made_by);

CREATE TABLE identities (
    id         BLOB PRIMARY KEY,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    -- What the provider calls them, for the list only.
    label      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (issuer, subject)
) STRICT;
CREATE INDEX identities_user ON identities (user_id);

-- What somebody known has begun and must finish: a second factor, a passkey's answer, a provider's call back.
CREATE TABLE auth_flows (
    hash       BLOB PRIMARY KEY,
    kind       TEXT NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id BLOB,
    state      TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX auth_flows_expiry ON auth_flows (expires_at);
CREATE INDEX auth_flows_user ON auth_flows (user_id);

-- What strangers begin is kept by them, sealed. Here is which of it succeeded, until it would have run out: none does twice.
CREATE TABLE spent_flows (
    hash       BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_flows_expiry ON spent_flows (expires_at);

-- Failed attempts, by account, source and pair; the key is a digest, so that no name or address is kept.
CREATE TABLE throttles (
    key           BLOB PRIMARY KEY,
    failures      INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX throttles_age ON throttles (updated_at);

-- Browsers and networks from which somebody has signed in: strangers cannot use up their attempts. Digests, as above.
CREATE TABLE known_devices (
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key     BLOB NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;

-- People with what is told of them from elsewhere. A factor is an authenticator program that is on, or a passkey.
CREATE VIEW people AS
SELECT u.id, u.username, u.username_key, u.email, u.email_key, u.role, u.is_active, u.is_verified, u.preferences, u.created_at,
       u.last_login,
       (EXISTS (SELECT 1 FROM totp t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id)) AS has_factor
  FROM users u;

-- Keys that an active person holds, whether they have run out or not.
CREATE VIEW key_holders AS
SELECT k.id AS key, k.hash, k.user_id, k.scopes, k.addresses, k.expires_at, k.last_used_at, p.role, p.has_factor
  FROM api_keys k JOIN people p ON p.id = k.user_id
 WHERE p.is_active;
