INSERT INTO "core"."built_load" (
  "load_id",
  "dataset",
  "uri",
  "version",
  "landed_at",
  "records",
  "valid",
  "invalid",
  "built_at"
)
SELECT
  "l"."load_id",
  "l"."dataset",
  "l"."uri",
  "l"."version",
  "l"."landed_at",
  "c"."records",
  "c"."valid",
  "c"."invalid",
  CAST(MAKE_TIMESTAMP(EPOCH_US(NOW())) AS TIMESTAMP)
FROM "staging"."load" AS "l"
JOIN "staging"."videos__count" AS "c"
  ON "c"."_load_id" = "l"."load_id"
WHERE
  "l"."dataset" = 'videos';
