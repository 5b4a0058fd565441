DELETE FROM "staging"."videos"
WHERE
  TRUE;

INSERT INTO "staging"."videos" (
  "_load_id",
  "_line_number",
  "_reasons",
  "_value",
  "_raw",
  "_id",
  "id",
  "name",
  "url",
  "creation_timestamp",
  "creator_id",
  "private",
  "_extra"
)
WITH "typed" AS (
  SELECT
    "c"."_load_id",
    "c"."_line_number",
    "c"."_text",
    FALSE AS "_masked",
    "c"."_extra" AS "_extra",
    "c"."_field" AS "_field",
    "c"."_problem" AS "_problem",
    "c"."id",
    "c"."name",
    "c"."url",
    "c"."creation_timestamp",
    "c"."creator_id",
    "c"."private",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."id", '-?(?:0|[1-9][0-9]*)') AND LENGTH("c"."id") <= 20
      THEN TRY_CAST("c"."id" AS BIGINT)
    END AS "_typed_id",
    "c"."name" AS "_typed_name",
    "c"."url" AS "_typed_url",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."creation_timestamp", '-?(?:0|[1-9][0-9]*)')
      AND LENGTH("c"."creation_timestamp") <= 20
      THEN CASE
        WHEN TRY_CAST("c"."creation_timestamp" AS BIGINT) BETWEEN -62135596800 AND 253402300799
        THEN MAKE_TIMESTAMP((TRY_CAST("c"."creation_timestamp" AS BIGINT) * 1000000))
      END
    END AS "_typed_creation_timestamp",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."creator_id", '-?(?:0|[1-9][0-9]*)')
      AND LENGTH("c"."creator_id") <= 20
      THEN TRY_CAST("c"."creator_id" AS BIGINT)
    END AS "_typed_creator_id",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."private", '1|[Tt][Rr][Uu][Ee]')
      THEN TRUE
      WHEN REGEXP_FULL_MATCH("c"."private", '0|[Ff][Aa][Ll][Ss][Ee]')
      THEN FALSE
    END AS "_typed_private"
  FROM "staging"."videos__cell" AS "c"
), "judged" AS (
  SELECT
    "t"."_load_id",
    "t"."_line_number",
    "t"."_text",
    "t"."_masked",
    "t"."_extra",
    "t"."id",
    "t"."name",
    "t"."url",
    "t"."creation_timestamp",
    "t"."creator_id",
    "t"."private",
    "t"."_typed_id",
    "t"."_typed_name",
    "t"."_typed_url",
    "t"."_typed_creation_timestamp",
    "t"."_typed_creator_id",
    "t"."_typed_private",
    CASE
      WHEN NOT "t"."_problem" IS NULL
      THEN COALESCE("t"."_field", '') || ': ' || "t"."_problem" || '; '
      ELSE CASE
        WHEN "t"."id" IS NULL
        THEN 'id: required; '
        WHEN "t"."_typed_id" IS NULL
        THEN 'id: type; '
        ELSE CASE WHEN "t"."_typed_id" < 0 THEN 'id: minimum; ' ELSE '' END
      END || CASE
        WHEN "t"."name" IS NULL
        THEN 'name: required; '
        WHEN CONTAINS("t"."name", CHR(0))
        THEN 'name: characters; '
        ELSE ''
      END || CASE
        WHEN "t"."url" IS NULL
        THEN 'url: required; '
        WHEN CONTAINS("t"."url", CHR(0))
        THEN 'url: characters; '
        ELSE CASE
          WHEN NOT REGEXP_MATCHES("t"."_typed_url", '^https?\:\/\/[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?)*(?:\:[0-9]+)?(?:[\/\?\#](?:[A-Za-z0-9\._\~\:\/\?\#\@\!\$\&\''\(\)\*\+\,\;\=\[\]\-]|\%[0-9A-Fa-f][0-9A-Fa-f])*)?$')
          THEN 'url: format; '
          ELSE ''
        END
      END || CASE
        WHEN "t"."creation_timestamp" IS NULL
        THEN 'creation_timestamp: required; '
        WHEN "t"."_typed_creation_timestamp" IS NULL
        THEN 'creation_timestamp: type; '
        ELSE ''
      END || CASE
        WHEN "t"."creator_id" IS NULL
        THEN 'creator_id: required; '
        WHEN "t"."_typed_creator_id" IS NULL
        THEN 'creator_id: type; '
        ELSE CASE WHEN "t"."_typed_creator_id" < 0 THEN 'creator_id: minimum; ' ELSE '' END
      END || CASE
        WHEN "t"."private" IS NULL
        THEN 'private: required; '
        WHEN "t"."_typed_private" IS NULL
        THEN 'private: type; '
        ELSE ''
      END
    END AS "_reasons"
  FROM "typed" AS "t"
)
SELECT
  "j"."_load_id",
  "j"."_line_number",
  NULLIF("j"."_reasons", ''),
  CASE
    WHEN "j"."_reasons" <> ''
    THEN CASE NULLIF(REGEXP_EXTRACT("j"."_reasons", '^([^:]+):', 1), '')
      WHEN 'id'
      THEN "j"."id"
      WHEN 'name'
      THEN "j"."name"
      WHEN 'url'
      THEN "j"."url"
      WHEN 'creation_timestamp'
      THEN "j"."creation_timestamp"
      WHEN 'creator_id'
      THEN "j"."creator_id"
      WHEN 'private'
      THEN "j"."private"
    END
  END,
  CASE WHEN "j"."_reasons" <> '' THEN "j"."_text" END,
  CASE
    WHEN "j"."_reasons" = ''
    THEN SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST("j"."_typed_id" AS VARCHAR), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_name", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_url", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CAST(EPOCH_US("j"."_typed_creation_timestamp") AS VARCHAR), '') || '|' || COALESCE('+' || CAST("j"."_typed_creator_id" AS VARCHAR), '') || '|' || COALESCE('+' || CASE WHEN "j"."_typed_private" THEN '1' WHEN NOT "j"."_typed_private" THEN '0' END, '')), '|'))
  END,
  "j"."_typed_id",
  "j"."_typed_name",
  "j"."_typed_url",
  "j"."_typed_creation_timestamp",
  "j"."_typed_creator_id",
  "j"."_typed_private",
  "j"."_extra"
FROM "judged" AS "j";
