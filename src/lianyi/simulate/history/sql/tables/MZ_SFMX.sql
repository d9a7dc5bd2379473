SELECT id || '-' || lpad(k::VARCHAR, 3, '0') AS SFXH, id AS JZXH, class AS JZLX, orders AS KDKS, does AS ZXKS, doctor AS KDYS,
    instant(moment) AS SFSJ, category AS FYLB, item AS XMBM, payer AS FBDM, quantity::DECIMAL(10, 2) AS SL, yuan(amount) AS JE,
    yuan(fund(payer, category, special, amount)) AS YBJE, yes(special) AS TXBZ
FROM line
UNION ALL
SELECT id || '-' || lpad(k::VARCHAR, 3, '0') || 'D', id, class, orders, does, doctor, instant(moment), category, item, payer,
    quantity::DECIMAL(10, 2), yuan(amount), yuan(fund(payer, category, special, amount)), yes(special)
FROM line WHERE happens(hash(h, 52), 0, getvariable('duplicate_row'))
