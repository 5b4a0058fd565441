WITH "days" AS (
  SELECT
    "f"."video_id",
    "f"."event_date" AS "day",
    SUM(CASE WHEN "f"."event" = 'like' THEN 1 ELSE 0 END) AS "likes",
    SUM(CASE WHEN "f"."event" = 'dislike' THEN 1 ELSE 0 END) AS "dislikes"
  FROM "core"."fct_event" AS "f"
  WHERE
    "f"."event" IN ('like', 'dislike')
  GROUP BY
    "f"."video_id",
    "f"."event_date"
), "totals" AS (
  SELECT
    "d"."video_id",
    SUM("d"."likes") AS "likes"
  FROM "days" AS "d"
  GROUP BY
    "d"."video_id"
), "so_far" AS (
  SELECT
    "d"."video_id",
    "d"."day",
    "d"."likes",
    "d"."dislikes",
    SUM("d"."likes") OVER (PARTITION BY "d"."video_id" ORDER BY "d"."day" NULLS FIRST) AS "likes_so_far",
    SUM("d"."dislikes") OVER (PARTITION BY "d"."video_id" ORDER BY "d"."day" NULLS FIRST) AS "dislikes_so_far"
  FROM "days" AS "d"
  WHERE
    "d"."video_id" IN (
      SELECT
        "t"."video_id"
      FROM "totals" AS "t"
      ORDER BY
        "t"."likes" DESC,
        "t"."video_id"
      LIMIT 10
    )
)
SELECT
  "s"."video_id" AS "video_id",
  "s"."day" AS "day",
  "s"."likes" AS "likes",
  "s"."dislikes" AS "dislikes",
  "s"."likes_so_far" AS "likes_so_far",
  "s"."dislikes_so_far" AS "dislikes_so_far",
  (CAST("s"."likes_so_far" AS DOUBLE) / NULLIF(("s"."likes_so_far" + "s"."dislikes_so_far"), 0)) AS "like_rate"
FROM "so_far" AS "s"
ORDER BY
  "s"."video_id",
  "s"."day";
