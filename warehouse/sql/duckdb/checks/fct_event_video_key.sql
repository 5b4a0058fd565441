SELECT
  "f"."event_id",
  "f"."video_id",
  "f"."video_key",
  "f"."_source",
  "f"."timestamp" AS "_happened_at"
FROM "core"."fct_event" AS "f"
LEFT JOIN "core"."dim_video" AS "d"
  ON "d"."id" = "f"."video_id"
  AND "d"."valid_from" <= "f"."timestamp"
  AND "f"."timestamp" < "d"."valid_to"
WHERE
  "f"."video_key" <> COALESCE("d"."video_key", 'unknown')
LIMIT 100;
