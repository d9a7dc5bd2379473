-- Every stay of the window and of the weeks before it: who, where, how long, what happened.
CREATE TABLE drawn AS
SELECT a.stream, a.winter, a.number, a.day, d.department,
    chance(1, a.number, a.stream) AS h1, chance(2, a.number, a.stream) AS h2, chance(3, a.number, a.stream) AS h3
FROM (SELECT stream, winter, day, first + unnest(range(count)) AS number FROM arrival
      WHERE stream IN ('urgent', 'elective', 'day')) AS a
JOIN department_draw AS d
    ON d.stream = CASE WHEN a.stream = 'day' THEN 'day' ELSE 'stay' END AND d.winter = a.winter
    AND d.draw = draw(chance(1, a.number, a.stream), 0);

CREATE TABLE base AS
SELECT w.stream, w.number, 0 AS again, w.department, w.h1, w.h2, w.h3, patient_of(d.patients, w.h2) AS patient,
    w.stream <> 'day' AND happens(w.h3, 2, d.deaths * 100) AS died,
    w.stream <> 'day' AND d.patients <> 'newborn' AND happens(w.h2, 2, 23000) AND NOT happens(w.h3, 2, d.deaths * 100) AS returns,
    w.day * 86400::BIGINT + s.second AS admitted,
    CASE WHEN w.stream = 'day' THEN (draw(w.h1, 2) < 900)::INTEGER ELSE greatest(1, least(180, (l.value + 5) // 10)) END AS days
FROM drawn AS w
JOIN department AS d ON d.code = w.department
JOIN second_draw AS s ON s.stream = w.stream AND s.draw = draw(w.h1, 1)
LEFT JOIN length_draw AS l ON l.department = w.department AND l.draw = draw(w.h1, 2);
DROP TABLE drawn;

CREATE MACRO discharge(admitted, days, h) AS CASE WHEN days = 0
    THEN admitted + 3 * 3600 + (h % 18000)::BIGINT
    ELSE (day_of(admitted) + days) * 86400::BIGINT + 9 * 3600 + (h % 28800)::BIGINT END;

-- Some are seen in this one illness only, and have a number of their own beyond the pool: the newborn, those who die,
-- those who come back soon, and whoever would otherwise lie in two beds at once.
UPDATE base SET patient = getvariable('pool') + 3 * number + CASE stream WHEN 'urgent' THEN 0 WHEN 'elective' THEN 1 ELSE 2 END
FROM (SELECT number AS n, stream AS s, max(discharge(admitted, days, h3)) OVER (PARTITION BY patient ORDER BY admitted, stream, number
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM base) AS earlier
WHERE n = number AND s = stream AND (died OR returns OR department = '0304' OR before >= admitted);

-- Those who come back unplanned within 31 days: stays of their own, in the same department.
INSERT INTO base
SELECT b.stream, b.number, 1, b.department, chance(4, b.number, b.stream), chance(5, b.number, b.stream),
    chance(6, b.number, b.stream), b.patient, false, false,
    discharge(b.admitted, b.days, b.h3) + (1 + draw(b.h3, 1) % 30) * 86400::BIGINT + draw(b.h3, 2) * 6,
    greatest(1, least(180, (l.value + 5) // 10))
FROM base AS b
JOIN length_draw AS l ON l.department = b.department AND l.draw = draw(chance(4, b.number, b.stream), 2)
WHERE b.returns;

CREATE TABLE stay AS
SELECT row_number() OVER (ORDER BY admitted, stream, number, again) AS serial, b.*,
    discharge(admitted, days, h3) AS discharged,
    CASE WHEN stream = 'day' THEN happens(h3, 1, 360000 * (d.surgery > 100)::INTEGER)
         ELSE happens(h3, 1, d.surgery * 1000) END AS operated,
    -- 1: three in a hundred see intensive care between; 2: four in a hundred go on elsewhere
    CASE WHEN days < 3 OR stream = 'day' OR b.department = '0502' THEN 0
         WHEN draw(h2, 0) < 120 THEN 1 WHEN draw(h2, 0) < 290 THEN 2 ELSE 0 END AS moves
FROM base AS b JOIN department AS d ON d.code = b.department
WHERE discharge(admitted, days, h3) >= getvariable('starts') AND admitted < getvariable('ends');
DROP TABLE base;

CREATE TABLE lived AS
SELECT s.*, least(discharged, getvariable('ends')) AS until, discharged >= getvariable('ends') AS inside,
    'Z' || strftime(date_of(day_of(admitted)), '%Y') || lpad(serial::VARCHAR, 8, '0') AS id,
    admitted + (discharged - admitted) // 4 AS moved,
    CASE WHEN moves = 1 THEN admitted + (discharged - admitted) // 4
        + least((discharged - admitted) // 2, (1 + draw(h2, 1) % 6) * 86400) END AS back,
    CASE WHEN moves = 2 AND o.draw IS NOT NULL THEN o.department ELSE s.department END AS leaves,
    CASE WHEN s.stream = 'day' THEN '4' ELSE '5' END AS class,
    CASE WHEN s.stream = 'day' THEN 'day' WHEN operated AND d.implant THEN 'implant'
        WHEN operated THEN 'surgical' ELSE 'medical' END AS profile,
    p.payer, d.doctors, d.mdc, d.weight, draw(h1, 3) AS doctor_draw, c.code AS diagnosis, s.department = '0510' AS special
FROM stay AS s
JOIN department AS d ON d.code = s.department
JOIN payer_draw AS p ON p.draw = draw(s.h1, 4)
JOIN diagnosis_draw AS c ON c.department = s.department AND c.draw = draw(s.h2, 3)
LEFT JOIN department_draw AS o ON s.moves = 2 AND o.stream = 'stay' AND NOT o.winter AND o.draw = draw(s.h2, 2)
    AND NOT EXISTS (FROM department AS t WHERE t.code = o.department AND t.patients <> 'adult' AND t.patients <> 'old')
    AND d.patients IN ('adult', 'old');
DROP TABLE stay;
ALTER TABLE lived RENAME TO stay;

-- Where each patient lay from when to when: one row for each department of a stay.
CREATE TABLE bedded AS
SELECT serial, department AS department, admitted AS began, CASE WHEN moves > 0 AND (moves = 1 OR leaves <> department)
    THEN moved ELSE discharged END AS ended, h2 FROM stay WHERE stream <> 'day'
UNION ALL SELECT serial, '0502', moved, back, h2 FROM stay WHERE moves = 1
UNION ALL SELECT serial, department, back, discharged, h2 FROM stay WHERE moves = 1
UNION ALL SELECT serial, leaves, moved, discharged, h2 FROM stay WHERE moves = 2 AND leaves <> department;
