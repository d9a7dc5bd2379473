-- 0014 expand: consents, and looks in an emergency
-- Why: what a patient refuses is not shown, and who looks all the same is reviewed.
-- Old release keeps working: yes, both tables are new.
-- Undo: DROP TABLE security.glass, security.consent CASCADE; DROP FUNCTION security.sees;
SET LOCAL lock_timeout = '5s';

-- What a patient permits or refuses; never changed but by being withdrawn.
CREATE TABLE security.consent (
    consent      uuid        PRIMARY KEY,
    patient      text        NOT NULL CHECK (patient LIKE '%_^_%'),  -- value^authority
    decision     text        NOT NULL CHECK (decision IN ('permit', 'refuse')),
    purposes     text[]      NOT NULL,              -- empty: all
    against      text[]      NOT NULL,              -- organisations; empty: everybody
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz,
    given_by     text        NOT NULL,
    document     text        NOT NULL,
    organisation text        NOT NULL,              -- that took it
    recorded_by  text        NOT NULL,
    recorded_at  timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text
);
CREATE INDEX consent_patient ON security.consent (patient) WHERE withdrawn_at IS NULL;
CREATE INDEX consent_recorded ON security.consent (recorded_at DESC, consent);

-- A look in an emergency.
CREATE TABLE security.glass (
    glass        uuid        PRIMARY KEY,
    account      uuid        NOT NULL REFERENCES security.account,
    name         text        NOT NULL,
    patients     text[]      NOT NULL,
    position     text        NOT NULL,              -- of a message that names no patient; else empty
    organisation text        NOT NULL,              -- whose data
    purpose      text        NOT NULL,
    reason       text        NOT NULL,
    words        text        NOT NULL,
    began_at     timestamptz NOT NULL,
    until        timestamptz NOT NULL,
    reviewed_by  text,
    reviewed_at  timestamptz,
    justified    boolean,
    remark       text        NOT NULL DEFAULT '',
    CHECK (position <> '' OR patients <> '{}'),
    CHECK ((reviewed_by IS NULL) = (justified IS NULL))
);
CREATE INDEX glass_account ON security.glass (account, until);
CREATE INDEX glass_began ON security.glass (began_at DESC, glass);

-- The wall: somebody sees and changes what organisations took that he sees, and his own looks.
CREATE FUNCTION security.sees(of_organisation text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT EXISTS (SELECT FROM messagelog.sight
                   WHERE actor = nullif(current_setting('lianyi.actor', true), '')::uuid
                     AND organisation IN ('*', of_organisation))
$$;

ALTER TABLE security.consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON security.consent TO lianyi_doors USING (security.sees(organisation));
ALTER TABLE security.glass ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON security.glass TO lianyi_doors
    USING (security.sees(organisation)
           OR account = nullif(current_setting('lianyi.actor', true), '')::uuid)
    WITH CHECK (security.sees(organisation)
                OR account = nullif(current_setting('lianyi.actor', true), '')::uuid);

-- What patients refuse holds for everybody, also for whoever may not read who took it.
CREATE FUNCTION security.standing_consents(of_patients text[]) RETURNS SETOF security.consent
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
    SELECT * FROM security.consent WHERE patient = ANY (of_patients) AND withdrawn_at IS NULL
$$;

GRANT SELECT, INSERT, UPDATE ON security.consent, security.glass TO lianyi_doors;
