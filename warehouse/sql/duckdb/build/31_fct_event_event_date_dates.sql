INSERT INTO "core"."dim_date" (
  "date",
  "year",
  "quarter",
  "month",
  "day",
  "weekday"
)
WITH "found" AS (
  SELECT DISTINCT
    "f"."event_date" AS "date"
  FROM "core"."fct_event" AS "f"
)
SELECT
  "f"."date",
  EXTRACT(YEAR FROM "f"."date"),
  EXTRACT(QUARTER FROM "f"."date"),
  EXTRACT(MONTH FROM "f"."date"),
  EXTRACT(DAY FROM "f"."date"),
  ISODOW("f"."date")
FROM "found" AS "f"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_date" AS "d"
    WHERE
      "d"."date" = "f"."date"
  );
