WITH "counted" AS (
  SELECT
    "f"."event",
    COUNT(*) AS "times",
    MIN("f"."timestamp") AS "first_at",
    MAX("f"."timestamp") AS "last_at"
  FROM "core"."fct_event" AS "f"
  GROUP BY
    "f"."event"
), "whole" AS (
  SELECT
    SUM("c"."times") AS "times"
  FROM "counted" AS "c"
)
SELECT
  "c"."event" AS "event",
  "c"."times" AS "count",
  "c"."first_at" AS "first_at",
  "c"."last_at" AS "last_at",
  (CAST("c"."times" AS DOUBLE) / NULLIF("w"."times", 0)) AS "share"
FROM "counted" AS "c"
CROSS JOIN "whole" AS "w"
ORDER BY
  "c"."times" DESC,
  "c"."event"
LIMIT 10;
