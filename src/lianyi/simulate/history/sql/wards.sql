-- Wards as large as the stays need at 92 per cent, and how many lie in each when a day ends.
CREATE TABLE ward AS
WITH used AS (
    SELECT department, sum(greatest(0, least(ended, getvariable('ends')) - greatest(began, getvariable('starts'))))
        ::BIGINT AS seconds, getvariable('ends') - getvariable('starts') AS span
    FROM bedded GROUP BY department
), counted AS (SELECT *, greatest(1, (seconds + span * 42 - 1) // (span * 42)) AS wards FROM used)
SELECT department, unnest(range(wards)) AS number, wards,
    greatest(1, (seconds * 100 + span * wards * 92 - 1) // (span * wards * 92)) AS beds
FROM counted;

CREATE TABLE ward_day AS
WITH change AS (
    SELECT b.department, (b.h2 % w.wards::UBIGINT)::BIGINT AS number, day_of(t.moment) AS day, sum(t.step) AS step
    FROM bedded AS b
    JOIN (SELECT DISTINCT department, wards FROM ward) AS w USING (department)
    CROSS JOIN LATERAL (VALUES (b.began, 1), (b.ended, -1)) AS t (moment, step)
    GROUP BY ALL
), first_days AS (SELECT unnest(range(day_of(getvariable('starts')) - 240, day_of(getvariable('ends')))) AS day
), everywhere AS (SELECT w.*, d.day FROM ward AS w CROSS JOIN first_days AS d)
SELECT e.department, e.number, e.beds, e.day,
    sum(coalesce(c.step, 0)) OVER (PARTITION BY e.department, e.number ORDER BY e.day)::INTEGER AS occupied
FROM everywhere AS e LEFT JOIN change AS c USING (department, number, day);
DELETE FROM ward_day WHERE day < day_of(getvariable('starts'));
