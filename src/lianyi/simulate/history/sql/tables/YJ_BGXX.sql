SELECT number AS BGXH, id AS JZXH, class AS JZLX, report AS BGLB, orders AS SQKS, does AS BGKS, reporter AS BGYS,
    instant(moment) AS SQSJ, instant(received) AS JSSJ, CASE WHEN rejected THEN NULL ELSE instant(reported) END AS BGSJ,
    yes(urgent) AS JJBZ, yes(positive) AS YXBZ, yes(large) AS DXSB, yes(NOT rejected) AS BBHG, yes(corrected) AS GZBZ,
    yes(recognised) AS HRBZ
FROM report
