INSERT INTO "CORE"."BRIDGE_EVENT_TAG" (
  "EVENT_ID",
  "POSITION",
  "TAG"
)
WITH "GIVEN" AS (
  SELECT DISTINCT
    "S"."_ID",
    "S"."TAGS" AS "ITEMS"
  FROM "STAGING"."EVENTS" AS "S"
  WHERE
    "S"."_REASONS" IS NULL
    AND "S"."TAGS" <> ''
    AND NOT EXISTS(
      SELECT
        1 AS "ONE"
      FROM "CORE"."FCT_EVENT" AS "F"
      WHERE
        "F"."EVENT_ID" = "S"."_ID"
    )
)
SELECT
  "G"."_ID",
  ("U".INDEX + 1) AS "POSITION",
  REPLACE(REPLACE(REPLACE(CAST("U".VALUE AS VARCHAR), '~2', ','), '~1', '|'), '~0', '~')
FROM "GIVEN" AS "G", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL("G"."ITEMS", '([^,]*),', 1, 1, 'e', 1)) AS "U";
