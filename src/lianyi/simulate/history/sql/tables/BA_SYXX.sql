SELECT a.id AS ZYXH, CASE WHEN agrees THEN diagnosis ELSE 'R69.x00' END AS RYZD, diagnosis AS ZYZD,
    CASE WHEN died THEN '5' WHEN draw(h3, 3) < 60 THEN '2' WHEN draw(h3, 3) < 150 THEN '3' WHEN draw(h3, 3) < 260 THEN '4'
        WHEN draw(h3, 3) < 280 THEN '9' ELSE '1' END AS LKFS,
    nights::BIGINT AS ZYTS, CASE WHEN department = '0502' THEN nights WHEN moves = 1 THEN greatest(1, day_of(back) - day_of(moved)) ELSE 0 END::BIGINT AS ICUTS,
    rescued::BIGINT AS QJCS, (rescued - (died AND rescued > 0)::INTEGER)::BIGINT AS QJCG,
    yes(EXISTS (FROM stay AS r WHERE r.again = 1 AND r.stream = a.stream AND r.number = a.number AND a.again = 0)) AS ZZY31,
    yes(stream <> 'day' AND happens(f1, 0, CASE WHEN moves = 1 OR department = '0502' THEN 60000 ELSE 9000 END)) AS YGBZ,
    yes(stream <> 'day' AND happens(f1, 1, 700)) AS YLBZ, yes(stream <> 'day' AND happens(f1, 2, 500)) AS DDBZ,
    yes(transfused) AS SXBZ, yes(transfused AND happens(f2, 1, 4000)) AS SXFY,
    CASE WHEN stream = 'day' OR draw(f2, 4) > 2300 THEN '0' WHEN draw(f2, 4) < 230 THEN '1' ELSE '2' END AS LJZT,
    (CASE WHEN nights > 3 AND f3 % 10 < 3 THEN 1 + (f3 >> 8) % 2 ELSE 0 END)::BIGINT AS HZCS, yes(operated) AS SSBZ, yes(agrees) AS ZDFH,
    CASE WHEN discharged + filed < getvariable('ends') THEN instant(discharged + filed) END AS GDSJ,
    CASE WHEN draw(f3, 1) < 3890 THEN '1' WHEN draw(f3, 1) < 4075 THEN '2' ELSE '3' END AS BADJ,
    mdc || CASE WHEN operated THEN 'B' WHEN profile = 'day' THEN 'Z' ELSE 'R' END || (draw(h2, 3) % 4 + 1)::VARCHAR || severity AS DRGBM,
    drg_weight AS DRGQZ,
    CASE WHEN drg_weight < 0.7 THEN '1' WHEN drg_weight < 1.3 THEN '2' WHEN drg_weight < 2.6 THEN '3' ELSE '4' END AS DRGFX,
    s.amount AS ZJE, s.drugs AS YPJE, s.devices AS HCJE, s.fund AS YBJE
FROM (
    SELECT *, happens(f2, 0, CASE WHEN operated THEN 90000 ELSE 30000 END) AS transfused, NOT happens(f2, 2, 12000) AS agrees,
        CASE WHEN died OR draw(f3, 2) < 100 THEN 1 + draw(f3, 2) % 2 ELSE 0 END AS rescued,
        86400 * (1 + draw(f3, 3) % CASE WHEN draw(f3, 4) < 3500 THEN 3 ELSE 9 END) AS filed,
        (weight * CASE WHEN operated THEN 124 WHEN stream = 'day' THEN 62 ELSE 84 END
            * CASE severity WHEN '1' THEN 132 WHEN '3' THEN 100 ELSE 82 END
            * (85 + 10 * (draw(h2, 3) % 4)) * 0.00000001)::DECIMAL(8, 4) AS drg_weight
    FROM (SELECT *, chance(33, serial, 'page') AS f1, chance(34, serial, 'page') AS f2, chance(35, serial, 'page') AS f3,
            CASE WHEN draw(h1, 3) % 10 < 2 THEN '1' WHEN draw(h1, 3) % 10 < 6 THEN '3' ELSE '5' END AS severity FROM admitted)
) AS a
JOIN spent AS s USING (id)
WHERE NOT inside
