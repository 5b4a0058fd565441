DELETE FROM "STAGING"."USERS__HEADER"
WHERE
  TRUE;

INSERT INTO "STAGING"."USERS__HEADER" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
  "_WIDTH",
  "ID",
  "FNAME",
  "LNAME",
  "EMAIL",
  "COUNTRY",
  "SUBSCRIPTION",
  "CATEGORIES",
  "UPDATED_AT"
)
WITH "FIRST_LINE" AS (
  SELECT
    "L"."_LOAD_ID",
    "L"."_LINE_NUMBER",
    "L"."_TEXT",
    ',' || "L"."_TEXT" AS "_ROW"
  FROM "STAGING"."USERS__LINE" AS "L"
  WHERE
    "L"."_PLACE" = 1
), "CELL" AS (
  SELECT
    "F"."_LOAD_ID",
    ("U".INDEX + 1) AS "_POSITION",
    CASE
      WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '"')
      THEN REPLACE(
        SUBSTRING(CAST("U".VALUE AS VARCHAR), 2, LENGTH(CAST("U".VALUE AS VARCHAR)) - 2),
        '""',
        '"'
      )
      ELSE CAST("U".VALUE AS VARCHAR)
    END AS "_NAME"
  FROM "FIRST_LINE" AS "F", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL("F"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)) AS "U"
), "NAME_PLACE" AS (
  SELECT
    "N"."_LOAD_ID",
    COUNT(*) AS "_WIDTH",
    COUNT(DISTINCT "N"."_NAME") AS "_DISTINCT",
    MAX(
      CASE
        WHEN "N"."_NAME" IN (
          'id',
          'fname',
          'lname',
          'email',
          'country',
          'subscription',
          'categories',
          'updated_at'
        )
        THEN 1
        ELSE 0
      END
    ) AS "_KNOWN",
    MAX(CASE WHEN "N"."_NAME" = 'id' THEN "N"."_POSITION" END) AS "ID",
    MAX(CASE WHEN "N"."_NAME" = 'fname' THEN "N"."_POSITION" END) AS "FNAME",
    MAX(CASE WHEN "N"."_NAME" = 'lname' THEN "N"."_POSITION" END) AS "LNAME",
    MAX(CASE WHEN "N"."_NAME" = 'email' THEN "N"."_POSITION" END) AS "EMAIL",
    MAX(CASE WHEN "N"."_NAME" = 'country' THEN "N"."_POSITION" END) AS "COUNTRY",
    MAX(CASE WHEN "N"."_NAME" = 'subscription' THEN "N"."_POSITION" END) AS "SUBSCRIPTION",
    MAX(CASE WHEN "N"."_NAME" = 'categories' THEN "N"."_POSITION" END) AS "CATEGORIES",
    MAX(CASE WHEN "N"."_NAME" = 'updated_at' THEN "N"."_POSITION" END) AS "UPDATED_AT"
  FROM "CELL" AS "N"
  GROUP BY
    "N"."_LOAD_ID"
), "CHECKED" AS (
  SELECT
    "F"."_LOAD_ID",
    "F"."_LINE_NUMBER",
    "F"."_TEXT",
    "P"."_WIDTH",
    CASE
      WHEN "P"."ID" IS NULL
      THEN 'id'
      WHEN "P"."FNAME" IS NULL
      THEN 'fname'
      WHEN "P"."LNAME" IS NULL
      THEN 'lname'
      WHEN "P"."EMAIL" IS NULL
      THEN 'email'
      WHEN "P"."COUNTRY" IS NULL
      THEN 'country'
      WHEN "P"."SUBSCRIPTION" IS NULL
      THEN 'subscription'
    END AS "_LACKS",
    CASE
      WHEN NOT REGEXP_LIKE("F"."_ROW", '(,("([^"]|"")*"|[^",]*))+')
      OR CONTAINS(REGEXP_REPLACE("F"."_TEXT", '"[^"]*"', ''), CHR(13))
      OR "P"."_KNOWN" = 0
      OR "P"."_DISTINCT" < "P"."_WIDTH"
      THEN 1
      ELSE 0
    END AS "_WRONG",
    "P"."ID",
    "P"."FNAME",
    "P"."LNAME",
    "P"."EMAIL",
    "P"."COUNTRY",
    "P"."SUBSCRIPTION",
    "P"."CATEGORIES",
    "P"."UPDATED_AT"
  FROM "FIRST_LINE" AS "F"
  JOIN "NAME_PLACE" AS "P"
    ON "P"."_LOAD_ID" = "F"."_LOAD_ID"
)
SELECT
  "C"."_LOAD_ID",
  "C"."_LINE_NUMBER",
  "C"."_TEXT",
  CASE WHEN "C"."_WRONG" = 0 THEN "C"."_LACKS" END,
  CASE WHEN "C"."_WRONG" = 1 OR NOT "C"."_LACKS" IS NULL THEN 'header' END,
  "C"."_WIDTH",
  "C"."ID",
  "C"."FNAME",
  "C"."LNAME",
  "C"."EMAIL",
  "C"."COUNTRY",
  "C"."SUBSCRIPTION",
  "C"."CATEGORIES",
  "C"."UPDATED_AT"
FROM "CHECKED" AS "C";
