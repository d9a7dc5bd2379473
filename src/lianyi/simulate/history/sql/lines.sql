-- What was ordered and charged: in one table of lines, of the visits or of the stays of one month.
CREATE OR REPLACE TABLE line AS
WITH counted AS (
    SELECT *, unnest(range(CASE WHEN withdrawn THEN 0 ELSE lines END)) AS k FROM visit
), drawn AS (SELECT *, chance(21, number * 1000 + k, stream) AS h FROM counted
), chosen AS (
    SELECT v.*, CASE WHEN k > 0 THEN c.item WHEN special THEN 'GH0003' WHEN stream = 'checkup' THEN 'GH0005'
        WHEN stream <> 'clinic' THEN 'GH0004' WHEN draw(h1, 2) % 3 = 0 THEN 'GH0002' ELSE 'GH0001' END AS item
    FROM drawn AS v JOIN item_draw AS c ON c.profile = v.profile AND c.draw = draw(h, 0)
)
SELECT v.id, v.k, v.class, v.department AS orders, coalesce(i.executes, v.department) AS does,
    doctor(v.department, v.doctors, v.doctor_draw) AS doctor, v.patient, v.payer, v.special,
    CASE WHEN k = 0 THEN registered ELSE seen + 300 + 120 * k END AS moment, i.item, i.category, i.report, v.h,
    1 + (h >> 50) % i.quantity::UBIGINT AS quantity, i.price * (1 + (h >> 50) % i.quantity::UBIGINT)::BIGINT AS amount,
    NULL::BIGINT AS discharged, true AS inside
FROM chosen AS v JOIN item AS i USING (item);
