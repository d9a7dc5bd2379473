-- 0005 expand: a replay counts what it skips, by reason
-- Why: a replay sends only what the destination would have got; people must see what it left out.
-- Old release keeps working: yes, the columns are new and have a default.
-- Undo: ALTER TABLE channels.replay DROP COLUMN held, DROP COLUMN dismissed, DROP COLUMN filtered;
SET LOCAL lock_timeout = '5s';

ALTER TABLE channels.replay
    ADD COLUMN held      bigint NOT NULL DEFAULT 0,  -- the gate holds them
    ADD COLUMN dismissed bigint NOT NULL DEFAULT 0,  -- a person gave them up
    ADD COLUMN filtered  bigint NOT NULL DEFAULT 0;  -- the destination does not want them
