-- 0012 expand: searching behind the wall by index
-- Why: under row-level security PostgreSQL uses no index for a condition whose operator might leak
--   what it sees, such as @> on the search terms: each search read every message. This function
--   searches as the owner, shows the doors only what their actor may see, and gives back numbers.
-- Old release keeps working: yes, the function is new.
-- Undo: DROP FUNCTION messagelog.hits;
SET LOCAL lock_timeout = '5s';

-- Numbers of one segment, the highest first. What is NULL does not matter. Wanted and lacked keys
-- have their letter, 'w:4711' or 'w:4711^HIS'; a value is a key without its letter.
CREATE FUNCTION messagelog.hits(
    of_shard smallint, of_segment integer, at_most integer,
    wanted_terms integer[], wanted_keys text[], lacked_keys text[], wanted_value text,
    of_channels integer[], kind_like text, kind_unlike text, of_gate smallint,
    since timestamptz, until timestamptz, below bigint
) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
DECLARE
    leaf text := format('messagelog.message_%s_%s', of_shard, of_segment);
    query text := '';
    -- The owner sees everything; whoever became the doors sees what the actor may see.
    seen integer[] := CASE WHEN current_setting('role') = 'lianyi_doors'
                           THEN messagelog.visible_channels() END;
BEGIN
    IF seen IS NOT NULL THEN query := query || ' AND channel = ANY ($1)'; END IF;
    IF wanted_terms IS NOT NULL THEN query := query || ' AND terms @> $2'; END IF;
    IF wanted_keys IS NOT NULL THEN query := query ||
        ' AND NOT EXISTS (SELECT FROM unnest($3) AS k WHERE strpos(E''\x1f'' || keys || E''\x1f'', E''\x1f'' || k || E''\x1f'') = 0'
        ' AND strpos(E''\x1f'' || keys, E''\x1f'' || k || ''^'') = 0)'; END IF;
    IF lacked_keys IS NOT NULL THEN query := query ||
        ' AND NOT EXISTS (SELECT FROM unnest($4) AS k WHERE strpos(E''\x1f'' || keys || E''\x1f'', E''\x1f'' || k || E''\x1f'') > 0'
        ' OR strpos(E''\x1f'' || keys, E''\x1f'' || k || ''^'') > 0)'; END IF;
    IF wanted_value IS NOT NULL THEN query := query ||
        ' AND strpos(translate(keys, E''\x1f'', ''^'') || ''^'', '':'' || $5 || ''^'') > 0'; END IF;
    IF of_channels IS NOT NULL THEN query := query || ' AND channel = ANY ($6)'; END IF;
    IF kind_like IS NOT NULL THEN query := query || ' AND kind LIKE $7'; END IF;
    IF kind_unlike IS NOT NULL THEN query := query || ' AND kind NOT LIKE $8'; END IF;
    IF of_gate IS NOT NULL THEN query := query || ' AND gate = $9'; END IF;
    IF since IS NOT NULL THEN query := query || ' AND received_at >= $10'; END IF;
    IF until IS NOT NULL THEN query := query || ' AND received_at < $11'; END IF;
    IF below IS NOT NULL THEN query := query || ' AND number < $12'; END IF;
    query := format('SELECT number FROM %s WHERE true', leaf) || query;
    IF wanted_terms IS NOT NULL THEN
        -- Materialised so that a search never walks the numbers backwards through the segment.
        query := format('WITH hits AS MATERIALIZED (%s) SELECT number FROM hits', query);
    END IF;
    RETURN QUERY EXECUTE query || ' ORDER BY number DESC LIMIT $13'
        USING seen, wanted_terms, wanted_keys, lacked_keys, wanted_value, of_channels, kind_like,
              kind_unlike, of_gate, since, until, below, at_most;
END $$;

REVOKE ALL ON FUNCTION messagelog.hits FROM PUBLIC;
GRANT EXECUTE ON FUNCTION messagelog.hits TO lianyi_doors;
