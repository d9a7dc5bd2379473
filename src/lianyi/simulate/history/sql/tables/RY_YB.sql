SELECT strftime(m.day, '%Y%m') AS YF, worker(kind, department, number) AS GH, department AS KSDM, kind AS RYLB, title AS ZC,
    specialty AS ZYLB, yes(kind NOT IN ('1', '2') OR NOT happens(h, 0, 15000)) AS ZCBZ,
    yes(kind = '1' AND happens(hash(h, m.day), 1, 20000)) AS JXBZ
FROM (SELECT *, chance(44, number, kind || department) AS h FROM staff)
CROSS JOIN (SELECT day, row_number() OVER (ORDER BY day) - 1 AS nth
    FROM (SELECT DISTINCT date_trunc('month', date_of(day))::DATE AS day FROM ward_day)) AS m
WHERE m.nth >= since AND (until IS NULL OR m.nth < until)
