WITH "counted" AS (
  SELECT
    "d"."creator_id",
    COUNT(*) AS "events",
    SUM(CASE WHEN "f"."event" = 'like' THEN 1 ELSE 0 END) AS "likes",
    COUNT(DISTINCT "f"."video_id") AS "videos",
    COUNT(DISTINCT "f"."user_id") AS "users"
  FROM "core"."fct_event" AS "f"
  JOIN "core"."dim_video" AS "d"
    ON "d"."id" = "f"."video_id" AND "d"."is_current"
  GROUP BY
    "d"."creator_id"
)
SELECT
  "c"."creator_id" AS "creator_id",
  "c"."events" AS "events",
  "c"."likes" AS "likes",
  "c"."videos" AS "videos",
  "c"."users" AS "users"
FROM "counted" AS "c"
ORDER BY
  "c"."events" DESC,
  "c"."creator_id"
LIMIT 10;
