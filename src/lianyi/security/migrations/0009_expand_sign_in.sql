-- 0009 expand: what is kept while a browser is away at the hospital's sign-in page
-- Why: several processes serve one hospital, and an answer, an assertion or a logout token may be
-- used only once, whichever of them it reaches.
-- Old release keeps working: yes, the tables are new.
-- Undo: DROP TABLE security.sign_in_kept, security.sign_in_seen;
SET LOCAL lock_timeout = '5s';

CREATE TABLE security.sign_in_kept (
    key_digest bytea       PRIMARY KEY,   -- SHA-256: whoever reads the table cannot finish a sign-in
    provider   text        NOT NULL,
    secrets    jsonb       NOT NULL,
    return_to  text        NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX sign_in_kept_expires ON security.sign_in_kept (expires_at);

CREATE TABLE security.sign_in_seen (
    provider    text        NOT NULL,
    seen_digest bytea       NOT NULL,     -- SHA-256 of the identifier
    until       timestamptz NOT NULL,
    PRIMARY KEY (provider, seen_digest)
);
CREATE INDEX sign_in_seen_until ON security.sign_in_seen (until);

GRANT SELECT, INSERT, UPDATE, DELETE ON security.sign_in_kept, security.sign_in_seen TO lianyi_doors;
