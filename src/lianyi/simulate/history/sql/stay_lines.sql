-- The same of the stays admitted from day `month_first` until before day `month_end`: a bed and nursing each
-- day, and what their kind of patient is given.
CREATE OR REPLACE TABLE admitted AS
SELECT s.*, greatest(1, day_of(until) - day_of(admitted)) AS nights FROM stay AS s
WHERE day_of(admitted) >= getvariable('month_first') AND day_of(admitted) < getvariable('month_end');

CREATE OR REPLACE TABLE line AS
WITH counted AS (
    SELECT s.*, unnest(range(2 * nights + n.value * (30 + 10 * least(nights, 60)) // 100)) AS k
    FROM admitted AS s JOIN count_draw AS n ON n.profile = s.profile AND n.draw = draw(h1, 1)
), drawn AS (SELECT *, profile || CASE WHEN draw(h3, 1) < 1720 THEN ' +' ELSE '' END AS treated,
        chance(22, serial * 10000 + k, 'stay') AS h FROM counted
), placed AS (
    SELECT *, CASE WHEN k < 2 * nights THEN least(until, (day_of(admitted) + 1 + k // 2) * 86400::BIGINT + 1800) - 1
        ELSE admitted + ((h >> 12) % greatest(1, until - admitted)::UBIGINT)::BIGINT END AS moment
    FROM drawn
), lay AS (
    SELECT *, CASE WHEN moves = 0 OR moment < moved THEN department WHEN moves = 2 THEN leaves
        WHEN moment < back THEN '0502' ELSE department END AS orders
    FROM placed
), chosen AS (
    SELECT v.*, CASE WHEN k >= 2 * nights THEN c.item
        WHEN k % 2 = 0 THEN CASE WHEN orders = '0502' THEN 'CW0002' WHEN special THEN 'CW0003' ELSE 'CW0001' END
        WHEN orders = '0502' THEN 'HL0002' ELSE 'HL0001' END AS item
    FROM lay AS v JOIN item_draw AS c ON c.profile = v.treated AND c.draw = draw(h, 0)
)
SELECT v.id, v.k, v.class, v.orders, coalesce(i.executes, v.orders) AS does,
    doctor(v.orders, o.doctors, v.doctor_draw) AS doctor, v.patient, v.payer, v.special, v.moment, i.item, i.category,
    i.report, v.h, 1 + (h >> 50) % i.often::UBIGINT AS quantity,
    i.price * (1 + (h >> 50) % i.often::UBIGINT)::BIGINT AS amount, v.discharged, v.inside
FROM chosen AS v JOIN item AS i USING (item) JOIN department AS o ON o.code = v.orders;
