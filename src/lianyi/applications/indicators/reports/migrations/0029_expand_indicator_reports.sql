-- 0029 expand: reports that are mailed when they are due, and what people write on figures
-- Why: who ordered a report, which runs it had, and whom it has reached must be known to every
--   process and after a restart; a note stands beside the cell that it is about.
-- Old release keeps working: yes, everything is new and nobody else reads it.
-- Undo: DROP SCHEMA reports CASCADE; DROP FUNCTION security.sees_indicators; and remove the folder
--   reports in the data folder.
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA reports;

-- Whether the actor of this session sees a hospital's figures, or those of one of its departments;
-- see security.indicator_sight.
CREATE FUNCTION security.sees_indicators(of_hospital text, of_department text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT EXISTS (SELECT FROM security.indicator_sight
                   WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
                     AND (organisation IN ('*', of_hospital)
                          OR of_department <> '' AND organisation = of_department))
$$;

CREATE TABLE reports.report (
    report     uuid        PRIMARY KEY,
    account    uuid        NOT NULL REFERENCES security.account,  -- with whose sight it is made
    version    integer     NOT NULL,          -- each change is another; the acts say all of them
    says       jsonb       NOT NULL,          -- title, sections, schedule, receivers, language
    acting     jsonb       NOT NULL,          -- for what purpose, how signed in
    readers    uuid[]      NOT NULL,          -- accounts that find it on their page
    is_on      boolean     NOT NULL,
    since      timestamptz NOT NULL,          -- nothing is due that was due before
    alarm      jsonb,                         -- why nothing was sent last: code, where, facts
    alarm_at   timestamptz,
    changed_at timestamptz NOT NULL
);

-- One period of a report, or one that somebody asked for.
CREATE TABLE reports.run (
    run        uuid        PRIMARY KEY,
    report     uuid        NOT NULL REFERENCES reports.report,
    key        text        NOT NULL,          -- 2026-10, 2026-W48, 2026-11-29; now:<run>
    version    integer     NOT NULL,
    says       jsonb       NOT NULL,          -- as the report said when it became due
    first_on   date        NOT NULL,
    last_on    date        NOT NULL,
    due_at     timestamptz NOT NULL,
    state      text        NOT NULL CHECK (state IN ('due', 'made', 'sent', 'parked', 'refused')),
    attempts   integer     NOT NULL DEFAULT 0, -- in a row without success
    try_at     timestamptz NOT NULL,
    sha256     bytea,                         -- of the file; NULL: there is none, or none any more
    bytes      bigint      NOT NULL DEFAULT 0,
    pages      integer     NOT NULL DEFAULT 0,
    watermark  text        NOT NULL DEFAULT '',
    made_at    timestamptz,
    told       text[]      NOT NULL DEFAULT '{}', -- addresses that the mail server took
    failed     text[]      NOT NULL DEFAULT '{}', -- addresses that it will never take
    error      jsonb,                         -- code, where, facts
    ended_at   timestamptz,
    UNIQUE (report, key)
);
CREATE INDEX run_waits ON reports.run (try_at) WHERE state IN ('due', 'made');
CREATE INDEX run_made ON reports.run (made_at) WHERE sha256 IS NOT NULL;

-- A note on a cell; a change is another version, and nothing is taken away.
CREATE TABLE reports.note (
    note        uuid        NOT NULL,
    version     integer     NOT NULL,
    code        text        NOT NULL,          -- of the indicator
    hospital    text        NOT NULL,
    department  text        NOT NULL,          -- '': the whole hospital
    first_month integer     NOT NULL,          -- months since January 2000
    last_month  integer     NOT NULL CHECK (last_month >= first_month),
    words       text        NOT NULL,
    withdrawn   boolean     NOT NULL,
    by_name     text        NOT NULL,
    shown_name  text        NOT NULL,
    account     uuid        NOT NULL,
    at          timestamptz NOT NULL,
    shard       smallint    NOT NULL,          -- position of the act
    number      bigint      NOT NULL,
    PRIMARY KEY (note, version)
);
CREATE INDEX note_of ON reports.note (code, hospital, department);

CREATE FUNCTION reports.keep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'reports.% is only added to', TG_TABLE_NAME; END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON reports.note
    FOR EACH STATEMENT EXECUTE FUNCTION reports.keep();

-- A report is seen by whoever ordered it, by its readers, and by the platform that makes it.
ALTER TABLE reports.report ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON reports.report FOR SELECT TO lianyi_doors USING (
    (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
        IN (account, '00000000-0000-0000-0000-000000000001')
    OR (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid) = ANY (readers));
CREATE POLICY ordered ON reports.report FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY changed ON reports.report FOR UPDATE TO lianyi_doors USING (
    (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
        IN (account, '00000000-0000-0000-0000-000000000001'));
ALTER TABLE reports.run ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON reports.run FOR SELECT TO lianyi_doors USING (
    EXISTS (SELECT FROM reports.report AS r WHERE r.report = run.report));
CREATE POLICY asked ON reports.run FOR INSERT TO lianyi_doors WITH CHECK (
    EXISTS (SELECT FROM reports.report AS r WHERE r.report = run.report
            AND (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
                IN (r.account, '00000000-0000-0000-0000-000000000001')));
CREATE POLICY changed ON reports.run FOR UPDATE TO lianyi_doors USING (
    EXISTS (SELECT FROM reports.report AS r WHERE r.report = run.report
            AND (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
                IN (r.account, '00000000-0000-0000-0000-000000000001')));
-- A note is seen by whoever sees the cell that it is about.
ALTER TABLE reports.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON reports.note TO lianyi_doors
    USING (security.sees_indicators(hospital, department))
    WITH CHECK (security.sees_indicators(hospital, department));

GRANT USAGE ON SCHEMA reports TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE ON reports.report, reports.run TO lianyi_doors;
GRANT SELECT, INSERT ON reports.note TO lianyi_doors;
