INSERT INTO "core"."bridge_user_category" (
  "user_key",
  "position",
  "category"
)
SELECT
  "d"."user_key",
  "u"."position",
  REPLACE(REPLACE(REPLACE("u"."item", '~2', ','), '~1', '|'), '~0', '~')
FROM "core"."dim_user" AS "d"
JOIN "staging"."users__touched" AS "t"
  ON "t"."id" = "d"."id"
JOIN "core"."user_log" AS "g"
  ON "g"."change_id" = "d"."user_key", LATERAL (SELECT UNNEST(REGEXP_EXTRACT_ALL("g"."categories", '([^,]*),', 1)) AS item, GENERATE_SUBSCRIPTS(REGEXP_EXTRACT_ALL("g"."categories", '([^,]*),', 1), 1) AS position) AS "u";
