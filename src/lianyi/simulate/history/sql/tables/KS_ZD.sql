SELECT code AS KSDM, name AS KSMC, kind AS KSLB, coalesce(w.beds, 0)::BIGINT AS CWBZ, DATE '2012-01-01' AS QYRQ
FROM department LEFT JOIN (SELECT department AS code, sum(beds) AS beds FROM ward GROUP BY ALL) AS w USING (code)
