SELECT v.id AS GHXH, lpad(patient::VARCHAR, 10, '0') AS BRID, class AS JZLX, CASE WHEN withdrawn THEN '9' ELSE '1' END AS GHZT,
    department AS GHKS, doctor(department, doctors, doctor_draw) AS JZYS, instant(registered) AS GHSJ,
    CASE WHEN withdrawn THEN NULL ELSE instant(arrived) END AS BDSJ, CASE WHEN withdrawn THEN NULL ELSE instant(seen) END AS JZSJ,
    CASE WHEN gone_at < getvariable('ends') THEN instant(gone_at) END AS LKSJ,
    CASE WHEN happens(chance(31, number, stream), 0, getvariable('unmapped_code')) THEN '77' ELSE payer END AS FBDM,
    CASE WHEN draw(h3, 4) < 60 THEN '2' WHEN draw(h3, 4) < 90 THEN '3' WHEN draw(h3, 4) < 110 THEN '4' ELSE '1' END AS LYFS,
    yes(booked) AS YYBZ, CASE WHEN h1 % 100 < 46 THEN '1' ELSE '2' END AS CFZ, yes(special) AS TXBZ,
    CASE WHEN withdrawn THEN NULL ELSE diagnosis END AS ZDBM,
    CASE WHEN stream IN ('clinic', 'checkup') THEN '3' WHEN draw(h2, 1) < 160 THEN '1' WHEN draw(h2, 1) < 1500 THEN '2' ELSE '3' END AS BQDJ,
    CASE WHEN stream NOT IN ('emergency', 'observation') THEN NULL WHEN died THEN '5' WHEN draw(h3, 3) < 30 THEN '2'
        WHEN draw(h3, 3) < 60 THEN '6' WHEN draw(h3, 3) < 200 THEN '4' ELSE '1' END AS LKFS,
    rescued::BIGINT AS QJCS, (rescued - (died AND rescued > 0)::INTEGER)::BIGINT AS QJCG, coalesce(s.amount, yuan(0)) AS ZJE,
    coalesce(s.drugs, yuan(0)) AS YPJE, coalesce(s.devices, yuan(0)) AS HCJE, coalesce(s.fund, yuan(0)) AS YBJE
FROM (SELECT *, CASE WHEN died THEN 1 WHEN stream IN ('emergency', 'observation') AND draw(h2, 1) < 90 THEN 1 ELSE 0 END AS rescued,
        CASE stream WHEN 'emergency' THEN seen + 3600 + 4 * draw(h2, 2) WHEN 'observation' THEN seen + 21600 + 30 * draw(h2, 2) END AS gone_at
      FROM visit) AS v
LEFT JOIN spent AS s USING (id)
