WITH "weeks" AS (
  SELECT
    "f"."user_id",
    DATE_DIFF('day', DATE '1970-01-01', "f"."event_date") - ISODOW("f"."event_date") + 1 AS "monday",
    MIN("f"."timestamp") AS "first_at"
  FROM "core"."fct_event" AS "f"
  GROUP BY
    "f"."user_id",
    DATE_DIFF('day', DATE '1970-01-01', "f"."event_date") - ISODOW("f"."event_date") + 1
), "of_user" AS (
  SELECT
    "w"."user_id",
    MIN("w"."monday") AS "cohort",
    MIN("w"."first_at") AS "first_at"
  FROM "weeks" AS "w"
  GROUP BY
    "w"."user_id"
), "cohorts" AS (
  SELECT
    "o"."cohort",
    "w"."monday",
    COUNT(*) AS "users"
  FROM "weeks" AS "w"
  JOIN "of_user" AS "o"
    ON "o"."user_id" = "w"."user_id"
  GROUP BY
    "o"."cohort",
    "w"."monday"
), "latest" AS (
  SELECT
    "c"."cohort",
    MAX("c"."users") AS "users"
  FROM "cohorts" AS "c"
  GROUP BY
    "c"."cohort"
)
SELECT
  (DATE '1970-01-01' + CAST("c"."cohort" AS INTEGER)) AS "cohort",
  (("c"."monday" - "c"."cohort") // 7) AS "week",
  "c"."users" AS "users",
  "l"."users" AS "cohort_users",
  (CAST("c"."users" AS DOUBLE) / NULLIF("l"."users", 0)) AS "share"
FROM "cohorts" AS "c"
JOIN "latest" AS "l"
  ON "l"."cohort" = "c"."cohort"
WHERE
  "c"."cohort" IN (
    SELECT
      "l"."cohort"
    FROM "latest" AS "l"
    ORDER BY
      "l"."cohort" DESC
    LIMIT 10
  )
ORDER BY
  "c"."cohort",
  "c"."monday";
