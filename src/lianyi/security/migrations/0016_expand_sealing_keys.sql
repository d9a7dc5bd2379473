-- 0016 expand: which keys have sealed here, and which of them must not seal any more; when somebody
-- last showed his password in a session
-- Why: a key file that was lost must not be replaced by a new one in silence, and the file of
-- another installation must be told from ours before it seals anything. And a key that is taken
-- away must not seal a value that was on its way meanwhile: nobody could open it.
-- Setting up or taking away a second factor needs a password shown minutes ago, not hours.
-- Old release keeps working: yes, table and column are new; the triggers know no retired key before one is.
-- Undo: DROP TRIGGER sealed ON security.second_factor; DROP TRIGGER sealed ON
--   security.session_origin; DROP FUNCTION security.refuse_retired; DROP TABLE security.sealing_key;
--   ALTER TABLE security.session DROP COLUMN proved_at;
SET LOCAL lock_timeout = '5s';

ALTER TABLE security.session ADD COLUMN proved_at timestamptz;  -- none: when it began

CREATE TABLE security.sealing_key (
    name        text        PRIMARY KEY,  -- k1, k2, ...
    fingerprint text        NOT NULL,     -- tells a key from any other; nothing of it can be learned
    made_at     timestamptz NOT NULL,
    retired_at  timestamptz
);

GRANT SELECT, INSERT ON security.sealing_key TO lianyi_doors;

-- Bytes 2 to 4 of what is sealed are the number of its key.
CREATE FUNCTION security.refuse_retired() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
DECLARE
    sealed bytea := to_jsonb(NEW) ->> TG_ARGV[0];  -- the column that the trigger names
    key text;
BEGIN
    IF octet_length(sealed) < 5 THEN
        RETURN NEW;
    END IF;
    key := 'k' || (get_byte(sealed, 2) * 65536 + get_byte(sealed, 3) * 256 + get_byte(sealed, 4));
    IF EXISTS (SELECT FROM security.sealing_key AS k
               WHERE k.name = key AND k.retired_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the key % is retired', key;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OF secret ON security.second_factor
    FOR EACH ROW EXECUTE FUNCTION security.refuse_retired('secret');
CREATE TRIGGER sealed BEFORE INSERT OR UPDATE OF hint ON security.session_origin
    FOR EACH ROW EXECUTE FUNCTION security.refuse_retired('hint');
