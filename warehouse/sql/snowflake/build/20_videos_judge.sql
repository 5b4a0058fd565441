DELETE FROM "STAGING"."VIDEOS"
WHERE
  TRUE;

INSERT INTO "STAGING"."VIDEOS" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_REASONS",
  "_VALUE",
  "_RAW",
  "_ID",
  "ID",
  "NAME",
  "URL",
  "CREATION_TIMESTAMP",
  "CREATOR_ID",
  "PRIVATE",
  "_EXTRA"
)
WITH "TYPED" AS (
  SELECT
    "C"."_LOAD_ID",
    "C"."_LINE_NUMBER",
    "C"."_TEXT",
    FALSE AS "_MASKED",
    "C"."_EXTRA" AS "_EXTRA",
    "C"."_FIELD" AS "_FIELD",
    "C"."_PROBLEM" AS "_PROBLEM",
    "C"."ID",
    "C"."NAME",
    "C"."URL",
    "C"."CREATION_TIMESTAMP",
    "C"."CREATOR_ID",
    "C"."PRIVATE",
    CASE
      WHEN REGEXP_LIKE("C"."ID", '-?(0|[1-9][0-9]*)') AND LENGTH("C"."ID") <= 20
      THEN CASE WHEN TRY_TO_NUMBER("C"."ID", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."ID", 38, 0) END
    END AS "_TYPED_ID",
    "C"."NAME" AS "_TYPED_NAME",
    "C"."URL" AS "_TYPED_URL",
    CASE
      WHEN REGEXP_LIKE("C"."CREATION_TIMESTAMP", '-?(0|[1-9][0-9]*)')
      AND LENGTH("C"."CREATION_TIMESTAMP") <= 20
      THEN CASE
        WHEN CASE WHEN TRY_TO_NUMBER("C"."CREATION_TIMESTAMP", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."CREATION_TIMESTAMP", 38, 0) END BETWEEN -62135596800 AND 253402300799
        THEN TO_TIMESTAMP_NTZ((CASE WHEN TRY_TO_NUMBER("C"."CREATION_TIMESTAMP", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."CREATION_TIMESTAMP", 38, 0) END * 1000000), 6)
      END
    END AS "_TYPED_CREATION_TIMESTAMP",
    CASE
      WHEN REGEXP_LIKE("C"."CREATOR_ID", '-?(0|[1-9][0-9]*)')
      AND LENGTH("C"."CREATOR_ID") <= 20
      THEN CASE WHEN TRY_TO_NUMBER("C"."CREATOR_ID", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."CREATOR_ID", 38, 0) END
    END AS "_TYPED_CREATOR_ID",
    CASE
      WHEN REGEXP_LIKE("C"."PRIVATE", '1|[Tt][Rr][Uu][Ee]')
      THEN TRUE
      WHEN REGEXP_LIKE("C"."PRIVATE", '0|[Ff][Aa][Ll][Ss][Ee]')
      THEN FALSE
    END AS "_TYPED_PRIVATE"
  FROM "STAGING"."VIDEOS__CELL" AS "C"
), "JUDGED" AS (
  SELECT
    "T"."_LOAD_ID",
    "T"."_LINE_NUMBER",
    "T"."_TEXT",
    "T"."_MASKED",
    "T"."_EXTRA",
    "T"."ID",
    "T"."NAME",
    "T"."URL",
    "T"."CREATION_TIMESTAMP",
    "T"."CREATOR_ID",
    "T"."PRIVATE",
    "T"."_TYPED_ID",
    "T"."_TYPED_NAME",
    "T"."_TYPED_URL",
    "T"."_TYPED_CREATION_TIMESTAMP",
    "T"."_TYPED_CREATOR_ID",
    "T"."_TYPED_PRIVATE",
    CASE
      WHEN NOT "T"."_PROBLEM" IS NULL
      THEN COALESCE("T"."_FIELD", '') || ': ' || "T"."_PROBLEM" || '; '
      ELSE CASE
        WHEN "T"."ID" IS NULL
        THEN 'id: required; '
        WHEN "T"."_TYPED_ID" IS NULL
        THEN 'id: type; '
        ELSE CASE WHEN "T"."_TYPED_ID" < 0 THEN 'id: minimum; ' ELSE '' END
      END || CASE
        WHEN "T"."NAME" IS NULL
        THEN 'name: required; '
        WHEN CONTAINS("T"."NAME", CHR(0))
        THEN 'name: characters; '
        ELSE ''
      END || CASE
        WHEN "T"."URL" IS NULL
        THEN 'url: required; '
        WHEN CONTAINS("T"."URL", CHR(0))
        THEN 'url: characters; '
        ELSE CASE
          WHEN NOT (REGEXP_INSTR("T"."_TYPED_URL", '^https?\\:\\/\\/[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?)*(\\:[0-9]+)?([\\/\\?\\#]([A-Za-z0-9\\._\\~\\:\\/\\?\\#\\@\\!\\$\\&\\''\\(\\)\\*\\+\\,\\;\\=\\[\\]\\-]|\\%[0-9A-Fa-f][0-9A-Fa-f])*)?$') > 0)
          THEN 'url: format; '
          ELSE ''
        END
      END || CASE
        WHEN "T"."CREATION_TIMESTAMP" IS NULL
        THEN 'creation_timestamp: required; '
        WHEN "T"."_TYPED_CREATION_TIMESTAMP" IS NULL
        THEN 'creation_timestamp: type; '
        ELSE ''
      END || CASE
        WHEN "T"."CREATOR_ID" IS NULL
        THEN 'creator_id: required; '
        WHEN "T"."_TYPED_CREATOR_ID" IS NULL
        THEN 'creator_id: type; '
        ELSE CASE WHEN "T"."_TYPED_CREATOR_ID" < 0 THEN 'creator_id: minimum; ' ELSE '' END
      END || CASE
        WHEN "T"."PRIVATE" IS NULL
        THEN 'private: required; '
        WHEN "T"."_TYPED_PRIVATE" IS NULL
        THEN 'private: type; '
        ELSE ''
      END
    END AS "_REASONS"
  FROM "TYPED" AS "T"
)
SELECT
  "J"."_LOAD_ID",
  "J"."_LINE_NUMBER",
  NULLIF("J"."_REASONS", ''),
  CASE
    WHEN "J"."_REASONS" <> ''
    THEN CASE NULLIF(REGEXP_SUBSTR("J"."_REASONS", '^([^:]+):', 1, 1, 'e', 1), '')
      WHEN 'id'
      THEN "J"."ID"
      WHEN 'name'
      THEN "J"."NAME"
      WHEN 'url'
      THEN "J"."URL"
      WHEN 'creation_timestamp'
      THEN "J"."CREATION_TIMESTAMP"
      WHEN 'creator_id'
      THEN "J"."CREATOR_ID"
      WHEN 'private'
      THEN "J"."PRIVATE"
    END
  END,
  CASE WHEN "J"."_REASONS" <> '' THEN "J"."_TEXT" END,
  CASE
    WHEN "J"."_REASONS" = ''
    THEN SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("J"."_TYPED_ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_NAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_URL", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "J"."_TYPED_CREATION_TIMESTAMP")), '') || '|' || COALESCE('+' || TO_VARCHAR("J"."_TYPED_CREATOR_ID"), '') || '|' || COALESCE('+' || CASE WHEN "J"."_TYPED_PRIVATE" THEN '1' WHEN NOT "J"."_TYPED_PRIVATE" THEN '0' END, '')), '[|]+$', ''), 256)
  END,
  "J"."_TYPED_ID",
  "J"."_TYPED_NAME",
  "J"."_TYPED_URL",
  "J"."_TYPED_CREATION_TIMESTAMP",
  "J"."_TYPED_CREATOR_ID",
  "J"."_TYPED_PRIVATE",
  "J"."_EXTRA"
FROM "JUDGED" AS "J";
