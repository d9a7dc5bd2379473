-- 0023 expand: links by which another system opens one patient's record for one of its users
-- Why: the record stands in a frame of the electronic record of the ward; the link opens it once,
-- and what comes of it shows that patient only.
-- Old release keeps working: yes, the table is new; what a link opens is no session there, as its
-- token is of a kind that no cookie may be.
-- Undo: DROP TABLE security.record_link;
SET LOCAL lock_timeout = '5s';

CREATE TABLE IF NOT EXISTS security.record_link (
    link       uuid        PRIMARY KEY,
    stored     bytea       NOT NULL UNIQUE,    -- SHA-256 of what the address carries
    system     uuid        NOT NULL REFERENCES security.account,  -- that asked for it
    account    uuid        NOT NULL REFERENCES security.account,  -- for whom
    record     text        NOT NULL,           -- number of the one record that it opens
    purpose    text        NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,           -- until when it may be opened
    used_at    timestamptz,
    session    bytea       UNIQUE REFERENCES security.session     -- that came of it
);
CREATE INDEX IF NOT EXISTS record_link_made ON security.record_link (made_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON security.record_link TO lianyi_doors;
