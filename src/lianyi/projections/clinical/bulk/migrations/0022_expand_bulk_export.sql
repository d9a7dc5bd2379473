-- 0022 expand: exports of many resources at once, and the files they are written to
-- Why: an export takes minutes and goes on after a restart; what was asked for, how far it has come
--   and which files it has written must be known to every process.
-- Old release keeps working: yes, the schema is new and nobody else reads it.
-- Undo: DROP SCHEMA bulk CASCADE; and remove the folder exports in the data folder.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA bulk;

CREATE TABLE bulk.export (
    export      uuid        PRIMARY KEY,
    account     uuid        NOT NULL REFERENCES security.account,
    asked       jsonb       NOT NULL,          -- what is wanted
    acting      jsonb       NOT NULL,          -- for what purpose, how signed in, scopes of an app
    asked_at    timestamptz NOT NULL,
    state       text        NOT NULL CHECK (state IN ('running', 'complete', 'failed')),
    as_of       timestamptz,                   -- how everything stood at this instant is written
    patients    bigint[],                      -- numbers of those it is about; NULL: everybody
    written     bigint      NOT NULL DEFAULT 0, -- resources in files that are whole
    error       jsonb,                         -- code, where, facts
    ended_at    timestamptz,
    expires_at  timestamptz                    -- when its files are removed
);
CREATE INDEX export_running ON bulk.export (asked_at) WHERE state = 'running';
CREATE INDEX export_expires ON bulk.export (expires_at);

-- A file is named here when it is whole and on the disk, not before.
CREATE TABLE bulk.file (
    export    uuid    NOT NULL REFERENCES bulk.export ON DELETE CASCADE,
    number    integer NOT NULL,                -- from 1
    name      text    NOT NULL,                -- on the disk
    kind      text    NOT NULL CHECK (kind IN ('output', 'deleted')),
    type      text    NOT NULL,
    resources bigint  NOT NULL,
    bytes     bigint  NOT NULL,                -- of NDJSON, not as it lies on the disk
    mark      jsonb   NOT NULL,                -- behind which the next file begins
    PRIMARY KEY (export, number)
);

-- An export is seen by whoever has asked for it, and by the platform that works on it.
ALTER TABLE bulk.export ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bulk.export TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR '00000000-0000-0000-0000-000000000001'
        = (SELECT nullif(current_setting('lianyi.actor', true), '')));
ALTER TABLE bulk.file ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON bulk.file TO lianyi_doors USING (
    EXISTS (SELECT FROM bulk.export AS e WHERE e.export = file.export));

-- How many exports run, whoever has asked for them.
CREATE FUNCTION bulk.running() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT count(*) FROM bulk.export WHERE state = 'running' $$;
REVOKE ALL ON FUNCTION bulk.running FROM PUBLIC;

GRANT USAGE ON SCHEMA bulk TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE, DELETE ON bulk.export, bulk.file TO lianyi_doors;
GRANT EXECUTE ON FUNCTION bulk.running TO lianyi_doors;
