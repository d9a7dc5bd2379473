-- 0018 expand: apps that people let act for them (SMART App Launch)
-- Why: an app sends a person here, the person approves, and the app gets tokens for that person
-- within scopes; everything that came of one approval ends with it.
-- Old release keeps working: yes, the tables are new and the column is nullable; a token of an app
-- opens nothing there, as its scopes are no permissions.
-- Undo: ALTER TABLE security.access_token DROP COLUMN approval;
--       DROP TABLE security.app_refresh, security.app_approval, security.app_launch, security.app,
--       security.signing_key;
SET LOCAL lock_timeout = '5s';

CREATE TABLE security.app (
    account       uuid        PRIMARY KEY REFERENCES security.account,  -- a system
    kind          text        NOT NULL CHECK (kind IN ('public', 'symmetric', 'asymmetric')),
    redirect_uris text[]      NOT NULL,
    launch_uri    text        NOT NULL,        -- where it is started from here; empty: nowhere
    scopes        text        NOT NULL,        -- canonical; it never gets more
    changed_at    timestamptz NOT NULL
);

-- A person starts an app: who, which app, about whom. Taken once.
CREATE TABLE security.app_launch (
    stored     bytea       PRIMARY KEY,        -- SHA-256
    account    uuid        NOT NULL REFERENCES security.account,
    app        uuid        NOT NULL REFERENCES security.app (account) ON DELETE CASCADE,
    context    jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX app_launch_expires ON security.app_launch (expires_at);

-- A person has let an app act for him.
CREATE TABLE security.app_approval (
    approval     uuid        PRIMARY KEY,
    account      uuid        NOT NULL REFERENCES security.account,
    app          uuid        NOT NULL REFERENCES security.app (account) ON DELETE CASCADE,
    session      bytea       NOT NULL REFERENCES security.session,  -- in which he said so
    factors      text[]      NOT NULL,         -- how he had shown who he is
    scopes       text        NOT NULL,
    context      jsonb       NOT NULL,         -- patient, encounter, banner
    code         bytea       NOT NULL UNIQUE,  -- SHA-256 of the authorization code
    code_until   timestamptz NOT NULL,
    code_used_at timestamptz,
    redirect_uri text        NOT NULL,
    challenge    text        NOT NULL,         -- RFC 7636, S256
    nonce        text        NOT NULL,
    approved_at  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    ended_at     timestamptz,
    ended_why    text
);
CREATE INDEX app_approval_account ON security.app_approval (account) WHERE ended_at IS NULL;
CREATE INDEX app_approval_expires ON security.app_approval (expires_at);

-- Each is used once and followed by the next; one that comes twice ends the approval.
CREATE TABLE security.app_refresh (
    stored   bytea       PRIMARY KEY,          -- SHA-256
    approval uuid        NOT NULL REFERENCES security.app_approval ON DELETE CASCADE,
    given_at timestamptz NOT NULL,
    used_at  timestamptz
);
CREATE INDEX app_refresh_approval ON security.app_refresh (approval);

ALTER TABLE security.access_token
    ADD COLUMN approval uuid REFERENCES security.app_approval ON DELETE CASCADE;
CREATE INDEX access_token_approval ON security.access_token (approval)
    WHERE approval IS NOT NULL;

-- Keys that sign who somebody is (OpenID Connect); the newest signs, all of them are published.
CREATE TABLE security.signing_key (
    kid        text        PRIMARY KEY,
    sealed     bytea       NOT NULL,           -- private, sealed by the vault
    jwk        jsonb       NOT NULL,           -- public
    created_at timestamptz NOT NULL
);

-- As for what else lies sealed: a retired key seals nothing more.
CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OF sealed ON security.signing_key
    FOR EACH ROW EXECUTE FUNCTION security.refuse_retired('sealed');

GRANT SELECT, INSERT, UPDATE, DELETE
    ON security.app, security.app_launch, security.app_approval, security.app_refresh,
    security.signing_key
    TO lianyi_doors;
