DELETE FROM "STAGING"."USERS__CELL"
WHERE
  TRUE;

INSERT INTO "STAGING"."USERS__CELL" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
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
SELECT
  "L"."_LOAD_ID",
  "L"."_LINE_NUMBER",
  "L"."_TEXT",
  CAST(NULL AS VARCHAR),
  "L"."_PROBLEM",
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR)
FROM "STAGING"."USERS__LINE" AS "L"
WHERE
  NOT "L"."_PROBLEM" IS NULL
UNION ALL
SELECT
  "H"."_LOAD_ID",
  "H"."_LINE_NUMBER",
  "H"."_TEXT",
  "H"."_FIELD",
  "H"."_PROBLEM",
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR),
  CAST(NULL AS VARCHAR)
FROM "STAGING"."USERS__HEADER" AS "H"
WHERE
  NOT "H"."_PROBLEM" IS NULL;

INSERT INTO "STAGING"."USERS__CELL" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
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
WITH "ROW_TEXT" AS (
  SELECT
    "L"."_LOAD_ID",
    "L"."_LINE_NUMBER",
    "L"."_TEXT",
    ',' || "L"."_TEXT" AS "_ROW",
    "H"."_WIDTH",
    "H"."_WIDTH" > CASE WHEN "H"."ID" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."FNAME" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."LNAME" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."EMAIL" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."COUNTRY" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."SUBSCRIPTION" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."CATEGORIES" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."UPDATED_AT" IS NULL THEN 0 ELSE 1 END AS "_HAS_MORE",
    "H"."ID",
    "H"."FNAME",
    "H"."LNAME",
    "H"."EMAIL",
    "H"."COUNTRY",
    "H"."SUBSCRIPTION",
    "H"."CATEGORIES",
    "H"."UPDATED_AT"
  FROM "STAGING"."USERS__LINE" AS "L"
  JOIN "STAGING"."USERS__HEADER" AS "H"
    ON "H"."_LOAD_ID" = "L"."_LOAD_ID"
  WHERE
    "H"."_PROBLEM" IS NULL AND "L"."_PLACE" > 1
), "CHECKED" AS (
  SELECT
    "R"."_LOAD_ID",
    "R"."_LINE_NUMBER",
    "R"."_TEXT",
    "R"."_ROW",
    "R"."_HAS_MORE",
    CASE
      WHEN NOT REGEXP_LIKE("R"."_ROW", '(,("([^"]|"")*"|[^",]*))+')
      THEN 'quotes'
      WHEN REGEXP_COUNT("R"."_ROW", ',(("([^"]|"")*"|[^",]*))') <> "R"."_WIDTH"
      THEN 'columns'
    END AS "_PROBLEM",
    "R"."ID",
    "R"."FNAME",
    "R"."LNAME",
    "R"."EMAIL",
    "R"."COUNTRY",
    "R"."SUBSCRIPTION",
    "R"."CATEGORIES",
    "R"."UPDATED_AT"
  FROM "ROW_TEXT" AS "R"
), "CUT" AS (
  SELECT
    "R"."_LOAD_ID",
    "R"."_LINE_NUMBER",
    "R"."_TEXT",
    "R"."_PROBLEM",
    "R"."_HAS_MORE",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."ID" - 1] AS VARCHAR),
      ''
    ) AS "ID",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."FNAME" - 1] AS VARCHAR),
      ''
    ) AS "FNAME",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."LNAME" - 1] AS VARCHAR),
      ''
    ) AS "LNAME",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."EMAIL" - 1] AS VARCHAR),
      ''
    ) AS "EMAIL",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."COUNTRY" - 1] AS VARCHAR),
      ''
    ) AS "COUNTRY",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."SUBSCRIPTION" - 1] AS VARCHAR),
      ''
    ) AS "SUBSCRIPTION",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."CATEGORIES" - 1] AS VARCHAR),
      ''
    ) AS "CATEGORIES",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."UPDATED_AT" - 1] AS VARCHAR),
      ''
    ) AS "UPDATED_AT"
  FROM "CHECKED" AS "R"
)
SELECT
  "C"."_LOAD_ID",
  "C"."_LINE_NUMBER",
  "C"."_TEXT",
  CAST(NULL AS VARCHAR),
  "C"."_PROBLEM",
  CASE WHEN "C"."_HAS_MORE" THEN "C"."_TEXT" END,
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."ID", '"')
      THEN REPLACE(SUBSTRING("C"."ID", 2, LENGTH("C"."ID") - 2), '""', '"')
      ELSE "C"."ID"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."FNAME", '"')
      THEN REPLACE(SUBSTRING("C"."FNAME", 2, LENGTH("C"."FNAME") - 2), '""', '"')
      ELSE "C"."FNAME"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."LNAME", '"')
      THEN REPLACE(SUBSTRING("C"."LNAME", 2, LENGTH("C"."LNAME") - 2), '""', '"')
      ELSE "C"."LNAME"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."EMAIL", '"')
      THEN REPLACE(SUBSTRING("C"."EMAIL", 2, LENGTH("C"."EMAIL") - 2), '""', '"')
      ELSE "C"."EMAIL"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."COUNTRY", '"')
      THEN REPLACE(SUBSTRING("C"."COUNTRY", 2, LENGTH("C"."COUNTRY") - 2), '""', '"')
      ELSE "C"."COUNTRY"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."SUBSCRIPTION", '"')
      THEN REPLACE(SUBSTRING("C"."SUBSCRIPTION", 2, LENGTH("C"."SUBSCRIPTION") - 2), '""', '"')
      ELSE "C"."SUBSCRIPTION"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."CATEGORIES", '"')
      THEN REPLACE(SUBSTRING("C"."CATEGORIES", 2, LENGTH("C"."CATEGORIES") - 2), '""', '"')
      ELSE "C"."CATEGORIES"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."UPDATED_AT", '"')
      THEN REPLACE(SUBSTRING("C"."UPDATED_AT", 2, LENGTH("C"."UPDATED_AT") - 2), '""', '"')
      ELSE "C"."UPDATED_AT"
    END,
    ''
  )
FROM "CUT" AS "C";
