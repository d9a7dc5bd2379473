SELECT id || '-' || turn::VARCHAR AS SSXH, id AS ZYXH, class AS JZLX, department AS SSKS, doctor(department, s.doctors, doctor_draw) AS SSYS,
    doctor(department, s.doctors, doctor_draw + 1) AS ZSYS, CASE WHEN anaesthesia IN ('2', '3') THEN doctor('0601', a.doctors, draw(o3, 4)) END AS MZYS,
    CASE WHEN planned_day IS NOT NULL THEN instant(scheduled) END AS PTSJ, CASE WHEN NOT cancelled THEN instant(started) END AS KSSJ,
    CASE WHEN NOT cancelled THEN instant(started + lasts) END AS JSSJ, c.code AS SSBM, kind AS CZLB, level::VARCHAR AS SSJB,
    yes(planned_day IS NOT NULL) AS ZQBZ, yes(stream = 'day') AS RJBZ, yes(kind = '1' AND (o3 >> 50) % 100 < 24) AS WCBZ,
    incision AS QKLB, yes(NOT cancelled AND incision <> '0' AND happens(o1, 0, 4000)) AS QKGR, yes(NOT cancelled AND happens(o1, 1, 14000)) AS BFZ,
    yes(turn = 2 AND (o1 >> 50) % 100 < 45) AS FJH, yes(died AND NOT cancelled) AS SWBZ, yes(cancelled) AS QXBZ,
    yes(planned_day IS NOT NULL AND place = 1) AS ST, anaesthesia AS MZFS,
    CASE WHEN draw(o3, 0) < 900 THEN '1' WHEN draw(o3, 0) < 2950 THEN '2' WHEN draw(o3, 0) < 3850 THEN '3' WHEN draw(o3, 0) < 4080 THEN '4' ELSE '5' END AS ASA
FROM (
    SELECT *, CASE WHEN draw(o2, 2) < 3360 THEN '1' WHEN draw(o2, 2) < 3800 THEN '2' WHEN draw(o2, 2) < 3950 THEN '3' ELSE '4' END AS kind,
        CASE WHEN draw(o2, 3) < 500 THEN '0' WHEN draw(o2, 3) < 2350 THEN '1' WHEN draw(o2, 3) < 3850 THEN '2' ELSE '3' END AS incision,
        CASE WHEN draw(o3, 3) < 120 THEN '0' WHEN draw(o3, 3) < 700 THEN '1' WHEN draw(o3, 3) < 1700 THEN '2' ELSE '3' END AS anaesthesia
    FROM surgery WHERE day_of(admitted) >= getvariable('month_first') AND day_of(admitted) < getvariable('month_end')
) AS s
JOIN operation_draw AS c ON c.mdc = s.mdc AND c.draw = draw(o3, 2)
CROSS JOIN (SELECT doctors FROM department WHERE code = '0601') AS a
