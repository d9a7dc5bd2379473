-- 0025 expand: what people decide about indicators, and the values that were published
-- Why: a published value is what a hospital answers for; it must stand beside everything that was
--   said later, and nobody may change it.
-- Old release keeps working: yes, the schema is new and nobody else reads it.
-- Undo: DROP SCHEMA indicators CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA indicators;

-- What a hash stands for: numerator, denominator, unit, validity. Never changes, as it is its hash.
CREATE TABLE indicators.definition (
    hash       text  PRIMARY KEY,
    definition jsonb NOT NULL
);

-- One row for each act: proposals, approvals, entries, targets, rules of alerts, acknowledgements.
-- What holds is the last that was said; written in the transaction that holds the act in the log.
CREATE TABLE indicators.decision (
    decision bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    said     text        NOT NULL,
    code     text        NOT NULL,             -- of the indicator
    caliber  text        NOT NULL,
    hospital text        NOT NULL DEFAULT '',  -- organisation code; '': of all
    facts    jsonb       NOT NULL,
    by_name  text        NOT NULL,
    account  uuid        NOT NULL,
    at       timestamptz NOT NULL,
    shard    smallint    NOT NULL,             -- position of the act
    number   bigint      NOT NULL,
    UNIQUE (shard, number)
);
CREATE INDEX decision_said ON indicators.decision (said, code);

-- Values as they were published, chained: each row holds SHA-256 over itself and the row before,
-- and the act in the log holds that of the last. A value that is told anew is another row.
CREATE TABLE indicators.published (
    published    bigint      PRIMARY KEY,      -- 1, 2, 3 … without a gap
    code         text        NOT NULL,
    caliber      text        NOT NULL,
    version      integer     NOT NULL,
    hash         text        NOT NULL REFERENCES indicators.definition,
    tree_on      date        NOT NULL,         -- the organisation tree of this day
    hospital     text        NOT NULL,
    department   text        NOT NULL,         -- '': the whole hospital
    first_month  integer     NOT NULL,         -- months since January 2000
    last_month   integer     NOT NULL,
    numerator    numeric     NOT NULL,         -- as counted: money in fen, times in seconds
    denominator  numeric,
    watermark    jsonb       NOT NULL,         -- of which facts it was counted
    evidence     jsonb       NOT NULL,         -- files that name the rows that were counted
    computed_at  timestamptz NOT NULL,
    published_by text        NOT NULL,
    restates     bigint      REFERENCES indicators.published,
    reason       text        NOT NULL,
    chain        bytea       NOT NULL,
    shard        smallint    NOT NULL,         -- position of the act
    number       bigint      NOT NULL
);
CREATE INDEX published_of ON indicators.published
    (code, caliber, first_month, last_month, hospital, department, published);
CREATE UNIQUE INDEX published_restates ON indicators.published (restates);

CREATE TABLE indicators.alert (
    alert       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text        NOT NULL CHECK (kind IN ('target', 'sudden', 'missing')),
    code        text        NOT NULL,
    caliber     text        NOT NULL,
    hospital    text        NOT NULL,
    department  text        NOT NULL,
    first_month integer     NOT NULL,
    last_month  integer     NOT NULL,
    value       double precision,              -- in the unit of the indicator
    lowest      double precision,              -- what would have been well
    highest     double precision,
    published   bigint      NOT NULL DEFAULT 0, -- the value that it is about; 0: there is none
    rule        bigint      NOT NULL REFERENCES indicators.decision,
    raised_at   timestamptz NOT NULL,
    UNIQUE (rule, hospital, department, first_month, last_month, published)
);

-- Nobody changes or removes what was said, not even the owner of the tables by mistake.
CREATE FUNCTION indicators.keep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'indicators.% is only added to', TG_TABLE_NAME; END $$;
DO $$
DECLARE kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['definition', 'decision', 'published', 'alert'] LOOP
        EXECUTE format('CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON indicators.%I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION indicators.keep()', kept);
    END LOOP;
END $$;

GRANT USAGE ON SCHEMA indicators TO lianyi_doors;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA indicators TO lianyi_doors;
