SELECT item AS YPBM, name AS YPMC, category[2] AS YPLB, yuan(price) AS DJ, antibacterial AS KJYW,
    (CASE WHEN antibacterial > '0' THEN ddd ELSE 0 END * 0.01)::DECIMAL(10, 4) AS DDDZ, yes(essential) AS JBYW,
    procured AS JCBZ, yes(injection) AS ZSBZ, yes(auxiliary) AS FZYY
FROM item WHERE category IN ('01', '02', '03')
