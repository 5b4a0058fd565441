WITH "counted" AS (
  SELECT
    "t"."user_key",
    COUNT(*) AS "times"
  FROM "core"."dim_user" AS "t"
  GROUP BY
    "t"."user_key"
)
SELECT
  "c"."user_key",
  "c"."times"
FROM "counted" AS "c"
WHERE
  "c"."times" > 1
LIMIT 100;
