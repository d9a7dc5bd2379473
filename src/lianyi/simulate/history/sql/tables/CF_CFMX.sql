SELECT id || '-' || lpad(k::VARCHAR, 3, '0') AS CFMXXH, id || '-R' || (moment // 86400 % 1000)::VARCHAR AS CFXH, id AS JZXH,
    lpad(patient::VARCHAR, 10, '0') AS BRID, class AS JZLX, orders AS KDKS, doctor AS KDYS, instant(moment) AS KDSJ, item AS YPBM,
    quantity::DECIMAL(10, 2) AS SL, yuan(amount) AS JE, yes(reviewed) AS DPBZ, CASE WHEN reviewed THEN yes((q >> 32) % 1000 < 962) END AS DPJG
FROM (SELECT *, hash(id, moment // 86400, 54) AS q, hash(id, moment // 86400, 54) % 100 < 4 AS reviewed
      FROM line WHERE category IN ('01', '02', '03'))
