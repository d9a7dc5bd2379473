SELECT id || '-' || lpad(k::VARCHAR, 3, '0') AS YZXH, id AS JZXH, class AS JZLX, kind AS YZLB, orders AS KDKS, does AS ZXKS,
    doctor AS KDYS, instant(moment) AS KDSJ, CASE WHEN NOT cancelled AND moment + wait < getvariable('ends') THEN instant(least(moment + wait, discharged)) END AS ZXSJ,
    yes(urgent) AS JJBZ, yes(cancelled) AS ZFBZ, yes(NOT cancelled AND moment + wait < getvariable('ends') AND happens(q, 1, 930000)) AS BHBZ
FROM (
    SELECT *, happens(q, 0, 12000) AS cancelled, (q >> 40) % 100 < CASE class WHEN '2' THEN 60 WHEN '3' THEN 45 ELSE 8 END AS urgent,
        300 + 2 * draw(q, 4) * CASE WHEN class IN ('4', '5') THEN 2 ELSE 1 END AS wait,
        CASE WHEN category IN ('01', '02', '03') THEN '1' WHEN category = '05' THEN '2' WHEN category = '06' THEN '3'
            WHEN category = '08' THEN '5' WHEN category = '10' THEN CASE WHEN k % 8 = 3 THEN '7' ELSE '6' END WHEN category = '13' THEN '8'
            WHEN category = '07' AND class = '5' AND h % 12 = 0 THEN '9' ELSE '4' END AS kind
    FROM (SELECT *, hash(h, 51) AS q FROM line WHERE category NOT IN ('09', '11', '12', '99') AND (h >> 24) % 100 < 27)
)
