-- 0031 expand: explorations that people save under a name
-- Why: a question that took a while to put together is asked again next month, and by colleagues;
--   what is kept is the question, and whoever opens it sees what he may see.
-- Old release keeps working: yes, everything is new and nobody else reads it.
-- Undo: DROP SCHEMA explorations CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA explorations;

CREATE TABLE explorations.saved (
    saved      uuid        PRIMARY KEY,
    account    uuid        NOT NULL REFERENCES security.account,  -- whose it is
    by_name    text        NOT NULL,          -- what he is called
    name       text        NOT NULL,
    asked      jsonb       NOT NULL,          -- codes, by, period, places, where
    is_shared  boolean     NOT NULL,          -- whoever has its link opens it
    saved_at   timestamptz NOT NULL,
    changed_at timestamptz NOT NULL
);
CREATE INDEX saved_of ON explorations.saved (account);

-- It is seen by whoever saved it, and by those who have its link when he shared it; it holds a
-- question and no figure. Only its owner changes or removes it.
ALTER TABLE explorations.saved ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON explorations.saved FOR SELECT TO lianyi_doors USING (
    is_shared OR account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY kept ON explorations.saved FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY changed ON explorations.saved FOR UPDATE TO lianyi_doors
    USING (account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid))
    WITH CHECK (account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY removed ON explorations.saved FOR DELETE TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));

GRANT USAGE ON SCHEMA explorations TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE, DELETE ON explorations.saved TO lianyi_doors;
