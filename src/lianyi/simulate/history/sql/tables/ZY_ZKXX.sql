SELECT id || '-1' AS ZKXH, id AS ZYXH, department AS YKS, CASE WHEN moves = 1 THEN '0502' ELSE leaves END AS XKS, instant(moved) AS ZKSJ
FROM admitted WHERE moved < until AND (moves = 1 OR (moves = 2 AND leaves <> department))
UNION ALL
SELECT id || '-2', id, '0502', department, instant(back) FROM admitted WHERE moves = 1 AND back < until
