-- 0003 expand: a parked delivery may go on with a repaired message; open exceptions are found fast
-- Why: what a person corrects is recorded as an act of its own, and the delivery must know which;
-- the console asks for the exceptions of a message, and for what waits behind a parked one.
-- Old release keeps working: yes, the columns are new and nullable, the indexes only help.
-- Undo: DROP INDEX channels.exception_message, channels.exception_key;
--       ALTER TABLE channels.exception DROP COLUMN repaired_shard, DROP COLUMN repaired_number;
SET LOCAL lock_timeout = '5s';

ALTER TABLE channels.exception
    ADD COLUMN repaired_shard  smallint,
    ADD COLUMN repaired_number bigint;

CREATE INDEX exception_message ON channels.exception (shard, number);

CREATE INDEX exception_key ON channels.exception (destination, order_key)
    WHERE state IN ('waiting', 'parked', 'behind', 'resend');
