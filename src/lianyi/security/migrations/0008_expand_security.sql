-- 0008 expand: accounts, sessions, assignments
-- Why: whoever is served is somebody, and somebody may do and see what his roles say.
-- Old release keeps working: yes, nothing existing is touched.
-- Undo: DROP SCHEMA security CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA security;

-- Who can act. Secrets stand apart; what happened to an account is in the log, as acts.
CREATE TABLE security.account (
    account      uuid        PRIMARY KEY,
    name         text        NOT NULL UNIQUE CHECK (name = lower(name)),
    display_name text        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('person', 'service', 'platform')),
    organisation text        NOT NULL DEFAULT '',  -- where he belongs; says nothing about what he sees
    state        text        NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'disabled')),
    must_change  boolean     NOT NULL DEFAULT false,
    failures     integer     NOT NULL DEFAULT 0,   -- wrong passwords since the last right one
    locked_until timestamptz,
    created_at   timestamptz NOT NULL
);

-- The platform itself, and whoever holds the token of the first start.
INSERT INTO security.account (account, name, display_name, kind, created_at) VALUES
    ('00000000-0000-0000-0000-000000000001', 'platform', '平台', 'platform', '1970-01-01Z'),
    ('00000000-0000-0000-0000-000000000002', 'console', '首次启动令牌', 'platform', '1970-01-01Z');

CREATE TABLE security.password (
    account    uuid        NOT NULL REFERENCES security.account,
    hash       text        NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (account, changed_at)              -- the newest is in force, the others must not come again
);

CREATE TABLE security.second_factor (
    account      uuid        PRIMARY KEY REFERENCES security.account,
    secret       bytea       NOT NULL,             -- sealed by the vault
    last_step    bigint,
    recovery     text[]      NOT NULL DEFAULT '{}',
    began_at     timestamptz NOT NULL,
    confirmed_at timestamptz
);

-- What a system signs in with.
CREATE TABLE security.api_key (
    stored     bytea       PRIMARY KEY,            -- SHA-256
    account    uuid        NOT NULL REFERENCES security.account,
    title      text        NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at   timestamptz
);

CREATE TABLE security.session (
    stored     bytea       PRIMARY KEY,            -- SHA-256 of what the browser holds
    account    uuid        NOT NULL REFERENCES security.account,
    began_at   timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    address    text        NOT NULL,
    agent      text        NOT NULL,
    factors    text[]      NOT NULL,
    ended_at   timestamptz,
    ended_why  text
) WITH (fillfactor = 50);
CREATE INDEX session_account ON security.session (account) WHERE ended_at IS NULL;

-- The management tree as authorisation needs it today; master data keeps it.
CREATE TABLE security.unit (
    code   text PRIMARY KEY CHECK (code <> '' AND code <> '*'),
    parent text
);

-- Which role somebody has in which organisation and all below it; '*' is the installation.
CREATE TABLE security.assignment (
    assignment   uuid        PRIMARY KEY,
    account      uuid        NOT NULL REFERENCES security.account,
    role         text        NOT NULL,
    organisation text        NOT NULL CHECK (organisation <> ''),
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz,
    reason       text        NOT NULL,
    granted_by   text        NOT NULL,
    ended_at     timestamptz,
    ended_by     text
);
CREATE INDEX assignment_account ON security.assignment (account) WHERE ended_at IS NULL;

-- Writes down anew what each actor sees, from the assignments that hold now. The walk down the tree
-- is done here once more, apart from the application's own, so that neither trusts the other.
CREATE FUNCTION security.sight_at(seeing_roles text[], at timestamptz)
RETURNS TABLE (actor uuid, organisation text)
LANGUAGE sql STABLE SET search_path = pg_catalog
AS $$
    WITH RECURSIVE reach AS (
        SELECT a.account AS actor, a.organisation
        FROM security.assignment AS a JOIN security.account AS who USING (account)
        WHERE a.ended_at IS NULL AND who.state = 'active' AND a.role = ANY (seeing_roles)
          AND a.valid_from <= at AND (a.valid_until IS NULL OR a.valid_until > at)
        UNION
        SELECT reach.actor, u.code FROM reach JOIN security.unit AS u ON u.parent = reach.organisation
    )
    SELECT actor, organisation FROM reach
    UNION
    SELECT account, '*' FROM security.account WHERE kind = 'platform' AND state = 'active'
$$;

CREATE FUNCTION security.refresh_sight(seeing_roles text[], at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('security.sight'));
    DELETE FROM messagelog.sight AS s WHERE NOT EXISTS (
        SELECT FROM security.sight_at(seeing_roles, at) AS w
        WHERE w.actor = s.actor AND w.organisation = s.organisation);
    INSERT INTO messagelog.sight SELECT actor, organisation FROM security.sight_at(seeing_roles, at)
        ON CONFLICT DO NOTHING;
END $$;

SELECT security.refresh_sight('{}', now());

GRANT USAGE ON SCHEMA security TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA security TO lianyi_doors;
GRANT DELETE ON security.second_factor, security.unit TO lianyi_doors;
