DELETE FROM "staging"."videos__count"
WHERE
  TRUE;

INSERT INTO "staging"."videos__count" (
  "_load_id",
  "records",
  "valid",
  "invalid"
)
SELECT
  "l"."load_id",
  COUNT("s"."_load_id"),
  COALESCE(
    SUM(
      CASE WHEN NOT "s"."_load_id" IS NULL AND "s"."_reasons" IS NULL THEN 1 ELSE 0 END
    ),
    0
  ),
  COALESCE(SUM(CASE WHEN NOT "s"."_reasons" IS NULL THEN 1 ELSE 0 END), 0)
FROM "staging"."load" AS "l"
LEFT JOIN "staging"."videos" AS "s"
  ON "s"."_load_id" = "l"."load_id"
WHERE
  "l"."dataset" = 'videos'
GROUP BY
  "l"."load_id";
