SELECT 'W' || department || (number + 1)::VARCHAR AS BQDM, d.name || (number + 1)::VARCHAR || '病区' AS BQMC,
    department AS KSDM, beds::BIGINT AS CWBZ, yes(chance(41, number, department) % 10 < 8) AS YZHL
FROM ward JOIN department AS d ON d.code = department
