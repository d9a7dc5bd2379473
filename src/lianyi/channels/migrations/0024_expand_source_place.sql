-- 0024 expand: where a source that asks stands is remembered
-- Why: a SQL source reads on where it stopped, on whatever host it is started next.
-- Old release keeps working: yes, the table is new.
-- Undo: DROP TABLE channels.source_place;
SET LOCAL lock_timeout = '5s';

CREATE TABLE IF NOT EXISTS channels.source_place (
    channel  integer     PRIMARY KEY REFERENCES channels.channel,
    place    text        NOT NULL,  -- what the source made; hidden like a key of a message
    number   bigint      NOT NULL,  -- messages of the channel up to this number are in it
    resting  boolean     NOT NULL,  -- the source was stopped in peace: nothing came after it
    moved_at timestamptz NOT NULL
);
