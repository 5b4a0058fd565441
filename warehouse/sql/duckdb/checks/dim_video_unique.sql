WITH "counted" AS (
  SELECT
    "t"."video_key",
    COUNT(*) AS "times"
  FROM "core"."dim_video" AS "t"
  GROUP BY
    "t"."video_key"
)
SELECT
  "c"."video_key",
  "c"."times"
FROM "counted" AS "c"
WHERE
  "c"."times" > 1
LIMIT 100;
