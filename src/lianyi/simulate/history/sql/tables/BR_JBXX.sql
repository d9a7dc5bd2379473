WITH known AS (
    SELECT number, chance(42, number, 'patient') AS h, number >= pool(160) AND number < pool(340) AS woman,
        date_of(day_of(getvariable('starts')) + 548 - age_of(CASE WHEN number < pool(160) THEN 'child'
            WHEN number < pool(340) THEN 'woman' WHEN number < pool(720) THEN 'adult' ELSE 'old' END,
            chance(42, number, 'patient'))) AS born
    FROM range(getvariable('pool')) AS p (number)
    UNION ALL
    SELECT patient, chance(42, patient, 'patient'), d.patients = 'woman',
        date_of(CASE WHEN d.patients = 'newborn' THEN day_of(s.admitted) - draw(chance(42, patient, 'patient'), 4) % 12
            ELSE day_of(getvariable('starts')) + 548 - age_of(d.patients, chance(42, patient, 'patient')) END)
    FROM stay AS s JOIN department AS d ON d.code = s.department WHERE patient >= getvariable('pool')
    QUALIFY row_number() OVER (PARTITION BY patient ORDER BY admitted) = 1
    UNION ALL
    SELECT never_here_before(stream, number), chance(42, number, stream), false,
        date_of(day_of(getvariable('starts')) + 548 - age_of('old', chance(42, number, stream)))
    FROM (SELECT stream, first + unnest(range(count)) AS number FROM arrival WHERE stream IN ('emergency', 'observation'))
    WHERE dies_at_once(stream, chance(12, number, stream))
)
SELECT lpad(number::VARCHAR, 10, '0') AS BRID,
    CASE WHEN happens(h, 0, 1500) THEN '9' WHEN woman THEN '2' WHEN happens(h, 1, 510000) THEN '1' ELSE '2' END AS XB, born AS CSRQ
FROM known
