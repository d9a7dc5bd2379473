-- 0026 expand: who is told of changes of the repository, as whom, and how far
-- Why: a Subscription is a resource of the log; how far its receiver has acknowledged, which events
--   have which number, and as whom it sees must be known to every process, and after a restart.
-- Old release keeps working: yes, the schema and the table are new and nobody else reads them.
-- Undo: DROP SCHEMA subscriptions CASCADE; DROP TABLE security.hook_secret;
SET LOCAL lock_timeout = '5s';

CREATE SCHEMA subscriptions;

-- How far the versions that messages made were looked at.
CREATE TABLE subscriptions.reader (
    shard    smallint PRIMARY KEY,
    position bigint   NOT NULL
);

-- As whom a subscription sees, once it was written by somebody who may.
CREATE TABLE subscriptions.pact (
    pact         uuid        PRIMARY KEY,
    subscription text        NOT NULL,          -- id of the resource
    account      uuid        NOT NULL REFERENCES security.account,
    acting       jsonb       NOT NULL,          -- purpose, factors, app, its scopes and patient
    digest       bytea       NOT NULL,          -- of what was subscribed to: nothing else is followed
    made_at      timestamptz NOT NULL
);
CREATE INDEX pact_subscription ON subscriptions.pact (subscription);

CREATE TABLE subscriptions.subscription (
    subscription text        PRIMARY KEY,       -- id of the resource
    pact         uuid        NOT NULL REFERENCES subscriptions.pact,
    account      uuid        NOT NULL,
    channel      integer     NOT NULL,          -- whose the resource is
    resource     bytea       NOT NULL,          -- as it was learned last
    version      integer     NOT NULL,          -- of the resource
    says         text        NOT NULL,          -- the status in the resource
    state        text        NOT NULL CHECK (state IN ('requested', 'active', 'error', 'off')),
    numbered     bigint      NOT NULL DEFAULT 0, -- events that have a number
    told         bigint      NOT NULL DEFAULT 0, -- the last one that the receiver acknowledged
    trailed      bigint      NOT NULL DEFAULT 0, -- the last one that the trail knows
    failures     integer     NOT NULL DEFAULT 0, -- in a row
    due_at       timestamptz,                   -- not to be tried before
    spoken_at    timestamptz,                   -- when the receiver answered last
    error        jsonb                          -- code, where, facts
);

-- What a subscription may have to tell of; it has a number once it was seen that it may.
CREATE TABLE subscriptions.event (
    subscription text        NOT NULL REFERENCES subscriptions.subscription ON DELETE CASCADE,
    seq          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    number       bigint,
    shard        smallint    NOT NULL,          -- the message that made the version
    position     bigint      NOT NULL,
    rid          bigint      NOT NULL,
    type         text        NOT NULL,
    id           text        NOT NULL,
    method       text        NOT NULL,
    happened_at  timestamptz NOT NULL,
    PRIMARY KEY (subscription, seq)
);
CREATE UNIQUE INDEX event_number ON subscriptions.event (subscription, number)
    WHERE number IS NOT NULL;
CREATE INDEX event_waits ON subscriptions.event (subscription, seq) WHERE number IS NULL;
CREATE INDEX event_happened ON subscriptions.event (happened_at);

-- A subscription is seen by whoever subscribed, and by the platform that works on it.
ALTER TABLE subscriptions.subscription ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON subscriptions.subscription TO lianyi_doors USING (
    subscription.account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR '00000000-0000-0000-0000-000000000001'
        = (SELECT nullif(current_setting('lianyi.actor', true), '')));
ALTER TABLE subscriptions.pact ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON subscriptions.pact TO lianyi_doors USING (
    pact.account = (SELECT nullif(current_setting('lianyi.actor', true), '')::uuid)
    OR '00000000-0000-0000-0000-000000000001'
        = (SELECT nullif(current_setting('lianyi.actor', true), '')));
ALTER TABLE subscriptions.event ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON subscriptions.event TO lianyi_doors USING (
    EXISTS (SELECT FROM subscriptions.subscription AS s
            WHERE s.subscription = event.subscription));
ALTER TABLE subscriptions.reader ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON subscriptions.reader TO lianyi_doors USING (
    '00000000-0000-0000-0000-000000000001'
        = (SELECT nullif(current_setting('lianyi.actor', true), '')));

-- How many subscriptions are on, whosever they are.
CREATE FUNCTION subscriptions.running() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$ SELECT count(*) FROM subscriptions.subscription WHERE state <> 'off' $$;
REVOKE ALL ON FUNCTION subscriptions.running FROM PUBLIC;

-- The secrets of headers, sealed; one for each pact.
CREATE TABLE security.hook_secret (
    pact   uuid  PRIMARY KEY REFERENCES subscriptions.pact ON DELETE CASCADE,
    sealed bytea NOT NULL
);
CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OF sealed ON security.hook_secret
    FOR EACH ROW EXECUTE FUNCTION security.refuse_retired('sealed');

GRANT USAGE ON SCHEMA subscriptions TO lianyi_doors;
GRANT SELECT, INSERT, UPDATE, DELETE ON subscriptions.reader, subscriptions.pact,
    subscriptions.subscription, subscriptions.event, security.hook_secret TO lianyi_doors;
GRANT EXECUTE ON FUNCTION subscriptions.running TO lianyi_doors;
