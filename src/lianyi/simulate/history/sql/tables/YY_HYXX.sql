SELECT 'H' || id AS HYXH, department AS KSDM, doctor(department, doctors, doctor_draw) AS YSGH, instant(registered // 1800 * 1800) AS HYSJ,
    instant(registered - (1 + draw(h2, 2) % 13) * 86400 - draw(h3, 3) * 8) AS YYSJ,
    CASE WHEN special THEN '3' WHEN draw(h1, 2) % 3 = 0 THEN '2' WHEN draw(h3, 4) % 20 = 7 THEN '4' ELSE '1' END AS HB,
    CASE WHEN NOT withdrawn THEN '2' WHEN h1 % 10 < 6 THEN '3' ELSE '1' END AS YYZT, '0' AS TZBZ
FROM visit WHERE booked
UNION ALL
SELECT 'X' || id, department, doctor(department, doctors, doctor_draw + 3), instant(registered // 1800 * 1800), NULL,
    CASE WHEN draw(h3, 4) % 5 = 1 THEN '2' ELSE '1' END, '0', yes(h1 % 100 < 9)
FROM visit WHERE stream = 'clinic' AND h2 % 100 < 15
