DELETE FROM "STAGING"."USERS__TOUCHED"
WHERE
  TRUE;

INSERT INTO "STAGING"."USERS__TOUCHED" (
  "ID"
)
WITH "CHANGE" AS (
  SELECT
    "S"."_ID",
    "S"."_LOAD_ID",
    "L"."LANDED_AT" AS "_LANDED_AT",
    "S"."_EXTRA",
    SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("S"."ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."FNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."LNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."EMAIL", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."COUNTRY", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "S"."SUBSCRIPTION" THEN '1' WHEN NOT "S"."SUBSCRIPTION" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("S"."CATEGORIES", '|', '~1'), '')), '[|]+$', ''), 256) AS "ATTRIBUTES_ID",
    COALESCE("S"."UPDATED_AT", "L"."LANDED_AT") AS "EFFECTIVE_AT",
    NOT "S"."UPDATED_AT" IS NULL AS "IS_STATED",
    "S"."ID",
    "S"."FNAME",
    "S"."LNAME",
    "S"."EMAIL",
    "S"."COUNTRY",
    "S"."SUBSCRIPTION",
    "S"."CATEGORIES",
    "S"."UPDATED_AT"
  FROM "STAGING"."USERS" AS "S"
  JOIN "STAGING"."LOAD" AS "L"
    ON "L"."LOAD_ID" = "S"."_LOAD_ID"
  WHERE
    "S"."_REASONS" IS NULL
), "IDENTIFIED" AS (
  SELECT
    SHA2(("C"."_ID" || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."EFFECTIVE_AT")) || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."_LANDED_AT")) || '|' || COALESCE("C"."_EXTRA", '')), 256) AS "CHANGE_ID",
    "C"."ID"
  FROM "CHANGE" AS "C"
)
SELECT DISTINCT
  "I"."ID"
FROM "IDENTIFIED" AS "I"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."USER_LOG" AS "G"
    WHERE
      "G"."CHANGE_ID" = "I"."CHANGE_ID"
  );

INSERT INTO "CORE"."USER_SOURCE" (
  "CHANGE_ID",
  "_LOAD_ID",
  "COPIES"
)
WITH "CHANGE" AS (
  SELECT
    "S"."_ID",
    "S"."_LOAD_ID",
    "L"."LANDED_AT" AS "_LANDED_AT",
    "S"."_EXTRA",
    SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("S"."ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."FNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."LNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."EMAIL", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."COUNTRY", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "S"."SUBSCRIPTION" THEN '1' WHEN NOT "S"."SUBSCRIPTION" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("S"."CATEGORIES", '|', '~1'), '')), '[|]+$', ''), 256) AS "ATTRIBUTES_ID",
    COALESCE("S"."UPDATED_AT", "L"."LANDED_AT") AS "EFFECTIVE_AT",
    NOT "S"."UPDATED_AT" IS NULL AS "IS_STATED",
    "S"."ID",
    "S"."FNAME",
    "S"."LNAME",
    "S"."EMAIL",
    "S"."COUNTRY",
    "S"."SUBSCRIPTION",
    "S"."CATEGORIES",
    "S"."UPDATED_AT"
  FROM "STAGING"."USERS" AS "S"
  JOIN "STAGING"."LOAD" AS "L"
    ON "L"."LOAD_ID" = "S"."_LOAD_ID"
  WHERE
    "S"."_REASONS" IS NULL
), "IDENTIFIED" AS (
  SELECT
    SHA2(("C"."_ID" || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."EFFECTIVE_AT")) || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."_LANDED_AT")) || '|' || COALESCE("C"."_EXTRA", '')), 256) AS "CHANGE_ID",
    "C"."_LOAD_ID"
  FROM "CHANGE" AS "C"
)
SELECT
  "I"."CHANGE_ID",
  "I"."_LOAD_ID",
  COUNT(*)
FROM "IDENTIFIED" AS "I"
GROUP BY
  "I"."CHANGE_ID",
  "I"."_LOAD_ID";

INSERT INTO "CORE"."USER_LOG" (
  "CHANGE_ID",
  "ATTRIBUTES_ID",
  "EFFECTIVE_AT",
  "IS_STATED",
  "_LANDED_AT",
  "_EXTRA",
  "ID",
  "FNAME",
  "LNAME",
  "EMAIL",
  "COUNTRY",
  "SUBSCRIPTION",
  "CATEGORIES",
  "UPDATED_AT"
)
WITH "CHANGE" AS (
  SELECT
    "S"."_ID",
    "S"."_LOAD_ID",
    "L"."LANDED_AT" AS "_LANDED_AT",
    "S"."_EXTRA",
    SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("S"."ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."FNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."LNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."EMAIL", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("S"."COUNTRY", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "S"."SUBSCRIPTION" THEN '1' WHEN NOT "S"."SUBSCRIPTION" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("S"."CATEGORIES", '|', '~1'), '')), '[|]+$', ''), 256) AS "ATTRIBUTES_ID",
    COALESCE("S"."UPDATED_AT", "L"."LANDED_AT") AS "EFFECTIVE_AT",
    NOT "S"."UPDATED_AT" IS NULL AS "IS_STATED",
    "S"."ID",
    "S"."FNAME",
    "S"."LNAME",
    "S"."EMAIL",
    "S"."COUNTRY",
    "S"."SUBSCRIPTION",
    "S"."CATEGORIES",
    "S"."UPDATED_AT"
  FROM "STAGING"."USERS" AS "S"
  JOIN "STAGING"."LOAD" AS "L"
    ON "L"."LOAD_ID" = "S"."_LOAD_ID"
  WHERE
    "S"."_REASONS" IS NULL
), "IDENTIFIED" AS (
  SELECT
    SHA2(("C"."_ID" || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."EFFECTIVE_AT")) || '|' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "C"."_LANDED_AT")) || '|' || COALESCE("C"."_EXTRA", '')), 256) AS "CHANGE_ID",
    "C"."ATTRIBUTES_ID",
    "C"."EFFECTIVE_AT",
    "C"."IS_STATED",
    "C"."_LANDED_AT",
    "C"."_EXTRA",
    "C"."ID",
    "C"."FNAME",
    "C"."LNAME",
    "C"."EMAIL",
    "C"."COUNTRY",
    "C"."SUBSCRIPTION",
    "C"."CATEGORIES",
    "C"."UPDATED_AT"
  FROM "CHANGE" AS "C"
), "NUMBERED" AS (
  SELECT
    "I"."CHANGE_ID",
    "I"."ATTRIBUTES_ID",
    "I"."EFFECTIVE_AT",
    "I"."IS_STATED",
    "I"."_LANDED_AT",
    "I"."_EXTRA",
    "I"."ID",
    "I"."FNAME",
    "I"."LNAME",
    "I"."EMAIL",
    "I"."COUNTRY",
    "I"."SUBSCRIPTION",
    "I"."CATEGORIES",
    "I"."UPDATED_AT",
    ROW_NUMBER() OVER (PARTITION BY "I"."CHANGE_ID" ORDER BY "I"."ATTRIBUTES_ID" NULLS FIRST) AS "_PLACE"
  FROM "IDENTIFIED" AS "I"
)
SELECT
  "N"."CHANGE_ID",
  "N"."ATTRIBUTES_ID",
  "N"."EFFECTIVE_AT",
  "N"."IS_STATED",
  "N"."_LANDED_AT",
  "N"."_EXTRA",
  "N"."ID",
  "N"."FNAME",
  "N"."LNAME",
  "N"."EMAIL",
  "N"."COUNTRY",
  "N"."SUBSCRIPTION",
  "N"."CATEGORIES",
  "N"."UPDATED_AT"
FROM "NUMBERED" AS "N"
WHERE
  "N"."_PLACE" = 1
  AND NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."USER_LOG" AS "G"
    WHERE
      "G"."CHANGE_ID" = "N"."CHANGE_ID"
  );
