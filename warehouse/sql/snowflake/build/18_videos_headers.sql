DELETE FROM "STAGING"."VIDEOS__HEADER"
WHERE
  TRUE;

INSERT INTO "STAGING"."VIDEOS__HEADER" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
  "_WIDTH",
  "ID",
  "NAME",
  "URL",
  "CREATION_TIMESTAMP",
  "CREATOR_ID",
  "PRIVATE"
)
WITH "FIRST_LINE" AS (
  SELECT
    "L"."_LOAD_ID",
    "L"."_LINE_NUMBER",
    "L"."_TEXT",
    ',' || "L"."_TEXT" AS "_ROW"
  FROM "STAGING"."VIDEOS__LINE" AS "L"
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
        WHEN "N"."_NAME" IN ('id', 'name', 'url', 'creation_timestamp', 'creator_id', 'private')
        THEN 1
        ELSE 0
      END
    ) AS "_KNOWN",
    MAX(CASE WHEN "N"."_NAME" = 'id' THEN "N"."_POSITION" END) AS "ID",
    MAX(CASE WHEN "N"."_NAME" = 'name' THEN "N"."_POSITION" END) AS "NAME",
    MAX(CASE WHEN "N"."_NAME" = 'url' THEN "N"."_POSITION" END) AS "URL",
    MAX(CASE WHEN "N"."_NAME" = 'creation_timestamp' THEN "N"."_POSITION" END) AS "CREATION_TIMESTAMP",
    MAX(CASE WHEN "N"."_NAME" = 'creator_id' THEN "N"."_POSITION" END) AS "CREATOR_ID",
    MAX(CASE WHEN "N"."_NAME" = 'private' THEN "N"."_POSITION" END) AS "PRIVATE"
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
      WHEN "P"."NAME" IS NULL
      THEN 'name'
      WHEN "P"."URL" IS NULL
      THEN 'url'
      WHEN "P"."CREATION_TIMESTAMP" IS NULL
      THEN 'creation_timestamp'
      WHEN "P"."CREATOR_ID" IS NULL
      THEN 'creator_id'
      WHEN "P"."PRIVATE" IS NULL
      THEN 'private'
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
    "P"."NAME",
    "P"."URL",
    "P"."CREATION_TIMESTAMP",
    "P"."CREATOR_ID",
    "P"."PRIVATE"
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
  "C"."NAME",
  "C"."URL",
  "C"."CREATION_TIMESTAMP",
  "C"."CREATOR_ID",
  "C"."PRIVATE"
FROM "CHECKED" AS "C";
