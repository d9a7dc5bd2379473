-- 0007 expand: who sees which messages
-- Why: whoever is served by the doors reads as the role lianyi_doors, and sees the messages of his
--   organisations only, whatever the application asks for. The engine reads as before.
-- Old release keeps working: yes, the owner of the tables is not bound by row-level security.
-- Undo: ALTER TABLE ... DISABLE ROW LEVEL SECURITY on every partition; DROP TABLE messagelog.sight;
--   DROP FUNCTION messagelog.visible_channels, messagelog.last_of, messagelog.shield;
--   ALTER TABLE messagelog.channel DROP COLUMN organisation;
SET LOCAL lock_timeout = '5s';

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lianyi_doors') THEN
        CREATE ROLE lianyi_doors NOLOGIN;
        EXECUTE format('GRANT lianyi_doors TO %I', current_user);
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'an administrator of the database must first run: CREATE ROLE lianyi_doors NOLOGIN ROLE %',
        quote_ident(current_user);
END $$;

-- Whose messages a channel carries; empty: nobody's but the installation's.
ALTER TABLE messagelog.channel ADD COLUMN organisation text NOT NULL DEFAULT '';

-- Which organisations an actor sees; '*' is all of them. Kept by security, asked by every policy.
CREATE TABLE messagelog.sight (
    actor        uuid NOT NULL,
    organisation text NOT NULL,
    PRIMARY KEY (actor, organisation)
);

-- The channels whose messages the actor of this session may see; channel 0 holds the acts that
-- belong to no organisation. Nobody is an actor that sees nothing.
CREATE FUNCTION messagelog.visible_channels() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH seen AS (
        SELECT organisation FROM messagelog.sight
        WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
    )
    SELECT coalesce(array_agg(channel), '{}') FROM (
        SELECT c.channel FROM messagelog.channel AS c
        WHERE EXISTS (SELECT FROM seen WHERE organisation IN ('*', c.organisation))
          AND (c.organisation <> '' OR EXISTS (SELECT FROM seen WHERE organisation = '*'))
        UNION ALL
        SELECT 0 WHERE EXISTS (SELECT FROM seen WHERE organisation = '*')
    ) AS visible
$$;

-- The end of a shard, which the doors need to add an act, and which is nobody's data.
CREATE FUNCTION messagelog.last_of(of_shard smallint, OUT number bigint, OUT chain bytea, OUT received_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    part record;
BEGIN
    FOR part IN SELECT s.segment, s.state, s.number_to, s.last_chain, s.last_at
                FROM messagelog.segment AS s WHERE s.shard = of_shard ORDER BY s.segment DESC
    LOOP
        IF part.state = 'archived' THEN
            number := part.number_to; chain := part.last_chain; received_at := part.last_at;
            RETURN;
        END IF;
        EXECUTE format('SELECT m.number, m.chain, m.received_at FROM messagelog.message_%s_%s AS m'
                       ' ORDER BY m.number DESC LIMIT 1', of_shard, part.segment)
            INTO number, chain, received_at;
        IF number IS NOT NULL THEN
            RETURN;
        END IF;
    END LOOP;
END $$;

-- Puts the wall before one table of messages; every partition gets it when it is made.
CREATE FUNCTION messagelog.shield(leaf regclass) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', leaf);
    EXECUTE format('CREATE POLICY seen ON %s FOR SELECT TO lianyi_doors'
                   ' USING (channel = ANY ((SELECT messagelog.visible_channels())::integer[]))', leaf);
    EXECUTE format('CREATE POLICY acts ON %s FOR INSERT TO lianyi_doors WITH CHECK (shard = 0)', leaf);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO lianyi_doors', leaf);
END $$;

SELECT messagelog.shield(c.oid::regclass) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'messagelog' AND c.relkind IN ('r', 'p') AND c.relname ~ '^message(_\d+)*$';

GRANT USAGE ON SCHEMA messagelog TO lianyi_doors;
GRANT SELECT ON messagelog.segment, messagelog.lease, messagelog.reader, messagelog.channel TO lianyi_doors;
