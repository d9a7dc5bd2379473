SELECT id || '-' || lpad(k::VARCHAR, 3, '0') AS SFXH, id AS JZXH, class AS JZLX, orders AS KDKS, does AS ZXKS, doctor AS KDYS,
    CASE WHEN NOT inside AND happens(hash(h, 53), 0, getvariable('charge_after_discharge'))
        THEN instant(discharged + 172800 + (h % 172800)::BIGINT) ELSE instant(moment) END AS SFSJ,
    category AS FYLB, item AS XMBM, payer AS FBDM, quantity::DECIMAL(10, 2) AS SL, yuan(amount) AS JE,
    yuan(fund(payer, category, special, amount)) AS YBJE, yes(special) AS TXBZ
FROM line
