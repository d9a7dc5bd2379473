-- Operations: the planned ones of a department share its rooms of a day, each room begins with a first case.
CREATE TABLE wanted AS
SELECT s.*, 1 AS turn, chance(7, serial, 1) AS o1, chance(8, serial, 1) AS o2, chance(9, serial, 1) AS o3,
    CASE WHEN stream = 'urgent' OR (stream <> 'day' AND days < 2) THEN NULL WHEN stream = 'day' THEN day_of(admitted)
        ELSE day_of(admitted) + least(days - 1, 1 + draw(chance(7, serial, 1), 4) % 2) END AS planned_day
FROM stay AS s WHERE operated
UNION ALL
SELECT s.*, 2, chance(7, serial, 2), chance(8, serial, 2), chance(9, serial, 2), NULL
FROM stay AS s WHERE operated AND days >= 8 AND happens(chance(7, serial, 2), 2, 60000);

CREATE TABLE roomed AS
SELECT *, row_number() OVER (PARTITION BY planned_day, department, room, stream = 'day' ORDER BY o1, serial) AS place,
FROM (SELECT *, o2 % ((count(*) OVER (PARTITION BY planned_day, department, stream = 'day') + 2) // 3)::UBIGINT AS room
      FROM wanted);
DROP TABLE wanted;

CREATE TABLE timed AS
SELECT r.*, CASE WHEN planned_day IS NULL THEN NULL WHEN stream = 'day' THEN (admitted // 900 + 4) * 900
        ELSE planned_day * 86400::BIGINT + 8 * 3600 + (place - 1) * 9000 END AS scheduled,
    (CASE WHEN stream = 'day' THEN 1200 + l.value // 8 ELSE 900 + l.value END) AS lasts,
    CASE WHEN place = 1 THEN f.value ELSE w.value END AS late,
    CASE WHEN r.weight >= 150 THEN CASE WHEN draw(o3, 1) < 130 THEN 1 WHEN draw(o3, 1) < 900 THEN 2
            WHEN draw(o3, 1) < 2500 THEN 3 ELSE 4 END
        ELSE CASE WHEN draw(o3, 1) < 420 THEN 1 WHEN draw(o3, 1) < 1760 THEN 2
            WHEN draw(o3, 1) < 3500 THEN 3 ELSE 4 END END AS level
FROM roomed AS r
JOIN lag_draw AS l ON l.kind = 'operation' AND l.draw = draw(o1, 1)
JOIN lag_draw AS f ON f.kind = 'first case' AND f.draw = draw(o1, 2)
JOIN lag_draw AS w ON w.kind = 'later case' AND w.draw = draw(o1, 3);
DROP TABLE roomed;

CREATE TABLE surgery AS
SELECT *, CASE WHEN planned_day IS NULL THEN admitted + 3600 + (turn - 1) * 259200 + (o1 % 10800)::BIGINT
        ELSE scheduled + least(late, 1800 + 5400 * (stream <> 'day')::INTEGER) END AS started,
    planned_day IS NOT NULL AND happens(o2, 0, 12000) AS cancelled
FROM timed;
DROP TABLE timed;
DELETE FROM surgery WHERE started >= getvariable('ends');
