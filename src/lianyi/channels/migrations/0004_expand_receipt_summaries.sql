-- 0004 expand: new receipts are found as fast as old ones
-- Why: a block-range index knows nothing of blocks written since the last vacuum, and the console
-- asks for the newest receipts most; each question then read all of today's.
-- Old release keeps working: yes, the index only gets its summaries sooner.
-- Undo: the same with autosummarize = off.
SET LOCAL lock_timeout = '5s';

DROP INDEX channels.receipt_position;

CREATE INDEX receipt_position ON channels.receipt
    USING brin (shard, number) WITH (pages_per_range = 16, autosummarize = on);
