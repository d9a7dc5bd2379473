-- Written by tools/compiled_indicators.py: what is counted, and the rows of a window.
-- BED-001 hospital v1 n
SELECT COALESCE(SUM("t1"."beds_planned"), 0) AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- BED-002 hospital v1 n
SELECT COALESCE(SUM("t1"."beds_open"), 0) AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- BED-003 hospital v1 n
SELECT COALESCE(SUM("t1"."beds_occupied"), 0) AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- BED-004 hospital v1 n: as BED-003 hospital v1 n
-- BED-004 hospital v1 d: as BED-002 hospital v1 n
-- BED-005 hospital v1 n
SELECT COALESCE(SUM("t1"."beds_added"), 0) AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- BED-005 hospital v1 d: as BED-002 hospital v1 n
-- BED-006 hospital v2 n
SELECT COALESCE(SUM(CAST(CASE WHEN ((CAST("t1"."discharged_at_month" AS BIGINT) + 4800) % 12) = 1 THEN CASE WHEN ((CAST(FLOOR((CAST("t1"."discharged_at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 4) = 0) AND (((CAST(FLOOR((CAST("t1"."discharged_at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 100) <> 0) OR ((CAST(FLOOR((CAST("t1"."discharged_at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 400) = 0)) THEN 29 ELSE 28 END WHEN (CAST("t1"."discharged_at_month" AS BIGINT) + 4800) % 12 IN (3, 5, 8, 10) THEN 30 ELSE 31 END AS BIGINT)), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- BED-006 hospital v2 d: as BED-002 hospital v1 n
-- DRU-001 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE)) AS "t1";
-- DRU-002 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."antibacterial" IN ('unrestricted', 'restricted', 'special'), FALSE)) AS "t1";
-- DRU-002 hospital v1 d: as DRU-001 hospital v1 n
-- DRU-003 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND COALESCE("t0"."antibacterial" IN ('unrestricted', 'restricted', 'special'), FALSE)) AS "t1";
-- DRU-003 hospital v1 d
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE)) AS "t1";
-- DRU-004 hospital v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."antibacterial" IN ('unrestricted', 'restricted', 'special'), FALSE)) AS "t1";
-- DRU-004 hospital v1 d
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- DRU-005 hospital v1 n
SELECT COALESCE(SUM("t1"."ddds"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."antibacterial" = 'special', FALSE)) AS "t1";
-- DRU-005 hospital v1 d
SELECT COALESCE(SUM("t1"."ddds"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."antibacterial" IN ('unrestricted', 'restricted', 'special'), FALSE)) AS "t1";
-- DRU-006 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."injection", FALSE)) AS "t1";
-- DRU-006 hospital v1 d: as DRU-001 hospital v1 n
-- DRU-007 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."herbal", FALSE)) AS "t1";
-- DRU-007 hospital v1 d
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- DRU-008 hospital v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."reviewed", FALSE) AND COALESCE("t0"."reasonable", FALSE)) AS "t1";
-- DRU-008 hospital v1 d
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."reviewed", FALSE)) AS "t1";
-- DRU-009 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- DRU-009 hospital v1 d: as DRU-007 hospital v1 d
-- DRU-010 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."essential", FALSE)) AS "t1";
-- DRU-010 hospital v1 d: as DRU-009 hospital v1 n
-- EX-01 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE)) AS "t1";
-- EX-01 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-02 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."disposition" = 'transferred_down', FALSE)) AS "t1";
-- EX-02 with-emergency v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."disposition" = 'transferred_down', FALSE)) AS "t1";
-- EX-03 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."elective", FALSE) AND COALESCE("t0"."day_surgery", FALSE)) AS "t1";
-- EX-03 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."elective", FALSE)) AS "t1";
-- EX-04 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- EX-04 national-exam v1 d
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-04 cases v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- EX-04 cases v1 d: as EX-01 national-exam v1 d
-- EX-05 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."minimally_invasive", FALSE)) AS "t1";
-- EX-05 national-exam v1 d: as EX-04 cases v1 n
-- EX-06 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" = 4, FALSE)) AS "t1";
-- EX-06 national-exam v1 d: as EX-04 cases v1 n
-- EX-06 by-start v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" = 4, FALSE)) AS "t1";
-- EX-06 by-start v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- EX-07 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."special_service", FALSE)) AS "t1";
-- EX-07 national-exam v1 d
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- EX-07 visits v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."special_service", FALSE)) AS "t1";
-- EX-07 visits v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE)) AS "t1";
-- EX-08 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."complication", FALSE)) AS "t1";
-- EX-08 national-exam v1 d: as EX-04 national-exam v1 n
-- EX-09 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'one', FALSE) AND COALESCE("t0"."incision_infected", FALSE)) AS "t1";
-- EX-09 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'one', FALSE)) AS "t1";
-- EX-10 national-exam v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I21'), FALSE)) AS "t1";
-- EX-10 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I21'), FALSE)) AS "t1";
-- EX-11 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."large_equipment", FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- EX-11 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."large_equipment", FALSE)) AS "t1";
-- EX-14 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'low', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- EX-14 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'low', FALSE)) AS "t1";
-- EX-15 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."ward") AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."quality_nursing", FALSE)) AS "t1";
-- EX-15 national-exam v1 d
SELECT COUNT(DISTINCT "t1"."ward") AS "value" FROM (SELECT * FROM "ward_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ward" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- EX-16 national-exam v1 n: as DRU-008 hospital v1 d
-- EX-16 national-exam v1 d: as DRU-007 hospital v1 d
-- EX-17 national-exam v1 n: as DRU-005 hospital v1 d
-- EX-17 national-exam v1 d
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-17 bed-days v1 n: as DRU-005 hospital v1 d
-- EX-17 bed-days v1 d: as BED-003 hospital v1 n
-- EX-18 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."prescription") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."essential", FALSE)) AS "t1";
-- EX-18 national-exam v1 d: as DRU-001 hospital v1 n
-- EX-19 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."essential", FALSE)) AS "t1";
-- EX-19 national-exam v1 d: as DRU-004 hospital v1 d
-- EX-20 national-exam v1 n
SELECT COUNT(DISTINCT "t1"."item") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."essential", FALSE)) AS "t1";
-- EX-20 national-exam v1 d
SELECT COUNT(DISTINCT "t1"."item") AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- EX-21 national-exam v1 n
SELECT COALESCE(SUM("t1"."ddds"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."procured" = 'selected', FALSE)) AS "t1";
-- EX-21 national-exam v1 d
SELECT COALESCE(SUM("t1"."ddds"), 0) AS "value" FROM (SELECT * FROM "drug" AS "t0" WHERE "t0"."prescribed_at_month" >= 312 AND "t0"."prescribed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."procured" IN ('selected', 'substitute'), FALSE)) AS "t1";
-- EX-22 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."booked", FALSE)) AS "t1";
-- EX-22 national-exam v1 d: as EX-01 national-exam v1 n
-- EX-23 national-exam v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."seen_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."checked_in_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."booked", FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- EX-23 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."booked", FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- EX-25 national-exam v2 n: as BED-003 hospital v1 n
-- EX-25 national-exam v2 d
SELECT COALESCE(SUM(CAST(CASE WHEN ((CAST("t1"."at_month" AS BIGINT) + 4800) % 12) = 1 THEN CASE WHEN ((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 4) = 0) AND (((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 100) <> 0) OR ((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 400) = 0)) THEN 29 ELSE 28 END WHEN (CAST("t1"."at_month" AS BIGINT) + 4800) % 12 IN (3, 5, 8, 10) THEN 30 ELSE 31 END AS BIGINT)), 0) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."licensed", FALSE)) AS "t1";
-- EX-27 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE)) AS "t1";
-- EX-27 national-exam v1 d: as EX-07 national-exam v1 d
-- EX-28 national-exam v1 n
SELECT COALESCE(SUM("t1"."fund_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE)) AS "t1";
-- EX-28 national-exam v1 d: as EX-27 national-exam v1 n
-- EX-29 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-29 national-exam v1 d: as EX-07 national-exam v1 d
-- EX-30 national-exam v1 n
SELECT COALESCE(SUM("t1"."fund_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-30 national-exam v1 d: as EX-29 national-exam v1 n
-- EX-31 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND NOT (COALESCE("t0"."category" IN ('drug', 'consumable', 'laboratory', 'imaging'), FALSE))) AS "t1";
-- EX-31 national-exam v1 d: as EX-07 national-exam v1 d
-- EX-32 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND COALESCE("t0"."auxiliary", FALSE)) AS "t1";
-- EX-32 national-exam v1 d
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE)) AS "t1";
-- EX-37 national-exam v1 n: as EX-07 national-exam v1 d
-- EX-38 national-exam v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE)) AS "t1";
-- EX-38 national-exam v1 d: as EX-01 national-exam v1 n
-- EX-39 national-exam v1 n
SELECT COALESCE(SUM("t1"."drug_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE)) AS "t1";
-- EX-39 national-exam v1 d: as EX-01 national-exam v1 n
-- EX-40 national-exam v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-40 national-exam v1 d: as EX-01 national-exam v1 d
-- EX-41 national-exam v1 n
SELECT COALESCE(SUM("t1"."drug_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- EX-41 national-exam v1 d: as EX-01 national-exam v1 d
-- EX-44 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('doctor', 'nurse', 'pharmacist', 'technician'), FALSE) AND COALESCE("t0"."title" IN ('senior', 'associate'), FALSE)) AS "t1";
-- EX-44 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('doctor', 'nurse', 'pharmacist', 'technician'), FALSE)) AS "t1";
-- EX-45 national-exam v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" IN ('anaesthesia', 'paediatrics', 'intensive_care', 'pathology', 'chinese_medicine'), FALSE)) AS "t1";
-- EX-45 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE)) AS "t1";
-- EX-46 national-exam v1 n: as EX-45 national-exam v1 d
-- EX-46 national-exam v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nurse', FALSE)) AS "t1";
-- EX-56 national-exam v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'consumable', FALSE) AND COALESCE("t0"."watched_consumable", FALSE)) AS "t1";
-- EX-56 national-exam v1 d
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'consumable', FALSE)) AS "t1";
-- FIN-001 hospital v1 n: as EX-32 national-exam v1 d
-- FIN-002 hospital v1 n: as EX-32 national-exam v1 d
-- FIN-002 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-003 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'drug', FALSE)) AS "t1";
-- FIN-004 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'drug', FALSE)) AS "t1";
-- FIN-005 hospital v1 n: as EX-56 national-exam v1 d
-- FIN-006 hospital v1 n: as EX-56 national-exam v1 d
-- FIN-006 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-007 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'consumable', FALSE)) AS "t1";
-- FIN-008 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'consumable', FALSE)) AS "t1";
-- FIN-009 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE)) AS "t1";
-- FIN-010 hospital v1 n: as FIN-009 hospital v1 n
-- FIN-010 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-011 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'laboratory', FALSE)) AS "t1";
-- FIN-012 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'laboratory', FALSE)) AS "t1";
-- FIN-013 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'imaging', FALSE)) AS "t1";
-- FIN-014 hospital v1 n: as FIN-013 hospital v1 n
-- FIN-014 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-015 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'imaging', FALSE)) AS "t1";
-- FIN-016 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'imaging', FALSE)) AS "t1";
-- FIN-017 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'treatment', FALSE)) AS "t1";
-- FIN-018 hospital v1 n: as FIN-017 hospital v1 n
-- FIN-018 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-019 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'treatment', FALSE)) AS "t1";
-- FIN-020 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'treatment', FALSE)) AS "t1";
-- FIN-021 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'surgery', FALSE)) AS "t1";
-- FIN-022 hospital v1 n: as FIN-021 hospital v1 n
-- FIN-022 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-023 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'surgery', FALSE)) AS "t1";
-- FIN-024 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'surgery', FALSE)) AS "t1";
-- FIN-025 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'bed', FALSE)) AS "t1";
-- FIN-026 hospital v1 n: as FIN-025 hospital v1 n
-- FIN-026 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-027 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'bed', FALSE)) AS "t1";
-- FIN-028 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'bed', FALSE)) AS "t1";
-- FIN-029 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nursing', FALSE)) AS "t1";
-- FIN-030 hospital v1 n: as FIN-029 hospital v1 n
-- FIN-030 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-031 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'nursing', FALSE)) AS "t1";
-- FIN-032 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'nursing', FALSE)) AS "t1";
-- FIN-033 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'consultation', FALSE)) AS "t1";
-- FIN-034 hospital v1 n: as FIN-033 hospital v1 n
-- FIN-034 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-035 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'consultation', FALSE)) AS "t1";
-- FIN-036 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'consultation', FALSE)) AS "t1";
-- FIN-037 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'registration', FALSE)) AS "t1";
-- FIN-038 hospital v1 n: as FIN-037 hospital v1 n
-- FIN-038 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-039 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'registration', FALSE)) AS "t1";
-- FIN-040 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'registration', FALSE)) AS "t1";
-- FIN-041 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'blood', FALSE)) AS "t1";
-- FIN-042 hospital v1 n: as FIN-041 hospital v1 n
-- FIN-042 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-043 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."category" = 'blood', FALSE)) AS "t1";
-- FIN-044 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."category" = 'blood', FALSE)) AS "t1";
-- FIN-045 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- FIN-046 hospital v1 n: as EX-29 national-exam v1 n
-- FIN-047 hospital v1 n: as EX-27 national-exam v1 n
-- FIN-048 hospital v1 n
SELECT COALESCE(SUM("t1"."fund_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- FIN-049 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('laboratory', 'imaging'), FALSE)) AS "t1";
-- FIN-049 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-050 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."watched_consumable", FALSE)) AS "t1";
-- FIN-051 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."payer" = 'employee', FALSE)) AS "t1";
-- FIN-051 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-052 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."payer" = 'resident', FALSE)) AS "t1";
-- FIN-052 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-053 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."payer" = 'self', FALSE)) AS "t1";
-- FIN-053 hospital v1 d: as EX-07 national-exam v1 d
-- FIN-054 hospital v1 n
SELECT COALESCE(SUM("t1"."amount_fen"), 0) AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."payer" = 'commercial', FALSE)) AS "t1";
-- FIN-054 hospital v1 d: as EX-07 national-exam v1 d
-- HR-001 hospital v1 n: as EX-45 national-exam v1 d
-- HR-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."title" IN ('senior', 'associate'), FALSE)) AS "t1";
-- HR-002 hospital v1 d: as EX-45 national-exam v1 d
-- HR-003 hospital v1 n: as EX-46 national-exam v1 d
-- HR-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nurse', FALSE) AND COALESCE("t0"."title" IN ('senior', 'associate'), FALSE)) AS "t1";
-- HR-004 hospital v1 d: as EX-46 national-exam v1 d
-- HR-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pharmacist', FALSE)) AS "t1";
-- HR-006 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pharmacist', FALSE) AND COALESCE("t0"."title" IN ('senior', 'associate'), FALSE)) AS "t1";
-- HR-006 hospital v1 d: as HR-005 hospital v1 n
-- HR-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'technician', FALSE)) AS "t1";
-- HR-008 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'technician', FALSE) AND COALESCE("t0"."title" IN ('senior', 'associate'), FALSE)) AS "t1";
-- HR-008 hospital v1 d: as HR-007 hospital v1 n
-- HR-009 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" = 'anaesthesia', FALSE)) AS "t1";
-- HR-009 hospital v1 d: as EX-45 national-exam v1 d
-- HR-010 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" = 'paediatrics', FALSE)) AS "t1";
-- HR-010 hospital v1 d: as EX-45 national-exam v1 d
-- HR-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" = 'intensive_care', FALSE)) AS "t1";
-- HR-011 hospital v1 d: as EX-45 national-exam v1 d
-- HR-012 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" = 'pathology', FALSE)) AS "t1";
-- HR-012 hospital v1 d: as EX-45 national-exam v1 d
-- HR-013 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'doctor', FALSE) AND COALESCE("t0"."specialty" = 'chinese_medicine', FALSE)) AS "t1";
-- HR-013 hospital v1 d: as EX-45 national-exam v1 d
-- HR-014 hospital v2 n
SELECT COALESCE(SUM(CAST(CASE WHEN ((CAST("t1"."at_month" AS BIGINT) + 4800) % 12) = 1 THEN CASE WHEN ((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 4) = 0) AND (((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 100) <> 0) OR ((CAST(FLOOR((CAST("t1"."at_month" AS BIGINT) + 4800) / (12)) AS BIGINT) % 400) = 0)) THEN 29 ELSE 28 END WHEN (CAST("t1"."at_month" AS BIGINT) + 4800) % 12 IN (3, 5, 8, 10) THEN 30 ELSE 31 END AS BIGINT)), 0) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nurse', FALSE)) AS "t1";
-- HR-014 hospital v2 d: as BED-002 hospital v1 n
-- HR-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "staff_month" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."trainee_elsewhere", FALSE)) AS "t1";
-- INF-001 hospital v1 n
SELECT COALESCE(SUM("t1"."received"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'intake', FALSE)) AS "t1";
-- INF-002 hospital v1 n: as INF-001 hospital v1 n
-- INF-002 hospital v1 d
SELECT COUNT(DISTINCT "t1"."at") AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'intake', FALSE)) AS "t1";
-- INF-003 hospital v1 n
SELECT COALESCE(SUM("t1"."delivered"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'delivery', FALSE)) AS "t1";
-- INF-004 hospital v1 n
SELECT COALESCE(SUM("t1"."first_time"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'delivery', FALSE)) AS "t1";
-- INF-004 hospital v1 d
SELECT COALESCE(SUM("t1"."tried"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'delivery', FALSE)) AS "t1";
-- INF-005 hospital v1 n
SELECT COALESCE(SUM("t1"."parked"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'delivery', FALSE) AND "t0"."parked" IS NOT NULL) AS "t1";
-- INF-005 hospital v1 d
SELECT COUNT(DISTINCT "t1"."at") AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'delivery', FALSE) AND "t0"."parked" IS NOT NULL) AS "t1";
-- INF-006 hospital v1 n
SELECT COUNT(DISTINCT "t1"."channel") AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'intake', FALSE) AND COALESCE("t0"."received" > 0, FALSE)) AS "t1";
-- INF-007 hospital v1 n
SELECT COALESCE(SUM("t1"."held"), 0) AS "value" FROM (SELECT * FROM "link_day" AS "t0" WHERE "t0"."at_month" >= 312 AND "t0"."at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."way" = 'intake', FALSE)) AS "t1";
-- INF-007 hospital v1 d: as INF-001 hospital v1 n
-- INF-010 hospital v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."by_order", FALSE)) AS "t1";
-- INF-010 hospital v1 d
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- INF-011 hospital v1 n
SELECT COUNT(DISTINCT "t1"."ordering") AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."by_order", FALSE)) AS "t1";
-- INF-011 hospital v1 d
SELECT COUNT(DISTINCT "t1"."ordering") AS "value" FROM (SELECT * FROM "charge" AS "t0" WHERE "t0"."charged_at_month" >= 312 AND "t0"."charged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- INF-012 hospital v1 n
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('laboratory', 'imaging'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."reported_at" IS NOT NULL) AS "t1";
-- INF-012 hospital v1 d
SELECT COUNT(DISTINCT "t1"."encounter") AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('laboratory', 'imaging'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- INP-001 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."admitted_at_month" >= 312 AND "t0"."admitted_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."admitting" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- INP-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."admitted_at_month" >= 312 AND "t0"."admitted_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."admitting" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."from_where" = 'emergency', FALSE)) AS "t1";
-- INP-002 hospital v1 d: as INP-001 hospital v1 n
-- INP-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."admitted_at_month" >= 312 AND "t0"."admitted_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."admitting" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."condition" = 'critical', FALSE)) AS "t1";
-- INP-003 hospital v1 d: as INP-001 hospital v1 n
-- INP-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."admitted_at_month" >= 312 AND "t0"."admitted_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."admitting" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."from_where" IN ('referred_up', 'referred_down', 'transferred'), FALSE)) AS "t1";
-- INP-005 hospital v1 n: as EX-01 national-exam v1 d
-- INP-006 hospital v1 n: as EX-17 national-exam v1 d
-- INP-006 hospital v1 d: as EX-01 national-exam v1 d
-- INP-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."stay_days" > 30, FALSE)) AS "t1";
-- INP-007 hospital v1 d: as EX-01 national-exam v1 d
-- INP-008 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'day_case', FALSE)) AS "t1";
-- INP-009 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-009 hospital v1 d: as EX-01 national-exam v1 d
-- INP-010 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."operated", FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-010 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."operated", FALSE)) AS "t1";
-- INP-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."age_days" <= 28, FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-011 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."age_days" <= 28, FALSE)) AS "t1";
-- INP-012 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."icu_days" > 0, FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-012 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."icu_days" > 0, FALSE)) AS "t1";
-- INP-013 hospital v1 n: as INP-012 hospital v1 d
-- INP-013 hospital v1 d: as EX-01 national-exam v1 d
-- INP-014 hospital v1 n
SELECT COALESCE(SUM("t1"."icu_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- INP-014 hospital v1 d: as EX-17 national-exam v1 d
-- INP-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."readmitted_31_days", FALSE)) AS "t1";
-- INP-015 hospital v1 d: as EX-01 national-exam v1 d
-- INP-016 hospital v1 n
SELECT COALESCE(SUM("t1"."rescues_succeeded"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."rescues" IS NOT NULL) AS "t1";
-- INP-016 hospital v1 d
SELECT COALESCE(SUM("t1"."rescues"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."rescues" IS NOT NULL) AS "t1";
-- INP-017 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."infected", FALSE)) AS "t1";
-- INP-017 hospital v1 d: as EX-01 national-exam v1 d
-- INP-018 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."pressure_injury", FALSE)) AS "t1";
-- INP-018 hospital v1 d: as EX-01 national-exam v1 d
-- INP-019 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."fell", FALSE)) AS "t1";
-- INP-019 hospital v1 d: as EX-17 national-exam v1 d
-- INP-020 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."transfused", FALSE)) AS "t1";
-- INP-020 hospital v1 d: as EX-01 national-exam v1 d
-- INP-021 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."transfused", FALSE) AND COALESCE("t0"."transfusion_reaction", FALSE)) AS "t1";
-- INP-021 hospital v1 d: as INP-020 hospital v1 n
-- INP-022 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."pathway_entered", FALSE)) AS "t1";
-- INP-022 hospital v1 d: as EX-01 national-exam v1 d
-- INP-023 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."pathway_entered", FALSE) AND COALESCE("t0"."pathway_finished", FALSE)) AS "t1";
-- INP-023 hospital v1 d: as INP-022 hospital v1 n
-- INP-024 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."diagnosis_agrees" IS NOT NULL AND COALESCE("t0"."diagnosis_agrees", FALSE)) AS "t1";
-- INP-024 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."diagnosis_agrees" IS NOT NULL) AS "t1";
-- INP-025 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."consulted" > 0, FALSE)) AS "t1";
-- INP-025 hospital v1 d: as EX-01 national-exam v1 d
-- INP-026 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."disposition" = 'against_advice', FALSE)) AS "t1";
-- INP-026 hospital v1 d: as EX-01 national-exam v1 d
-- INP-027 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."disposition" IN ('transferred_up', 'transferred_down', 'transferred'), FALSE)) AS "t1";
-- INP-027 hospital v1 d: as EX-01 national-exam v1 d
-- INP-028 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."record_filed_days" IS NOT NULL AND COALESCE("t0"."record_filed_days" <= 2, FALSE)) AS "t1";
-- INP-028 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."record_filed_days" IS NOT NULL) AS "t1";
-- INP-029 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."record_grade" = 'first', FALSE)) AS "t1";
-- INP-029 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."record_grade" IS NOT NULL) AS "t1";
-- INP-030 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."record_grade" = 'third', FALSE)) AS "t1";
-- INP-031 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."total_fen" > 0, FALSE)) AS "t1";
-- INP-031 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."total_fen" > 0, FALSE)) AS "t1";
-- INP-032 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."stay_days" > 0, FALSE)) AS "t1";
-- INP-032 hospital v1 d
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."stay_days" > 0, FALSE)) AS "t1";
-- INP-033 hospital v1 n: as EX-41 national-exam v1 n
-- INP-033 hospital v1 d: as EX-40 national-exam v1 n
-- INP-034 hospital v1 n
SELECT COALESCE(SUM("t1"."consumable_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- INP-034 hospital v1 d: as EX-40 national-exam v1 n
-- INP-035 hospital v1 n
SELECT COALESCE(SUM("t1"."fund_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- INP-035 hospital v1 d: as EX-40 national-exam v1 n
-- INP-036 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."drg" IS NOT NULL) AS "t1";
-- INP-036 hospital v1 d: as EX-01 national-exam v1 d
-- INP-037 hospital v1 n
SELECT COALESCE(SUM("t1"."drg_weight"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."drg" IS NOT NULL) AS "t1";
-- INP-037 hospital v1 d: as INP-036 hospital v1 n
-- INP-038 hospital v1 n
SELECT COUNT(DISTINCT "t1"."drg") AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."drg" IS NOT NULL) AS "t1";
-- INP-039 hospital v1 n: as INP-037 hospital v1 n
-- INP-040 hospital v1 n: as EX-14 national-exam v1 d
-- INP-041 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'low_middle', FALSE)) AS "t1";
-- INP-042 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'low_middle', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-042 hospital v1 d: as INP-041 hospital v1 n
-- INP-043 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'middle', FALSE)) AS "t1";
-- INP-044 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'middle', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-044 hospital v1 d: as INP-043 hospital v1 n
-- INP-045 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'high', FALSE)) AS "t1";
-- INP-046 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND COALESCE("t0"."drg_risk" = 'high', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-046 hospital v1 d: as INP-045 hospital v1 n
-- INP-047 hospital v1 n: as EX-10 national-exam v1 d
-- INP-048 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I21'), FALSE)) AS "t1";
-- INP-048 hospital v1 d: as EX-10 national-exam v1 d
-- INP-049 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I21'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-049 hospital v1 d: as EX-10 national-exam v1 d
-- INP-050 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I50'), FALSE)) AS "t1";
-- INP-051 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I50'), FALSE)) AS "t1";
-- INP-051 hospital v1 d: as INP-050 hospital v1 n
-- INP-052 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I50'), FALSE)) AS "t1";
-- INP-052 hospital v1 d: as INP-050 hospital v1 n
-- INP-053 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I50'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-053 hospital v1 d: as INP-050 hospital v1 n
-- INP-054 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J18'), FALSE)) AS "t1";
-- INP-055 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J18'), FALSE)) AS "t1";
-- INP-055 hospital v1 d: as INP-054 hospital v1 n
-- INP-056 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J18'), FALSE)) AS "t1";
-- INP-056 hospital v1 d: as INP-054 hospital v1 n
-- INP-057 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J18'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-057 hospital v1 d: as INP-054 hospital v1 n
-- INP-058 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I63'), FALSE)) AS "t1";
-- INP-059 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I63'), FALSE)) AS "t1";
-- INP-059 hospital v1 d: as INP-058 hospital v1 n
-- INP-060 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I63'), FALSE)) AS "t1";
-- INP-060 hospital v1 d: as INP-058 hospital v1 n
-- INP-061 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'I63'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-061 hospital v1 d: as INP-058 hospital v1 n
-- INP-062 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J44'), FALSE)) AS "t1";
-- INP-063 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J44'), FALSE)) AS "t1";
-- INP-063 hospital v1 d: as INP-062 hospital v1 n
-- INP-064 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J44'), FALSE)) AS "t1";
-- INP-064 hospital v1 d: as INP-062 hospital v1 n
-- INP-065 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'J44'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-065 hospital v1 d: as INP-062 hospital v1 n
-- INP-066 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'E11'), FALSE)) AS "t1";
-- INP-067 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'E11'), FALSE)) AS "t1";
-- INP-067 hospital v1 d: as INP-066 hospital v1 n
-- INP-068 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'E11'), FALSE)) AS "t1";
-- INP-068 hospital v1 d: as INP-066 hospital v1 n
-- INP-069 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'E11'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-069 hospital v1 d: as INP-066 hospital v1 n
-- INP-070 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'C34'), FALSE)) AS "t1";
-- INP-071 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'C34'), FALSE)) AS "t1";
-- INP-071 hospital v1 d: as INP-070 hospital v1 n
-- INP-072 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'C34'), FALSE)) AS "t1";
-- INP-072 hospital v1 d: as INP-070 hospital v1 n
-- INP-073 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'C34'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-073 hospital v1 d: as INP-070 hospital v1 n
-- INP-074 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'K80'), FALSE)) AS "t1";
-- INP-075 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'K80'), FALSE)) AS "t1";
-- INP-075 hospital v1 d: as INP-074 hospital v1 n
-- INP-076 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'K80'), FALSE)) AS "t1";
-- INP-076 hospital v1 d: as INP-074 hospital v1 n
-- INP-077 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'K80'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-077 hospital v1 d: as INP-074 hospital v1 n
-- INP-078 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'N18'), FALSE)) AS "t1";
-- INP-079 hospital v1 n
SELECT COALESCE(SUM("t1"."stay_days"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'N18'), FALSE)) AS "t1";
-- INP-079 hospital v1 d: as INP-078 hospital v1 n
-- INP-080 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'N18'), FALSE)) AS "t1";
-- INP-080 hospital v1 d: as INP-078 hospital v1 n
-- INP-081 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."discharged_at_month" >= 312 AND "t0"."discharged_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."discharging" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."main_diagnosis" IS NOT NULL AND COALESCE(STARTS_WITH("t0"."main_diagnosis", 'N18'), FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- INP-081 hospital v1 d: as INP-078 hospital v1 n
-- ORD-001 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-002 hospital v1 d: as ORD-001 hospital v1 n
-- ORD-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-004 hospital v1 d: as ORD-003 hospital v1 n
-- ORD-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'imaging', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-006 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'imaging', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-006 hospital v1 d: as ORD-005 hospital v1 n
-- ORD-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'treatment', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-008 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'treatment', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-008 hospital v1 d: as ORD-007 hospital v1 n
-- ORD-009 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'surgery', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-010 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'surgery', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-010 hospital v1 d: as ORD-009 hospital v1 n
-- ORD-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nursing', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-012 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nursing', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-012 hospital v1 d: as ORD-011 hospital v1 n
-- ORD-013 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'blood', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-014 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'blood', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-014 hospital v1 d: as ORD-013 hospital v1 n
-- ORD-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'consultation', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-016 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'consultation', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."closed_loop", FALSE)) AS "t1";
-- ORD-016 hospital v1 d: as ORD-015 hospital v1 n
-- ORD-017 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."cancelled", FALSE)) AS "t1";
-- ORD-017 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- ORD-018 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."executed_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."urgent", FALSE) AND "t0"."executed_at" IS NOT NULL) AS "t1";
-- ORD-018 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."urgent", FALSE) AND "t0"."executed_at" IS NOT NULL) AS "t1";
-- ORD-019 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."received_at" IS NOT NULL) AS "t1";
-- ORD-019 hospital v1 d: as ORD-003 hospital v1 n
-- ORD-020 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('laboratory', 'imaging'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."charged_at" IS NOT NULL) AS "t1";
-- ORD-020 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" IN ('laboratory', 'imaging'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- ORD-021 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."dispensed_at" IS NOT NULL) AS "t1";
-- ORD-021 hospital v1 d: as ORD-001 hospital v1 n
-- ORD-022 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."ordered_at_month" >= 312 AND "t0"."ordered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."dispensed_at" IS NOT NULL AND "t0"."executed_at" IS NOT NULL) AS "t1";
-- ORD-022 hospital v1 d: as ORD-021 hospital v1 n
-- ORD-023 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."executed_at_month" >= 312 AND "t0"."executed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND "t0"."executed_at" IS NOT NULL AND COALESCE("t0"."bedside", FALSE)) AS "t1";
-- ORD-023 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "order" AS "t0" WHERE "t0"."executed_at_month" >= 312 AND "t0"."executed_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'drug', FALSE) AND "t0"."executed_at" IS NOT NULL) AS "t1";
-- RES-001 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE)) AS "t1";
-- RES-002 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-002 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-003 hospital v1 d: as RES-001 hospital v1 n
-- RES-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-004 hospital v1 d: as RES-001 hospital v1 n
-- RES-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'microbiology', FALSE)) AS "t1";
-- RES-006 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'microbiology', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-006 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'microbiology', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'microbiology', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-007 hospital v1 d: as RES-005 hospital v1 n
-- RES-008 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'microbiology', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-008 hospital v1 d: as RES-005 hospital v1 n
-- RES-009 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pathology', FALSE)) AS "t1";
-- RES-010 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pathology', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-010 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pathology', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pathology', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-011 hospital v1 d: as RES-009 hospital v1 n
-- RES-012 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'pathology', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-012 hospital v1 d: as RES-009 hospital v1 n
-- RES-013 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ct', FALSE)) AS "t1";
-- RES-014 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ct', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-014 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ct', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ct', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-015 hospital v1 d: as RES-013 hospital v1 n
-- RES-016 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ct', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-016 hospital v1 d: as RES-013 hospital v1 n
-- RES-017 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'mri', FALSE)) AS "t1";
-- RES-018 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'mri', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-018 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'mri', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-019 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'mri', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-019 hospital v1 d: as RES-017 hospital v1 n
-- RES-020 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'mri', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-020 hospital v1 d: as RES-017 hospital v1 n
-- RES-021 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ultrasound', FALSE)) AS "t1";
-- RES-022 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ultrasound', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-022 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ultrasound', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-023 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ultrasound', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-023 hospital v1 d: as RES-021 hospital v1 n
-- RES-024 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ultrasound', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-024 hospital v1 d: as RES-021 hospital v1 n
-- RES-025 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'xray', FALSE)) AS "t1";
-- RES-026 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'xray', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-026 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'xray', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-027 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'xray', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-027 hospital v1 d: as RES-025 hospital v1 n
-- RES-028 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'xray', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-028 hospital v1 d: as RES-025 hospital v1 n
-- RES-029 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'endoscopy', FALSE)) AS "t1";
-- RES-030 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'endoscopy', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-030 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'endoscopy', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-031 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'endoscopy', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-031 hospital v1 d: as RES-029 hospital v1 n
-- RES-032 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'endoscopy', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-032 hospital v1 d: as RES-029 hospital v1 n
-- RES-033 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ecg', FALSE)) AS "t1";
-- RES-034 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ecg', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-034 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ecg', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-035 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ecg', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-035 hospital v1 d: as RES-033 hospital v1 n
-- RES-036 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'ecg', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-036 hospital v1 d: as RES-033 hospital v1 n
-- RES-037 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nuclear', FALSE)) AS "t1";
-- RES-038 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ordered_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nuclear', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-038 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nuclear', FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-039 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nuclear', FALSE) AND COALESCE("t0"."positive", FALSE)) AS "t1";
-- RES-039 hospital v1 d: as RES-037 hospital v1 n
-- RES-040 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'nuclear', FALSE) AND COALESCE("t0"."corrected", FALSE)) AS "t1";
-- RES-040 hospital v1 d: as RES-037 hospital v1 n
-- RES-041 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE)) AS "t1";
-- RES-042 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE) AND "t0"."told_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."told_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."reported_at") AS TIMESTAMP))) <= 600, FALSE)) AS "t1";
-- RES-042 hospital v1 d: as RES-041 hospital v1 n
-- RES-043 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE) AND "t0"."answered_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."answered_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."told_at") AS TIMESTAMP))) <= 1800, FALSE)) AS "t1";
-- RES-043 hospital v1 d: as RES-041 hospital v1 n
-- RES-044 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."answered_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."told_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE) AND "t0"."told_at" IS NOT NULL AND "t0"."answered_at" IS NOT NULL) AS "t1";
-- RES-044 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE) AND "t0"."told_at" IS NOT NULL AND "t0"."answered_at" IS NOT NULL) AS "t1";
-- RES-045 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND COALESCE("t0"."rejected", FALSE)) AS "t1";
-- RES-045 hospital v1 d: as RES-001 hospital v1 n
-- RES-046 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND COALESCE("t0"."urgent", FALSE) AND "t0"."ordered_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."ordered_at") AS TIMESTAMP))) <= 7200, FALSE)) AS "t1";
-- RES-046 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND COALESCE("t0"."urgent", FALSE) AND "t0"."ordered_at" IS NOT NULL) AS "t1";
-- RES-047 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."recognised", FALSE)) AS "t1";
-- RES-047 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- RES-048 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."reported_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."received_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND "t0"."received_at" IS NOT NULL) AS "t1";
-- RES-048 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."executing" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."category" = 'laboratory', FALSE) AND "t0"."received_at" IS NOT NULL) AS "t1";
-- RES-049 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE) AND "t0"."answered_at" IS NOT NULL) AS "t1";
-- RES-049 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "result" AS "t0" WHERE "t0"."reported_at_month" >= 312 AND "t0"."reported_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."ordering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."critical", FALSE)) AS "t1";
-- SLT-001 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- SLT-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kept", FALSE)) AS "t1";
-- SLT-002 hospital v1 d: as SLT-001 hospital v1 n
-- SLT-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."booked", FALSE)) AS "t1";
-- SLT-003 hospital v1 d: as SLT-001 hospital v1 n
-- SLT-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."booked", FALSE) AND NOT (COALESCE("t0"."kept", FALSE)) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- SLT-004 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."booked", FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- SLT-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."cancelled", FALSE)) AS "t1";
-- SLT-005 hospital v1 d: as SLT-001 hospital v1 n
-- SLT-006 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" = 'expert', FALSE)) AS "t1";
-- SLT-006 hospital v1 d: as SLT-001 hospital v1 n
-- SLT-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "slot" AS "t0" WHERE "t0"."starts_at_month" >= 312 AND "t0"."starts_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."department" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" = 'online', FALSE)) AS "t1";
-- SLT-007 hospital v1 d: as SLT-001 hospital v1 n
-- SUR-001 hospital v1 n: as EX-06 by-start v1 d
-- SUR-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE)) AS "t1";
-- SUR-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND NOT (COALESCE("t0"."elective", FALSE))) AS "t1";
-- SUR-003 hospital v1 d: as EX-06 by-start v1 d
-- SUR-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."day_surgery", FALSE)) AS "t1";
-- SUR-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" >= 3, FALSE)) AS "t1";
-- SUR-005 hospital v1 d: as EX-06 by-start v1 d
-- SUR-006 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" = 1, FALSE)) AS "t1";
-- SUR-007 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" = 2, FALSE)) AS "t1";
-- SUR-008 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."level" = 3, FALSE)) AS "t1";
-- SUR-009 hospital v1 n: as EX-06 by-start v1 n
-- SUR-010 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" = 'interventional', FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- SUR-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."unplanned_return", FALSE)) AS "t1";
-- SUR-011 hospital v1 d: as EX-06 by-start v1 d
-- SUR-012 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- SUR-012 hospital v1 d: as EX-06 by-start v1 d
-- SUR-013 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."complication", FALSE)) AS "t1";
-- SUR-013 hospital v1 d: as EX-06 by-start v1 d
-- SUR-014 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'zero', FALSE)) AS "t1";
-- SUR-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'zero', FALSE) AND COALESCE("t0"."incision_infected", FALSE)) AS "t1";
-- SUR-015 hospital v1 d: as SUR-014 hospital v1 n
-- SUR-016 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'one', FALSE)) AS "t1";
-- SUR-017 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'one', FALSE) AND COALESCE("t0"."incision_infected", FALSE)) AS "t1";
-- SUR-017 hospital v1 d: as SUR-016 hospital v1 n
-- SUR-018 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'two', FALSE)) AS "t1";
-- SUR-019 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'two', FALSE) AND COALESCE("t0"."incision_infected", FALSE)) AS "t1";
-- SUR-019 hospital v1 d: as SUR-018 hospital v1 n
-- SUR-020 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'three', FALSE)) AS "t1";
-- SUR-021 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."incision" = 'three', FALSE) AND COALESCE("t0"."incision_infected", FALSE)) AS "t1";
-- SUR-021 hospital v1 d: as SUR-020 hospital v1 n
-- SUR-022 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."first_of_day", FALSE) AND "t0"."scheduled_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."started_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."scheduled_at") AS TIMESTAMP))) <= 900, FALSE)) AS "t1";
-- SUR-022 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."first_of_day", FALSE) AND "t0"."scheduled_at" IS NOT NULL) AS "t1";
-- SUR-023 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."ended_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."started_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."ended_at" IS NOT NULL) AS "t1";
-- SUR-023 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."ended_at" IS NOT NULL) AS "t1";
-- SUR-024 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."started_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."admitted_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."admitted_at" IS NOT NULL) AS "t1";
-- SUR-024 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."class" = 'inpatient', FALSE) AND "t0"."admitted_at" IS NOT NULL) AS "t1";
-- SUR-025 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."scheduled_at_month" >= 312 AND "t0"."scheduled_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."cancelled", FALSE)) AS "t1";
-- SUR-025 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."scheduled_at_month" >= 312 AND "t0"."scheduled_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND TRUE) AS "t1";
-- SUR-026 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND COALESCE("t0"."anaesthesia" = 'general', FALSE)) AS "t1";
-- SUR-026 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."anaesthesia" IS NOT NULL) AS "t1";
-- SUR-027 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL AND COALESCE("t0"."asa" = 1, FALSE)) AS "t1";
-- SUR-027 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL) AS "t1";
-- SUR-028 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL AND COALESCE("t0"."asa" = 2, FALSE)) AS "t1";
-- SUR-028 hospital v1 d: as SUR-027 hospital v1 d
-- SUR-029 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL AND COALESCE("t0"."asa" = 3, FALSE)) AS "t1";
-- SUR-029 hospital v1 d: as SUR-027 hospital v1 d
-- SUR-030 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL AND COALESCE("t0"."asa" = 4, FALSE)) AS "t1";
-- SUR-030 hospital v1 d: as SUR-027 hospital v1 d
-- SUR-031 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE)) AND "t0"."asa" IS NOT NULL AND COALESCE("t0"."asa" = 5, FALSE)) AS "t1";
-- SUR-031 hospital v1 d: as SUR-027 hospital v1 d
-- SUR-032 hospital v1 n: as EX-06 by-start v1 d
-- SUR-032 hospital v1 d
SELECT COUNT(DISTINCT "t1"."surgeon") AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."started_at_month" >= 312 AND "t0"."started_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."kind" IN ('operation', 'interventional'), FALSE) AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- SUR-033 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."scheduled_at_month" >= 312 AND "t0"."scheduled_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND "t0"."scheduled_at" IS NOT NULL AND NOT (COALESCE("t0"."cancelled", FALSE)) AND (COALESCE("t0"."done", FALSE) OR ("t0"."ended_at" IS NOT NULL))) AS "t1";
-- SUR-033 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "surgery" AS "t0" WHERE "t0"."scheduled_at_month" >= 312 AND "t0"."scheduled_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."operating" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND "t0"."scheduled_at" IS NOT NULL AND NOT (COALESCE("t0"."cancelled", FALSE))) AS "t1";
-- VIS-001 hospital v1 n: as EX-01 national-exam v1 n
-- VIS-002 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE)) AS "t1";
-- VIS-003 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'observation', FALSE)) AS "t1";
-- VIS-004 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'checkup', FALSE)) AS "t1";
-- VIS-005 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."first_visit", FALSE)) AS "t1";
-- VIS-005 hospital v1 d: as EX-01 national-exam v1 n
-- VIS-006 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND "t0"."total_fen" IS NOT NULL) AS "t1";
-- VIS-006 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND "t0"."total_fen" IS NOT NULL) AS "t1";
-- VIS-007 hospital v1 n
SELECT COALESCE(SUM("t1"."drug_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."drug_fen" > 0, FALSE)) AS "t1";
-- VIS-007 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."drug_fen" > 0, FALSE)) AS "t1";
-- VIS-008 hospital v1 n
SELECT COALESCE(SUM("t1"."total_fen"), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE)) AS "t1";
-- VIS-008 hospital v1 d: as VIS-002 hospital v1 n
-- VIS-009 hospital v1 n: as EX-39 national-exam v1 n
-- VIS-009 hospital v1 d: as EX-38 national-exam v1 n
-- VIS-010 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."seen_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."checked_in_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- VIS-010 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- VIS-011 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."seen_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."checked_in_at") AS TIMESTAMP))) > 3600, FALSE)) AS "t1";
-- VIS-011 hospital v1 d: as VIS-010 hospital v1 d
-- VIS-012 hospital v1 n
SELECT COALESCE(SUM(EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."seen_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t1"."checked_in_at") AS TIMESTAMP))), 0) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- VIS-012 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND "t0"."checked_in_at" IS NOT NULL AND "t0"."seen_at" IS NOT NULL) AS "t1";
-- VIS-013 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND COALESCE("t0"."died", FALSE)) AS "t1";
-- VIS-013 hospital v1 d: as VIS-002 hospital v1 n
-- VIS-014 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND "t0"."admitted_at" IS NOT NULL) AS "t1";
-- VIS-014 hospital v1 d: as VIS-002 hospital v1 n
-- VIS-015 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND "t0"."discharged_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."discharged_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."registered_at") AS TIMESTAMP))) > 21600, FALSE)) AS "t1";
-- VIS-015 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'emergency', FALSE) AND "t0"."discharged_at" IS NOT NULL) AS "t1";
-- VIS-016 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'observation', FALSE) AND "t0"."discharged_at" IS NOT NULL AND COALESCE((EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."discharged_at") AS TIMESTAMP)) - EPOCH(CAST(DATE_TRUNC('SECOND', "t0"."registered_at") AS TIMESTAMP))) > 259200, FALSE)) AS "t1";
-- VIS-016 hospital v1 d
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'observation', FALSE) AND "t0"."discharged_at" IS NOT NULL) AS "t1";
-- VIS-017 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."age_days" < 5479, FALSE)) AS "t1";
-- VIS-018 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."age_days" >= 23741, FALSE)) AS "t1";
-- VIS-018 hospital v1 d: as EX-07 visits v1 d
-- VIS-019 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" IN ('outpatient', 'emergency'), FALSE) AND COALESCE("t0"."from_where" = 'referred_up', FALSE)) AS "t1";
-- VIS-020 hospital v1 n
SELECT COUNT(*) AS "value" FROM (SELECT * FROM "encounter" AS "t0" WHERE "t0"."registered_at_month" >= 312 AND "t0"."registered_at_month" <= 314 AND ((COALESCE("t0"."hospital" IN ('H2'), FALSE) AND COALESCE("t0"."registering" IN ('D1'), FALSE)) OR COALESCE("t0"."hospital" IN ('H1'), FALSE)) AND COALESCE("t0"."class" = 'outpatient', FALSE) AND COALESCE("t0"."payer" IN ('employee', 'resident'), FALSE)) AS "t1";
-- VIS-020 hospital v1 d: as EX-01 national-exam v1 n
