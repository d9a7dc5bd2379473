-- 0027 expand: the wall before what is decided and published about hospitals
-- Why: decisions, published values and alerts had the application's filter only; the second wall
--   stands before them, too, before what the headers of subscriptions say, and before the tables
--   and functions that the versions of channels have used.
-- Old release keeps working: yes, but whoever reaches single hospitals sees nothing published until
--   a node of this release runs, which says who sees what; and until a node is of this release, it
--   is refused, with nothing written, whatever somebody publishes who does not see the last value.
-- Undo: DROP TRIGGER in_order ON indicators.published; DROP POLICY on the tables below, and
--   ALTER TABLE ... DISABLE ROW LEVEL SECURITY; DROP FUNCTION indicators.in_order,
--   indicators.last_published, security.refresh_indicator_sight; DROP TABLE security.indicator_sight;
SET LOCAL lock_timeout = '5s';

-- Of which organisations an actor sees what is published; '*' is all of them. The application shows
-- a row when the permission of the operation reaches the hospital that it names, and each such
-- operation asks for a permission to see, enter, approve or publish indicators. So neither other
-- sight will do: that of messages would shut out managers, who read none, and that of master data
-- would let in everybody who knows what the departments are called. Whoever reaches a department
-- only has no row for its hospital, and sees no published value, as the application says.
CREATE TABLE security.indicator_sight (
    actor        uuid NOT NULL,
    organisation text NOT NULL,
    PRIMARY KEY (actor, organisation)
);
ALTER TABLE security.indicator_sight ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON security.indicator_sight FOR SELECT TO lianyi_doors
    USING (actor = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
GRANT SELECT ON security.indicator_sight TO lianyi_doors;

CREATE FUNCTION security.refresh_indicator_sight(seeing_roles text[], at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('security.sight'));
    DELETE FROM security.indicator_sight AS s WHERE NOT EXISTS (
        SELECT FROM security.sight_at(seeing_roles, at) AS w
        WHERE w.actor = s.actor AND w.organisation = s.organisation);
    INSERT INTO security.indicator_sight
        SELECT actor, organisation FROM security.sight_at(seeing_roles, at)
        ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION security.refresh_indicator_sight FROM PUBLIC;
GRANT EXECUTE ON FUNCTION security.refresh_indicator_sight TO lianyi_doors;

SELECT security.refresh_indicator_sight('{}', now());

-- A row is seen, and added, by whoever sees its hospital. No organisation is called '' or '*', so a
-- row without a hospital is for those who see all. Both questions are asked once for a statement.
ALTER TABLE indicators.published ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON indicators.published TO lianyi_doors USING (
    (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR hospital IN (SELECT organisation FROM security.indicator_sight));

-- What is decided for all hospitals holds for all, so whoever sees any sees it, and only whoever
-- sees all decides it. Nobody decides in another's name.
ALTER TABLE indicators.decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON indicators.decision FOR SELECT TO lianyi_doors USING (
    (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR hospital IN (SELECT organisation FROM security.indicator_sight)
    OR hospital = '' AND (SELECT EXISTS (SELECT FROM security.indicator_sight)));
CREATE POLICY said ON indicators.decision FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    AND ((SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
         OR hospital IN (SELECT organisation FROM security.indicator_sight)));

-- An alert is raised by a rule that is seen.
ALTER TABLE indicators.alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON indicators.alert FOR SELECT TO lianyi_doors USING (
    (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR hospital IN (SELECT organisation FROM security.indicator_sight));
CREATE POLICY raised ON indicators.alert FOR INSERT TO lianyi_doors WITH CHECK (
    ((SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
     OR hospital IN (SELECT organisation FROM security.indicator_sight))
    AND EXISTS (SELECT FROM indicators.decision AS d WHERE d.decision = alert.rule AND d.said = 'ruled'));

-- Where the chain ends: whoever publishes must go on from there, whosever the last value is. It is
-- a number and a hash, and nobody's data.
CREATE FUNCTION indicators.last_published(OUT published bigint, OUT chain bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT p.published, p.chain FROM indicators.published AS p ORDER BY p.published DESC LIMIT 1
$$;
REVOKE ALL ON FUNCTION indicators.last_published FROM PUBLIC;
GRANT EXECUTE ON FUNCTION indicators.last_published TO lianyi_doors;

-- The number after the last, and the same cell told anew: keys hold below the wall, so a number or a
-- restated value that somebody does not see could else be taken away from its hospital.
CREATE FUNCTION indicators.in_order() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
AS $$
BEGIN
    IF NEW.published <> 1 + coalesce((SELECT max(p.published) FROM indicators.published AS p), 0) THEN
        RAISE EXCEPTION 'published values are numbered without a gap';
    END IF;
    IF NEW.restates IS NOT NULL AND NOT EXISTS (
        SELECT FROM indicators.published AS p WHERE p.published = NEW.restates
          AND (p.code, p.caliber, p.hospital, p.department, p.first_month, p.last_month)
            = (NEW.code, NEW.caliber, NEW.hospital, NEW.department, NEW.first_month, NEW.last_month))
    THEN
        RAISE EXCEPTION 'a published value restates one of its own cell';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION indicators.in_order FROM PUBLIC;
CREATE TRIGGER in_order BEFORE INSERT ON indicators.published
    FOR EACH ROW EXECUTE FUNCTION indicators.in_order();

-- What the headers of a subscription say is read by whoever sees its pact.
ALTER TABLE security.hook_secret ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON security.hook_secret TO lianyi_doors USING (
    EXISTS (SELECT FROM subscriptions.pact AS p WHERE p.pact = hook_secret.pact));

-- The files of a channel's versions belong to the channel, as its definitions do.
ALTER TABLE channels.definition_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON channels.definition_file FOR SELECT TO lianyi_doors
    USING (channel = ANY ((SELECT messagelog.visible_channels())::integer[]));
ALTER TABLE channels.shared_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON channels.shared_file FOR SELECT TO lianyi_doors
    USING (digest IN (SELECT f.digest FROM channels.definition_file AS f));
