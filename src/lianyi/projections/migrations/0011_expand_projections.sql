-- 0011 expand: which version of each projection is in force, and what it could not learn
-- Why: a projection is rebuilt beside itself and switched; a message that cannot be learned is shown.
-- Old release keeps working: yes, nothing existing is touched.
-- Undo: DROP SCHEMA projections CASCADE; and the schemas that projections.version names.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA projections;

-- One row per version that has tables, in the schema <projection>_<version>. Its reader in the log
-- is called projection:<projection>:<version>.
CREATE TABLE projections.version (
    projection text        NOT NULL,
    version    integer     NOT NULL,
    shape      integer     NOT NULL,            -- of its tables, as the release that made it says
    live       boolean     NOT NULL,
    revision   bigint      NOT NULL DEFAULT 0,  -- grows with every effect
    made_at    timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (projection, version)
);
CREATE UNIQUE INDEX version_live ON projections.version (projection) WHERE live;

-- What a version could not learn, and why; a message may be learned but for some of its parts.
CREATE TABLE projections.set_aside (
    projection  text        NOT NULL,
    version     integer     NOT NULL,
    shard       smallint    NOT NULL,
    number      bigint      NOT NULL,
    part        integer     NOT NULL,
    received_at timestamptz NOT NULL,
    kind        text        NOT NULL,
    error       jsonb       NOT NULL,           -- code, where, facts
    PRIMARY KEY (projection, version, shard, number, part),
    FOREIGN KEY (projection, version) REFERENCES projections.version ON DELETE CASCADE
);

GRANT USAGE ON SCHEMA projections TO lianyi_doors;
GRANT SELECT ON ALL TABLES IN SCHEMA projections TO lianyi_doors;
GRANT UPDATE (revision) ON projections.version TO lianyi_doors; -- to hold the version while it reads
