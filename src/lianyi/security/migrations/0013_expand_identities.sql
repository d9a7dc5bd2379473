-- 0013 expand: who somebody is in the hospital's directories, and the tokens of systems
-- Why: accounts are linked with directories by what never changes there, never by a name; a logout
-- over there ends the sessions that began there; systems ask for tokens that live minutes.
-- Old release keeps working: yes, the tables are new.
-- Undo: DROP TABLE security.identity, security.session_origin, security.access_token,
--       security.client_keys;
SET LOCAL lock_timeout = '5s';

CREATE TABLE security.identity (
    provider  text        NOT NULL,
    subject   text        NOT NULL,        -- what the directory calls somebody for ever
    account   uuid        NOT NULL REFERENCES security.account,
    linked_at timestamptz NOT NULL,
    linked_by text        NOT NULL,
    seen_at   timestamptz,                 -- the last sign-in through it
    PRIMARY KEY (provider, subject)
);
CREATE INDEX identity_account ON security.identity (account);

-- Where a session began, when it was not here.
CREATE TABLE security.session_origin (
    stored   bytea PRIMARY KEY REFERENCES security.session ON DELETE CASCADE,
    provider text  NOT NULL,
    subject  text  NOT NULL,
    outside  text  NOT NULL,               -- the directory's own name for the session
    hint     bytea                         -- what a logout over there needs; sealed by the vault
);
CREATE INDEX session_origin_subject ON security.session_origin (provider, subject);
CREATE INDEX session_origin_outside ON security.session_origin (provider, outside);

-- RFC 6749 access tokens: opaque, short-lived, of a system.
CREATE TABLE security.access_token (
    stored     bytea       PRIMARY KEY,    -- SHA-256
    account    uuid        NOT NULL REFERENCES security.account,
    key        bytea       REFERENCES security.api_key,  -- which key asked for it; none: a signed assertion
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at   timestamptz
);
CREATE INDEX access_token_expires ON security.access_token (expires_at);

-- Public keys with which a system signs assertions (RFC 7523).
CREATE TABLE security.client_keys (
    account    uuid        PRIMARY KEY REFERENCES security.account,
    jwks       jsonb       NOT NULL,
    changed_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE
    ON security.identity, security.session_origin, security.access_token, security.client_keys
    TO lianyi_doors;
