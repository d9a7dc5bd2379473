SELECT number AS BGXH, instant(reported + told) AS TBSJ, CASE WHEN h % 1000 < 988 AND reported + told + answered < getvariable('ends') THEN instant(reported + told + answered) END AS CZSJ
FROM report WHERE critical
