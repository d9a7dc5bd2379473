-- 0015 expand: who an account is among the practitioners, and which channels tell of his patients
-- Why: messages name whoever treats a patient by the number that a system gave him; an account is
--   linked with such numbers, or with a practitioner of the master data that has them.
-- Old release keeps working: yes, the table and the function are new.
-- Undo: DROP FUNCTION security.related_channels; DROP TABLE security.practitioner;
SET LOCAL lock_timeout = '5s';

CREATE TABLE security.practitioner (
    account      uuid        NOT NULL REFERENCES security.account,
    source       text        NOT NULL CHECK (source IN ('masterdata', 'messages')),
    authority    text        NOT NULL,     -- XCN-9; empty: the sender names none
    identifier   text        NOT NULL,     -- XCN-1, or the code in the master data
    organisation text        NOT NULL,     -- in whose messages, and below; empty: wherever he works
    linked_at    timestamptz NOT NULL,
    linked_by    text        NOT NULL,
    PRIMARY KEY (account, source, authority, identifier)
);
GRANT SELECT, INSERT, DELETE ON security.practitioner TO lianyi_doors;

-- The channels whose organisation stands above or below one in which an account has a role, or at
-- or below one in which it is linked with a practitioner; each with all organisations above it,
-- its own first. A channel of nobody belongs to those who have a role everywhere.
CREATE FUNCTION security.related_channels(of_account uuid)
RETURNS TABLE (channel integer, organisation text, way text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH RECURSIVE held AS (
        SELECT a.organisation FROM security.assignment AS a
        WHERE a.account = of_account AND a.ended_at IS NULL
    ), linked AS (
        SELECT p.organisation FROM security.practitioner AS p WHERE p.account = of_account
    ), up(code, here, steps) AS (
        SELECT x.organisation, x.organisation, 0
        FROM (SELECT c.organisation FROM messagelog.channel AS c UNION SELECT * FROM held) AS x
        WHERE x.organisation <> ''
        UNION ALL
        SELECT up.code, u.parent, up.steps + 1 FROM up JOIN security.unit AS u ON u.code = up.here
        WHERE u.parent IS NOT NULL AND up.steps < 32
    ), ways AS (
        SELECT up.code, array_agg(up.here ORDER BY up.steps) AS way FROM up GROUP BY up.code
    )
    SELECT c.channel, c.organisation, coalesce(w.way, '{}')
    FROM messagelog.channel AS c LEFT JOIN ways AS w ON w.code = c.organisation
    WHERE EXISTS (SELECT FROM held AS h LEFT JOIN ways AS v ON v.code = h.organisation
                  WHERE h.organisation = '*' OR h.organisation = ANY (w.way)
                     OR c.organisation = ANY (v.way))
       OR EXISTS (SELECT FROM linked AS l WHERE l.organisation = ANY (w.way))
$$;
REVOKE ALL ON FUNCTION security.related_channels FROM PUBLIC;
GRANT EXECUTE ON FUNCTION security.related_channels TO lianyi_doors;
