SELECT item AS XMBM, name AS XMMC, category AS FYLB, yuan(price) AS DJ, yes(watched) AS ZDJK
FROM item WHERE category NOT IN ('01', '02', '03')
