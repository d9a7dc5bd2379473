-- 0034 expand: calls of data services are forgotten after some time
-- Why: a caller who asks every minute adds half a million rows a year; whoever is served may not
--   delete what others called, so a function of the owner does, and never of the last month.
-- Old release keeps working: yes, it neither calls the function nor needs the index.
-- Undo: DROP FUNCTION data_services.forget_calls; DROP INDEX data_services.called_minute;
SET LOCAL lock_timeout = '5s';

CREATE INDEX called_minute ON data_services.called (minute);

CREATE FUNCTION data_services.forget_calls(before timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
AS $$
    DELETE FROM data_services.called AS c
    WHERE c.minute < least(before, (SELECT max(l.minute) FROM data_services.called AS l)
        - interval '31 days')
$$;
REVOKE ALL ON FUNCTION data_services.forget_calls FROM PUBLIC;
GRANT EXECUTE ON FUNCTION data_services.forget_calls TO lianyi_doors;
