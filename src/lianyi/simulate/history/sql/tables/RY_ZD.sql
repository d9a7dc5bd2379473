SELECT worker(kind, department, number) AS GH, department AS KSDM, kind AS RYLB, title AS ZC, specialty AS ZYLB FROM staff
