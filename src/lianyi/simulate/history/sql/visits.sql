-- The visits of one month, from day `month_first` until before day `month_end`.
CREATE OR REPLACE TABLE visit AS
WITH came AS (
    SELECT stream, winter, day, first, first + unnest(range(count)) AS number FROM arrival
    WHERE stream NOT IN ('urgent', 'elective', 'day')
        AND day >= getvariable('month_first') AND day < getvariable('month_end')
), drawn AS (
    SELECT *, chance(11, number, stream) AS h1, chance(12, number, stream) AS h2, chance(13, number, stream) AS h3 FROM came
), placed AS (
    SELECT v.*, s.code AS letter, s.class, d.department, v.day * 86400::BIGINT + t.second AS registered,
        stream = 'clinic' AND happens(h3, 0, 18000) AS withdrawn,
        stream = 'clinic' AND happens(h3, 1, 640000) AS booked,
        dies_at_once(stream, h2) AND d.department = '0501' AS gone
    FROM drawn AS v
    JOIN stream AS s USING (stream)
    JOIN department_draw AS d ON d.stream = v.stream AND d.winter = v.winter AND d.draw = draw(h1, 0)
    JOIN second_draw AS t ON t.stream = v.stream AND t.draw = draw(h1, 1)
)
SELECT v.*, v.letter || strftime(date_of(day), '%Y%m%d') || lpad((number - first)::VARCHAR, 6, '0') AS id,
    CASE WHEN v.gone THEN never_here_before(v.stream, v.number) ELSE patient_of(d.patients, h2) END AS patient, d.doctors, draw(h1, 2) AS doctor_draw, p.payer, c.code AS diagnosis,
    v.department = '0510' AS special, registered + 60 + draw(h1, 3) // 8 AS arrived,
    registered + 60 + draw(h1, 3) // 8 + w.value AS seen, n.value AS lines,
    v.gone AS died,
    v.stream AS profile
FROM placed AS v
JOIN department AS d ON d.code = v.department
JOIN payer_draw AS p ON p.draw = draw(v.h2, 4)
JOIN diagnosis_draw AS c ON c.department = v.department AND c.draw = draw(v.h2, 3)
JOIN lag_draw AS w ON w.kind = v.stream AND w.draw = draw(v.h1, 4)
JOIN count_draw AS n ON n.profile = v.stream AND n.draw = draw(v.h2, 0);
