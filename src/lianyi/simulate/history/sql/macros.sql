-- Draws and units. A moment is the seconds since 2000 of the hospital's own clock, a day the days since then.
CREATE MACRO chance(salt, a, b) AS hash(a, b, salt, getvariable('seed'));
CREATE MACRO draw(h, place) AS ((h >> (12 * place)) & 4095)::INTEGER;                    -- five in one hash
CREATE MACRO happens(h, place, per_million) AS
    ((h >> (20 * place)) & 1048575)::BIGINT * 1000000 < per_million::BIGINT * 1048576;   -- three in one hash
CREATE MACRO instant(moment) AS make_timestamp((moment + 946684800) * 1000000);
CREATE MACRO day_of(moment) AS (moment // 86400)::INTEGER;
CREATE MACRO date_of(day) AS DATE '2000-01-01' + day::INTEGER;
CREATE MACRO yuan(fen) AS (fen::DECIMAL(12, 0) * 0.01::DECIMAL(2, 2))::DECIMAL(14, 2);
CREATE MACRO yes(condition) AS CASE WHEN condition THEN '1' ELSE '0' END;
CREATE MACRO worker(kind, department, number) AS kind || department || lpad((number + 1)::VARCHAR, 4, '0');
CREATE MACRO doctor(department, doctors, drawn) AS worker('1', department, drawn % doctors);

-- Who comes: a number in the pool of patients, in which children, women who may give birth, adults and the
-- old lie one after another. Three tenths of them come for half of all visits.
CREATE MACRO pool(part) AS getvariable('pool') * part // 1000;
CREATE MACRO someone(from_part, to_part, h) AS pool(from_part) + ((h >> 8) % (CASE WHEN h & 1 = 1
    THEN pool(to_part) - pool(from_part) ELSE (pool(to_part) - pool(from_part)) * 3 // 10 + 1 END)::UBIGINT)::BIGINT;
CREATE MACRO patient_of(kind, h) AS CASE kind
    WHEN 'child' THEN someone(0, 160, h)
    WHEN 'woman' THEN someone(160, 340, h)
    WHEN 'old' THEN CASE WHEN (h >> 1) & 3 < 3 THEN someone(720, 1000, h) ELSE someone(340, 720, h) END
    ELSE CASE WHEN (h >> 1) & 3 < 1 THEN someone(720, 1000, h)
              WHEN (h >> 1) & 3 < 2 THEN someone(160, 340, h) ELSE someone(340, 720, h) END END;

-- Some die in the emergency room; they were never here before.
CREATE MACRO dies_at_once(stream, h) AS stream IN ('emergency', 'observation')
    AND happens(h, 1, CASE WHEN stream = 'emergency' THEN 900 ELSE 9000 END);
CREATE MACRO never_here_before(stream, number) AS
    4 * getvariable('pool') + 2 * number + CASE stream WHEN 'emergency' THEN 0 ELSE 1 END;

-- The age in days of a patient of a kind, on the first day of the middle of the window.
CREATE MACRO age_of(kind, h) AS CASE kind
    WHEN 'child' THEN 548 + (h % 4500)::BIGINT
    WHEN 'woman' THEN 19 * 365 + (h % 9500)::BIGINT
    WHEN 'old' THEN 59 * 365 + ((h % 4000) + ((h >> 24) % 4000) + ((h >> 48) % 3000))::BIGINT
    ELSE 17 * 365 + (h % 15500)::BIGINT END;

-- What the fund pays: per cent of the amount by payer, less of devices, nothing of special service.
CREATE MACRO fund(payer, category, special, amount) AS CASE WHEN special THEN 0
    ELSE amount * (CASE payer WHEN '01' THEN 72 WHEN '02' THEN 58 WHEN '05' THEN 88 ELSE 0 END
                   - CASE WHEN category = '04' AND payer IN ('01', '02', '05') THEN 12 ELSE 0 END) // 100 END;
