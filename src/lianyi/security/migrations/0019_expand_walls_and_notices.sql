-- 0019 expand: whose master data an actor sees, the wall before what projections set aside, and of
--   whom there is a consent or a look
-- Why: the second wall stands before the master data, too; its tables, which each version makes
--   for itself, ask the table below. And no page asks for consents where there is none.
-- Old release keeps working: yes, it neither reads nor writes the table, and the column has a value.
-- Undo: DROP POLICY seen ON projections.set_aside; ALTER TABLE projections.set_aside
--   DISABLE ROW LEVEL SECURITY, DROP COLUMN channel; and lianyi projection rebuild masterdata with
--   the release before, then DROP FUNCTION security.refresh_masterdata_sight,
--   security.sees_all_masterdata, security.privacy_notices; DROP TABLE security.masterdata_sight;
SET LOCAL lock_timeout = '5s';

-- Of which organisations an actor sees the master data; '*' is all of them. Who may see master data
-- need not see what messages say, so this is another table than messagelog.sight.
CREATE TABLE security.masterdata_sight (
    actor        uuid NOT NULL,
    organisation text NOT NULL,
    PRIMARY KEY (actor, organisation)
);
ALTER TABLE security.masterdata_sight ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON security.masterdata_sight FOR SELECT TO lianyi_doors
    USING (actor = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
GRANT SELECT ON security.masterdata_sight TO lianyi_doors;

CREATE FUNCTION security.refresh_masterdata_sight(seeing_roles text[], at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('security.sight'));
    DELETE FROM security.masterdata_sight AS s WHERE NOT EXISTS (
        SELECT FROM security.sight_at(seeing_roles, at) AS w
        WHERE w.actor = s.actor AND w.organisation = s.organisation);
    INSERT INTO security.masterdata_sight
        SELECT actor, organisation FROM security.sight_at(seeing_roles, at)
        ON CONFLICT DO NOTHING;
END $$;

SELECT security.refresh_masterdata_sight('{}', now());

CREATE FUNCTION security.sees_all_masterdata() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT EXISTS (SELECT FROM security.masterdata_sight
                   WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
                     AND organisation = '*')
$$;

-- What a projection could not learn belongs to the channel of its message; 0: to the installation.
ALTER TABLE projections.set_aside ADD COLUMN channel integer NOT NULL DEFAULT 0;
UPDATE projections.set_aside AS a SET channel = m.channel
FROM messagelog.message AS m WHERE m.shard = a.shard AND m.number = a.number;
ALTER TABLE projections.set_aside ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON projections.set_aside FOR SELECT TO lianyi_doors
    USING (channel = ANY ((SELECT messagelog.visible_channels())::integer[]));

-- Of which patients a consent stands, as the first 8 bytes of SHA-256, and who has a look that
-- lasts: what a process remembers so as not to ask for each page. No consents where they are more
-- than at_most. It names nobody, so it tells everybody.
CREATE FUNCTION security.privacy_notices(
    at timestamptz, at_most integer, OUT patients bytea[], OUT accounts uuid[]
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT
        (SELECT CASE WHEN count(*) <= at_most THEN
            coalesce(array_agg(substr(sha256(convert_to(s.patient, 'UTF8')), 1, 8)), '{}') END
         FROM (SELECT DISTINCT c.patient FROM security.consent AS c WHERE c.withdrawn_at IS NULL
               LIMIT at_most + 1) AS s),
        (SELECT coalesce(array_agg(DISTINCT g.account), '{}') FROM security.glass AS g
         WHERE g.until > at)
$$;
REVOKE ALL ON FUNCTION security.privacy_notices FROM PUBLIC;
GRANT EXECUTE ON FUNCTION security.privacy_notices TO lianyi_doors;
