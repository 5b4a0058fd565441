DELETE FROM "STAGING"."EVENTS__TAGS"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS__TAGS" (
  "_TEXT",
  "_TYPED",
  "_WRONG"
)
WITH "FOUND" AS (
  SELECT DISTINCT
    "C"."TAGS" AS "_TEXT"
  FROM "STAGING"."EVENTS__CELL" AS "C"
  WHERE
    STARTSWITH("C"."TAGS", '[')
), "ITEMS" AS (
  SELECT
    "D"."_TEXT" AS "_TEXT",
    ("U".INDEX + 1) AS "_POSITION",
    CAST("U".VALUE AS VARCHAR) AS "_ITEM"
  FROM "FOUND" AS "D", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL(SUBSTRING("D"."_TEXT", 2, LENGTH("D"."_TEXT") - 2), ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])'), 1, 1, 'e', 1)) AS "U"
), "TYPED" AS (
  SELECT
    "I"."_TEXT",
    "I"."_POSITION",
    "I"."_ITEM",
    "I"."_ITEM" = 'null' AS "_MISSING",
    CASE
      WHEN NOT STARTSWITH("I"."_ITEM", '"')
      THEN NULL
      WHEN NOT CONTAINS("I"."_ITEM", CHR(4))
      THEN SUBSTRING("I"."_ITEM", 2, LENGTH("I"."_ITEM") - 2)
      WHEN REGEXP_LIKE("I"."_ITEM", ('"([^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(([1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD]([0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"'))
      THEN JSON_EXTRACT_PATH_TEXT('{"v":' || REPLACE("I"."_ITEM", CHR(4), '\\') || '}', 'v')
    END AS "_GIVEN"
  FROM "ITEMS" AS "I"
), "JUDGED" AS (
  SELECT
    "T"."_TEXT",
    "T"."_POSITION",
    CASE
      WHEN "T"."_MISSING"
      OR (
        NOT STARTSWITH("T"."_ITEM", '"')
      )
      OR (
        "T"."_GIVEN" IS NULL
      )
      THEN 1
      ELSE 0
    END AS "_WRONG",
    REPLACE(REPLACE(REPLACE("T"."_GIVEN", '~', '~0'), '|', '~1'), ',', '~2') AS "_WRITTEN"
  FROM "TYPED" AS "T"
), "WHOLE" AS (
  SELECT
    "J"."_TEXT",
    MAX("J"."_WRONG") AS "_WRONG",
    LISTAGG("J"."_WRITTEN" || ',', '') WITHIN GROUP (ORDER BY
      "J"."_POSITION" NULLS FIRST) AS "_TYPED"
  FROM "JUDGED" AS "J"
  GROUP BY
    "J"."_TEXT"
)
SELECT
  "D"."_TEXT",
  CASE WHEN "W"."_TEXT" IS NULL THEN '' WHEN "W"."_WRONG" = 0 THEN "W"."_TYPED" END,
  COALESCE("W"."_WRONG", 0) = 1
FROM "FOUND" AS "D"
LEFT JOIN "WHOLE" AS "W"
  ON "W"."_TEXT" = "D"."_TEXT";
