-- 0032 expand: requests for figures, and figures that are offered as services
-- Why: what the library does not hold yet is asked for in words, and what it holds is given to other
--   systems; who asked or offered, who approved how much of it, until when, and who took it must be
--   known to every process.
-- Old release keeps working: yes, everything is new and nobody else reads it.
-- Undo: DROP SCHEMA requests CASCADE; DROP SCHEMA data_services CASCADE;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA requests;

CREATE TABLE requests.request (
    request      uuid        PRIMARY KEY,
    account      uuid        NOT NULL REFERENCES security.account,  -- who asks
    by_name      text        NOT NULL,          -- what he is called
    organisation text        NOT NULL,          -- code; '': everything in the installation
    ask          jsonb       NOT NULL,          -- words, purpose, period, rows, until when, question
    state        text        NOT NULL CHECK (state IN (
        'asked', 'returned', 'approved', 'refused', 'answered', 'withdrawn', 'revoked')),
    version      integer     NOT NULL,          -- counts what was done with it
    granted      jsonb,                         -- places and rows, frozen at the approval
    open_days    integer     NOT NULL,
    answer       jsonb,                         -- the question that answers it
    open_until   timestamptz,
    filed_at     timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    CHECK ((granted IS NULL) = (open_days = 0)),
    CHECK (answer IS NULL OR granted IS NOT NULL)
);
CREATE INDEX request_of ON requests.request (account);
CREATE INDEX request_at ON requests.request (state, filed_at);

-- What was done with a request: one row for each version, and nothing is taken away.
CREATE TABLE requests.word (
    request  uuid        NOT NULL REFERENCES requests.request,
    version  integer     NOT NULL,
    said     text        NOT NULL,
    note     text        NOT NULL,
    by_name  text        NOT NULL,
    account  uuid        NOT NULL,
    at       timestamptz NOT NULL,
    shard    smallint    NOT NULL,              -- position of the act
    number   bigint      NOT NULL,
    PRIMARY KEY (request, version)
);
CREATE FUNCTION requests.keep() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$ BEGIN RAISE EXCEPTION 'requests.% is only added to', TG_TABLE_NAME; END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON requests.word
    FOR EACH STATEMENT EXECUTE FUNCTION requests.keep();

-- A request is seen by whoever asks, and by those who see figures of the organisation it is about:
-- among them are those who decide and answer, and the application lets nobody else see it. Nobody
-- files one in another's name, or says anything so.
ALTER TABLE requests.request ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON requests.request FOR SELECT TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR organisation IN (SELECT organisation FROM security.indicator_sight));
CREATE POLICY filed ON requests.request FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY moved ON requests.request FOR UPDATE TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR organisation IN (SELECT organisation FROM security.indicator_sight));
ALTER TABLE requests.word ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON requests.word FOR SELECT TO lianyi_doors USING (
    EXISTS (SELECT FROM requests.request AS r WHERE r.request = word.request));
CREATE POLICY said ON requests.word FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    AND EXISTS (SELECT FROM requests.request AS r WHERE r.request = word.request));

GRANT USAGE ON SCHEMA requests TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE ON requests.request TO lianyi_doors;
GRANT SELECT, INSERT ON requests.word TO lianyi_doors;

CREATE SCHEMA data_services;

CREATE TABLE data_services.service (
    name         text        NOT NULL,
    version      integer     NOT NULL,
    account      uuid        NOT NULL REFERENCES security.account,  -- who offers it
    by_name      text        NOT NULL,
    organisation text        NOT NULL,          -- code; '': everything in the installation
    says         jsonb       NOT NULL,          -- question, columns, callers, limits, days
    state        text        NOT NULL CHECK (state IN (
        'offered', 'approved', 'refused', 'revoked', 'replaced')),
    offered      jsonb       NOT NULL,          -- places that its owner saw
    granted      jsonb,                         -- places that were approved of those
    hash         text        NOT NULL,          -- of the definitions that were approved
    offered_at   timestamptz NOT NULL,
    decided_by   text        NOT NULL,
    decided_at   timestamptz,
    note         text        NOT NULL,
    PRIMARY KEY (name, version),
    CHECK (state <> 'approved' OR granted IS NOT NULL AND hash <> '')
);
CREATE UNIQUE INDEX service_holds ON data_services.service (name) WHERE state = 'approved';

-- How often somebody called a service in a minute: what limits him, and what the catalogue tells.
CREATE TABLE data_services.called (
    name    text        NOT NULL,
    account uuid        NOT NULL,
    by_name text        NOT NULL,
    minute  timestamptz NOT NULL,
    calls   integer     NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (name, account, minute)
);

-- What is offered holds no figure; callers that see nothing else must find it, so whoever has signed
-- in does, and the application tells less. Nobody offers in another's name; whoever decides sees
-- figures of that organisation.
ALTER TABLE data_services.service ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON data_services.service FOR SELECT TO lianyi_doors USING (
    (SELECT nullif(current_setting('lianyi.actor', true), '')) IS NOT NULL);
CREATE POLICY offered ON data_services.service FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY decided ON data_services.service FOR UPDATE TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
    OR organisation IN (SELECT organisation FROM security.indicator_sight));
-- Calls are seen by whoever made them, by the owner of the service, and by those who see figures of
-- its organisation.
ALTER TABLE data_services.called ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON data_services.called FOR SELECT TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR EXISTS (
        SELECT FROM data_services.service AS s WHERE s.name = called.name
        AND (s.account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
             OR (SELECT EXISTS (SELECT FROM security.indicator_sight WHERE organisation = '*'))
             OR s.organisation IN (SELECT organisation FROM security.indicator_sight))));
CREATE POLICY counted ON data_services.called FOR INSERT TO lianyi_doors WITH CHECK (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));
CREATE POLICY more ON data_services.called FOR UPDATE TO lianyi_doors USING (
    account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid));

GRANT USAGE ON SCHEMA data_services TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE ON data_services.service, data_services.called TO lianyi_doors;
