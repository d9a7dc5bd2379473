-- 0030 expand: a department is seen below its own hospital only
-- Why: a code of a department is a hospital's own, and security.sees_indicators took it for that of
--   any: whoever led D1 of one hospital was shown, by the database, what lay at D1 of another.
-- Old release keeps working: yes, the function has the same name and arguments, and says less.
-- Undo: run the CREATE FUNCTION security.sees_indicators of 0029 as CREATE OR REPLACE.
SET LOCAL lock_timeout = '5s';

-- Whether the actor of this session sees a hospital's figures, or those of one of its departments:
-- of one that he sees and that stands somewhere below that hospital; see security.indicator_sight.
CREATE OR REPLACE FUNCTION security.sees_indicators(of_hospital text, of_department text)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH RECURSIVE above AS (
        SELECT u.code, u.parent FROM security.unit AS u
        WHERE of_department <> '' AND u.code = of_department
        UNION
        SELECT u.code, u.parent FROM above JOIN security.unit AS u ON u.code = above.parent
    )
    SELECT EXISTS (SELECT FROM security.indicator_sight
                   WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
                     AND (organisation IN ('*', of_hospital)
                          OR organisation = of_department
                             AND EXISTS (SELECT FROM above WHERE parent = of_hospital)))
$$;
