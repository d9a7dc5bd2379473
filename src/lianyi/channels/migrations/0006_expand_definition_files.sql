-- 0006 expand: a version of a channel keeps the tables, step lists and functions that it used
-- Why: a version may differ from the one before in such a file only, and nobody could say any more
-- what it had made of a message. A file that many versions share is kept once.
-- Old release keeps working: yes, the tables are new; what it puts in force has no files here and
-- is shown by the definition in force, with words that say so.
-- Undo: DROP TABLE channels.definition_file, channels.shared_file;
SET LOCAL lock_timeout = '5s';

CREATE TABLE channels.shared_file (
    digest  bytea PRIMARY KEY,   -- SHA-256 of the content
    content bytea NOT NULL
);

CREATE TABLE channels.definition_file (
    channel integer NOT NULL,
    version integer NOT NULL,
    name    text    NOT NULL,    -- below the content folder: tables/tests.csv
    digest  bytea   NOT NULL REFERENCES channels.shared_file,
    PRIMARY KEY (channel, version, name),
    FOREIGN KEY (channel, version) REFERENCES channels.definition
);
