DELETE FROM "STAGING"."EVENTS__ITEM"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS__ITEM" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_KIND"
)
SELECT
  "L"."_LOAD_ID",
  "L"."_LINE_NUMBER",
  "L"."_TEXT",
  "L"."_FORM"
FROM "STAGING"."EVENTS__LINE" AS "L"
WHERE
  NOT "L"."_FORM" IN ('opened', 'values');

INSERT INTO "STAGING"."EVENTS__ITEM" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_KIND"
)
SELECT
  "L"."_LOAD_ID",
  "L"."_LINE_NUMBER",
  CAST("U".VALUE AS VARCHAR) AS "ITEM",
  CASE
    WHEN CONTAINS(CAST("U".VALUE AS VARCHAR), '"events"')
    AND REGEXP_LIKE(CAST("U".VALUE AS VARCHAR), ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]'))
    THEN 'envelope'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '{')
    THEN 'record'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '[')
    THEN CASE WHEN "L"."_FORM" = 'opened' THEN 'object' ELSE 'list' END
    ELSE 'object'
  END
FROM "STAGING"."EVENTS__LINE" AS "L", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL("L"."_TEXT", ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'), 1, 1, 'e', 1)) AS "U"
WHERE
  "L"."_FORM" IN ('opened', 'values');

INSERT INTO "STAGING"."EVENTS__ITEM" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_KIND"
)
SELECT
  "I"."_LOAD_ID",
  "I"."_LINE_NUMBER",
  CAST("U".VALUE AS VARCHAR) AS "ITEM",
  CASE
    WHEN CONTAINS(CAST("U".VALUE AS VARCHAR), '"events"')
    AND REGEXP_LIKE(CAST("U".VALUE AS VARCHAR), ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]'))
    THEN 'envelope 2'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '{')
    THEN 'record'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '[')
    THEN 'object'
    ELSE 'object'
  END
FROM "STAGING"."EVENTS__ITEM" AS "I", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL(COALESCE(CASE WHEN STARTSWITH("I"."_TEXT", '[') THEN NULLIF(REGEXP_SUBSTR("I"."_TEXT", ('^[[](([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*)[]]$'), 1, 1, 'e', 1), '') WHEN CONTAINS("I"."_TEXT", '"events"') THEN NULLIF(REGEXP_SUBSTR("I"."_TEXT", ('^[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[](([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*)[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]$'), 1, 1, 'e', 1), '') END, ''), ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'), 1, 1, 'e', 1)) AS "U"
WHERE
  "I"."_KIND" IN ('envelope', 'list');

INSERT INTO "STAGING"."EVENTS__ITEM" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_KIND"
)
SELECT
  "I"."_LOAD_ID",
  "I"."_LINE_NUMBER",
  CAST("U".VALUE AS VARCHAR) AS "ITEM",
  CASE
    WHEN CONTAINS(CAST("U".VALUE AS VARCHAR), '"events"')
    AND REGEXP_LIKE(CAST("U".VALUE AS VARCHAR), ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]'))
    THEN 'undecided'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '{')
    THEN 'record'
    WHEN STARTSWITH(CAST("U".VALUE AS VARCHAR), '[')
    THEN 'object'
    ELSE 'object'
  END
FROM "STAGING"."EVENTS__ITEM" AS "I", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL(COALESCE(CASE WHEN CONTAINS("I"."_TEXT", '"events"') THEN NULLIF(REGEXP_SUBSTR("I"."_TEXT", ('^[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[](([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*)[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]$'), 1, 1, 'e', 1), '') END, ''), ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'), 1, 1, 'e', 1)) AS "U"
WHERE
  "I"."_KIND" = 'envelope 2';

DELETE FROM "STAGING"."EVENTS__ITEM"
WHERE
  "_KIND" IN ('envelope', 'list', 'envelope 2');
