INSERT INTO "errors"."events" (
  "_load_id",
  "_source",
  "_version",
  "_line_number",
  "_landed_at",
  "_built_at",
  "field",
  "rule",
  "value",
  "reasons",
  "raw"
)
SELECT
  "s"."_load_id",
  "l"."uri",
  "l"."version",
  "s"."_line_number",
  "l"."landed_at",
  CAST(MAKE_TIMESTAMP(EPOCH_US(NOW())) AS TIMESTAMP),
  NULLIF(REGEXP_EXTRACT("s"."_reasons", '^([^:]+):', 1), ''),
  NULLIF(REGEXP_EXTRACT("s"."_reasons", '^[^:]*: ([^;]+);', 1), ''),
  "s"."_value",
  "s"."_reasons",
  "s"."_raw"
FROM "staging"."events" AS "s"
JOIN "staging"."load" AS "l"
  ON "l"."load_id" = "s"."_load_id"
WHERE
  NOT "s"."_reasons" IS NULL;
