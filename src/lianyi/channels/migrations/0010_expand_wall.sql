-- 0010 expand: the wall before what is known of channels
-- Why: as before messages, the doors see of channels, deliveries and receipts only those of the
--   organisations of whoever asks.
-- Old release keeps working: yes, the owner of the tables is not bound by row-level security.
-- Undo: ALTER TABLE ... DISABLE ROW LEVEL SECURITY on the tables below;
--   DROP FUNCTION channels.visible_destinations;
SET LOCAL lock_timeout = '5s';

CREATE FUNCTION channels.visible_destinations() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT coalesce(array_agg(destination), '{}') FROM channels.destination
    WHERE channel = ANY ((SELECT messagelog.visible_channels())::integer[])
$$;

DO $$
DECLARE
    of_channel text;
BEGIN
    FOREACH of_channel IN ARRAY ARRAY['channel', 'definition', 'destination', 'exception', 'replay'] LOOP
        EXECUTE format('ALTER TABLE channels.%I ENABLE ROW LEVEL SECURITY', of_channel);
        EXECUTE format('CREATE POLICY seen ON channels.%I TO lianyi_doors'
                       ' USING (channel = ANY ((SELECT messagelog.visible_channels())::integer[]))', of_channel);
    END LOOP;
END $$;

ALTER TABLE channels.receipt ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON channels.receipt FOR SELECT TO lianyi_doors
    USING (destination = ANY ((SELECT channels.visible_destinations())::integer[]));

GRANT USAGE ON SCHEMA channels TO lianyi_doors;
GRANT SELECT ON ALL TABLES IN SCHEMA channels TO lianyi_doors;
GRANT UPDATE ON channels.channel, channels.destination, channels.exception, channels.replay TO lianyi_doors;
GRANT INSERT ON channels.replay TO lianyi_doors;
