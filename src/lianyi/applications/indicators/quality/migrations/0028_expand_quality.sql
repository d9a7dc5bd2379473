-- 0028 expand: what runs of the rules of quality found, and what people say about it
-- Why: whoever works on the quality of the data must see since when a rule is violated and who has
--   the work; results are kept as rows and violated rows, so that thresholds are judged when read.
-- Old release keeps working: yes, the schema is new and nobody else reads it.
-- Undo: DROP SCHEMA quality CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA quality;

-- What the hash of a rule stands for. Never changes, as it is its hash.
CREATE TABLE quality.rule (
    hash       text  PRIMARY KEY,
    definition jsonb NOT NULL
);

CREATE TABLE quality.run (
    run        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    began_at   timestamptz NOT NULL,
    ended_at   timestamptz NOT NULL,
    watermark  jsonb       NOT NULL,           -- of which rows
    rules      integer     NOT NULL
);

CREATE TABLE quality.result (
    run         bigint NOT NULL REFERENCES quality.run ON DELETE CASCADE,
    rule        text   NOT NULL,
    hash        text   NOT NULL REFERENCES quality.rule,
    source      text   NOT NULL,
    hospital    text   NOT NULL,               -- organisation code; '': nobody said
    department  text   NOT NULL,               -- '': nobody said, or of the whole hospital
    violated    bigint NOT NULL CHECK (violated BETWEEN 0 AND denominator),
    denominator bigint NOT NULL,
    PRIMARY KEY (run, rule, source, hospital, department)
);
CREATE INDEX result_of ON quality.result (rule, source, hospital, department, run);

-- One row for each act about a finding; how it stands is the last that was said.
CREATE TABLE quality.decision (
    decision   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    said       text        NOT NULL CHECK (said IN ('assigned', 'acknowledged', 'reopened')),
    rule       text        NOT NULL,
    source     text        NOT NULL,
    hospital   text        NOT NULL,
    department text        NOT NULL,
    facts      jsonb       NOT NULL,
    by_name    text        NOT NULL,
    account    uuid        NOT NULL,
    at         timestamptz NOT NULL,
    shard      smallint    NOT NULL,           -- position of the act
    number     bigint      NOT NULL,
    UNIQUE (shard, number)
);
CREATE INDEX decision_of ON quality.decision (rule, source, hospital, department, decision);

-- That somebody asks for a run; the process that learns takes it away when it begins.
CREATE TABLE quality.asked (
    asked bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at    timestamptz NOT NULL
);

-- Nobody changes or removes what was said, not even the owner of the tables by mistake.
CREATE FUNCTION quality.keep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'quality.% is only added to', TG_TABLE_NAME; END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON quality.decision
    FOR EACH STATEMENT EXECUTE FUNCTION quality.keep();

-- The organisations that the actor of this session sees; '*' is all of them.
CREATE FUNCTION quality.sight() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT coalesce(array_agg(organisation), '{}') FROM messagelog.sight
    WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
$$;

-- The same as hospital and department, joined by a character that no code has: a code of a
-- department is a hospital's own, so it counts only below those that stand above it.
CREATE FUNCTION quality.places() RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    WITH RECURSIVE above AS (
        SELECT organisation AS code, organisation AS top FROM messagelog.sight
        WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
        UNION
        SELECT above.code, u.parent FROM above JOIN security.unit AS u ON u.code = above.top
        WHERE u.parent IS NOT NULL
    )
    SELECT coalesce(array_agg(top || E'\x1f' || code), '{}') FROM above
$$;
REVOKE ALL ON FUNCTION quality.sight, quality.places FROM PUBLIC;
GRANT EXECUTE ON FUNCTION quality.sight, quality.places TO lianyi_doors;

DO $$
DECLARE
    placed text;
    seen text := '''*'' = ANY ((SELECT quality.sight())::text[])'
        ' OR hospital = ANY ((SELECT quality.sight())::text[])'
        ' OR hospital || E''\x1f'' || department = ANY ((SELECT quality.places())::text[])';
BEGIN
    FOREACH placed IN ARRAY ARRAY['result', 'decision'] LOOP
        EXECUTE format('ALTER TABLE quality.%I ENABLE ROW LEVEL SECURITY', placed);
        EXECUTE format('CREATE POLICY seen ON quality.%I FOR SELECT TO lianyi_doors USING (%s)',
            placed, seen);
    END LOOP;
    EXECUTE format('CREATE POLICY says ON quality.decision FOR INSERT TO lianyi_doors'
        ' WITH CHECK (%s)', seen);
END $$;

-- Rules, when rows were looked at, and that somebody asks tell nothing about anybody: no policy.
GRANT USAGE ON SCHEMA quality TO lianyi_doors;
GRANT SELECT ON quality.rule, quality.run, quality.result, quality.decision TO lianyi_doors;
GRANT INSERT ON quality.decision TO lianyi_doors;
GRANT SELECT, INSERT ON quality.asked TO lianyi_doors;
