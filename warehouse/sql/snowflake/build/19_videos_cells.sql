DELETE FROM "STAGING"."VIDEOS__CELL"
WHERE
  TRUE;

INSERT INTO "STAGING"."VIDEOS__CELL" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
  "_EXTRA",
  "ID",
  "NAME",
  "URL",
  "CREATION_TIMESTAMP",
  "CREATOR_ID",
  "PRIVATE"
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
  CAST(NULL AS VARCHAR)
FROM "STAGING"."VIDEOS__LINE" AS "L"
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
  CAST(NULL AS VARCHAR)
FROM "STAGING"."VIDEOS__HEADER" AS "H"
WHERE
  NOT "H"."_PROBLEM" IS NULL;

INSERT INTO "STAGING"."VIDEOS__CELL" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
  "_EXTRA",
  "ID",
  "NAME",
  "URL",
  "CREATION_TIMESTAMP",
  "CREATOR_ID",
  "PRIVATE"
)
WITH "ROW_TEXT" AS (
  SELECT
    "L"."_LOAD_ID",
    "L"."_LINE_NUMBER",
    "L"."_TEXT",
    ',' || "L"."_TEXT" AS "_ROW",
    "H"."_WIDTH",
    "H"."_WIDTH" > CASE WHEN "H"."ID" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."NAME" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."URL" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."CREATION_TIMESTAMP" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."CREATOR_ID" IS NULL THEN 0 ELSE 1 END + CASE WHEN "H"."PRIVATE" IS NULL THEN 0 ELSE 1 END AS "_HAS_MORE",
    "H"."ID",
    "H"."NAME",
    "H"."URL",
    "H"."CREATION_TIMESTAMP",
    "H"."CREATOR_ID",
    "H"."PRIVATE"
  FROM "STAGING"."VIDEOS__LINE" AS "L"
  JOIN "STAGING"."VIDEOS__HEADER" AS "H"
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
    "R"."NAME",
    "R"."URL",
    "R"."CREATION_TIMESTAMP",
    "R"."CREATOR_ID",
    "R"."PRIVATE"
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
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."NAME" - 1] AS VARCHAR),
      ''
    ) AS "NAME",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."URL" - 1] AS VARCHAR),
      ''
    ) AS "URL",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."CREATION_TIMESTAMP" - 1] AS VARCHAR),
      ''
    ) AS "CREATION_TIMESTAMP",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."CREATOR_ID" - 1] AS VARCHAR),
      ''
    ) AS "CREATOR_ID",
    NULLIF(
      CAST(REGEXP_SUBSTR_ALL("R"."_ROW", ',(("([^"]|"")*"|[^",]*))', 1, 1, 'e', 1)["R"."PRIVATE" - 1] AS VARCHAR),
      ''
    ) AS "PRIVATE"
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
      WHEN STARTSWITH("C"."NAME", '"')
      THEN REPLACE(SUBSTRING("C"."NAME", 2, LENGTH("C"."NAME") - 2), '""', '"')
      ELSE "C"."NAME"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."URL", '"')
      THEN REPLACE(SUBSTRING("C"."URL", 2, LENGTH("C"."URL") - 2), '""', '"')
      ELSE "C"."URL"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."CREATION_TIMESTAMP", '"')
      THEN REPLACE(
        SUBSTRING("C"."CREATION_TIMESTAMP", 2, LENGTH("C"."CREATION_TIMESTAMP") - 2),
        '""',
        '"'
      )
      ELSE "C"."CREATION_TIMESTAMP"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."CREATOR_ID", '"')
      THEN REPLACE(SUBSTRING("C"."CREATOR_ID", 2, LENGTH("C"."CREATOR_ID") - 2), '""', '"')
      ELSE "C"."CREATOR_ID"
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTSWITH("C"."PRIVATE", '"')
      THEN REPLACE(SUBSTRING("C"."PRIVATE", 2, LENGTH("C"."PRIVATE") - 2), '""', '"')
      ELSE "C"."PRIVATE"
    END,
    ''
  )
FROM "CUT" AS "C";
