INSERT INTO "ERRORS"."EVENTS" (
  "_LOAD_ID",
  "_SOURCE",
  "_VERSION",
  "_LINE_NUMBER",
  "_LANDED_AT",
  "_BUILT_AT",
  "FIELD",
  "RULE",
  "VALUE",
  "REASONS",
  "RAW"
)
SELECT
  "S"."_LOAD_ID",
  "L"."URI",
  "L"."VERSION",
  "S"."_LINE_NUMBER",
  "L"."LANDED_AT",
  CONVERT_TIMEZONE('UTC', CURRENT_TIMESTAMP())::TIMESTAMP_NTZ(6),
  NULLIF(REGEXP_SUBSTR("S"."_REASONS", '^([^:]+):', 1, 1, 'e', 1), ''),
  NULLIF(REGEXP_SUBSTR("S"."_REASONS", '^[^:]*: ([^;]+);', 1, 1, 'e', 1), ''),
  "S"."_VALUE",
  "S"."_REASONS",
  "S"."_RAW"
FROM "STAGING"."EVENTS" AS "S"
JOIN "STAGING"."LOAD" AS "L"
  ON "L"."LOAD_ID" = "S"."_LOAD_ID"
WHERE
  NOT "S"."_REASONS" IS NULL;
