INSERT INTO "core"."bridge_event_tag" (
  "event_id",
  "position",
  "tag"
)
WITH "given" AS (
  SELECT DISTINCT
    "s"."_id",
    "s"."tags" AS "items"
  FROM "staging"."events" AS "s"
  WHERE
    "s"."_reasons" IS NULL
    AND "s"."tags" <> ''
    AND NOT EXISTS(
      SELECT
        1 AS "one"
      FROM "core"."fct_event" AS "f"
      WHERE
        "f"."event_id" = "s"."_id"
    )
)
SELECT
  "g"."_id",
  "u"."position",
  REPLACE(REPLACE(REPLACE("u"."item", '~2', ','), '~1', '|'), '~0', '~')
FROM "given" AS "g", LATERAL (SELECT UNNEST(REGEXP_EXTRACT_ALL("g"."items", '([^,]*),', 1)) AS item, GENERATE_SUBSCRIPTS(REGEXP_EXTRACT_ALL("g"."items", '([^,]*),', 1), 1) AS position) AS "u";
