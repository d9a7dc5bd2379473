-- 0033 expand: a destination that is taken out of its channel still delivers what came before
-- Why: what was acknowledged and queued for it, or parked, was seen nowhere once it was taken out.
-- Old release keeps working: yes, the columns are new and nullable.
-- Undo: ALTER TABLE channels.destination DROP COLUMN out_from, DROP COLUMN out_until,
--       DROP COLUMN last_version;
SET LOCAL lock_timeout = '5s';

ALTER TABLE channels.destination
    ADD COLUMN IF NOT EXISTS out_from     bigint,  -- what came after this was not for it
    ADD COLUMN IF NOT EXISTS out_until    bigint,  -- until it was in the definition again
    ADD COLUMN IF NOT EXISTS last_version integer; -- of the definition, the last that named it
