SELECT id AS ZYXH, lpad(patient::VARCHAR, 10, '0') AS BRID, class AS JZLX, CASE WHEN inside THEN '1' ELSE '2' END AS ZYZT,
    department AS RYKS,
    CASE WHEN inside OR happens(chance(32, serial, 'stay'), 0, getvariable('missing_department')) THEN NULL ELSE leaves END AS CYKS,
    instant(admitted) AS RYSJ,
    CASE WHEN inside THEN NULL WHEN happens(chance(32, serial, 'stay'), 1, getvariable('negative_stay'))
        THEN instant(admitted - 86400) ELSE instant(discharged) END AS CYSJ,
    CASE WHEN stream <> 'urgent' THEN '3' WHEN draw(h3, 0) < 900 THEN '1' ELSE '2' END AS RYBQ,
    CASE WHEN stream = 'urgent' THEN '5' WHEN draw(h3, 3) < 280 THEN '2' WHEN draw(h3, 3) < 320 THEN '3' WHEN draw(h3, 3) < 400 THEN '4' ELSE '1' END AS LYFS,
    doctor(department, doctors, doctor_draw) AS ZGYS, department || 'Z' || (doctor_draw % (1 + doctors // 8) + 1)::VARCHAR AS ZLZ,
    payer AS FBDM, yes(stream <> 'urgent') AS YYBZ, yes(special) AS TXBZ
FROM admitted
