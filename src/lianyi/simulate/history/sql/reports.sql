-- Reports of laboratory and imaging, from the lines that lead to one; and what each encounter spent.
CREATE OR REPLACE TABLE report AS
WITH asked AS (
    SELECT *, hash(h, 55) AS r FROM line
    WHERE report IS NOT NULL AND (report NOT IN ('01', '02') OR (h >> 36) % 100 < 55)
), timed AS (
    SELECT l.*, id || '-' || lpad(k::VARCHAR, 3, '0') || 'B' AS number, d.doctors,
        (r >> 56) % 100 < CASE class WHEN '2' THEN 62 WHEN '3' THEN 48 ELSE 7 END AS urgent,
        moment + 600 + draw(r, 0) * CASE WHEN report IN ('01', '02', '09') THEN 1 ELSE 6 END AS received, t.value AS turnaround
    FROM asked AS l JOIN department AS d ON d.code = l.does
    JOIN lag_draw AS t ON t.kind = l.report AND t.draw = draw(r, 1)
)
SELECT *, doctor(does, doctors, draw(r, 2)) AS reporter, received + CASE WHEN urgent THEN turnaround // 3 + 300 ELSE turnaround END AS reported,
    report IN ('01', '02', '03') AND happens(r, 0, 1800) AS rejected, (h >> 20) % 100 < CASE report WHEN '02' THEN 22
        WHEN '04' THEN 62 WHEN '05' THEN 68 WHEN '03' THEN 88 WHEN '06' THEN 48 ELSE 36 END AS positive,
    report IN ('04', '05', '10') AS large, happens(hash(r, 1), 0, 900) AS corrected, class IN ('1', '5') AND happens(hash(r, 1), 1, 14000) AS recognised,
    happens(hash(r, 1), 2, CASE WHEN report = '01' THEN 6500 WHEN report = '02' THEN 9000 WHEN report = '09' THEN 2500 ELSE 900 END)
        AND NOT (report IN ('01', '02', '03') AND happens(r, 0, 1800)) AS critical,
    30 + draw(r, 3) // 6 AS told, a.value AS answered
FROM timed JOIN lag_draw AS a ON a.kind = 'critical value' AND a.draw = draw(r, 4);
DELETE FROM report WHERE reported >= getvariable('ends');

CREATE OR REPLACE TABLE spent AS
SELECT id, yuan(sum(amount)) AS amount, yuan(coalesce(sum(amount) FILTER (category IN ('01', '02', '03')), 0)) AS drugs,
    yuan(coalesce(sum(amount) FILTER (category = '04'), 0)) AS devices, yuan(sum(fund(payer, category, special, amount))) AS fund
FROM line GROUP BY id;
