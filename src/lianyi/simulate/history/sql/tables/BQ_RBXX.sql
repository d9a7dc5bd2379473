SELECT 'W' || department || (number + 1)::VARCHAR AS BQDM, department AS KSDM, date_of(day) AS TJRQ, beds::BIGINT AS BZCW,
    open::BIGINT AS KFCW, occupied::BIGINT AS ZYCW, greatest(0, occupied - open)::BIGINT AS JCS,
    yes(chance(41, number, department) % 10 < 8) AS YZHL
FROM (SELECT *, beds - (beds > 10 AND chance(43, number, department || (day // 31)::VARCHAR) % 12 = 0)::INTEGER * 2 AS open FROM ward_day)
