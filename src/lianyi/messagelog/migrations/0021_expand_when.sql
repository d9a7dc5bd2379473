-- 0021 expand: when a place of the log was filled, whoever's message it is
-- Why: a search between two moments halves the numbers of a shard; where others' messages lay in
-- between, whoever sees only his own was led past his own older ones.
-- Old release keeps working: yes, nothing existing is touched.
-- Undo: DROP FUNCTION messagelog.received_at;
SET LOCAL lock_timeout = '5s';

-- The time alone is nobody's data; it stays in the search and is never shown.
CREATE FUNCTION messagelog.received_at(of_shard smallint, of_number bigint) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT m.received_at FROM messagelog.message AS m
      WHERE m.shard = of_shard AND m.number = of_number $$;
REVOKE ALL ON FUNCTION messagelog.received_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messagelog.received_at TO lianyi_doors;
