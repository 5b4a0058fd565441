DELETE FROM "STAGING"."USERS"
WHERE
  TRUE;

INSERT INTO "STAGING"."USERS" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_REASONS",
  "_VALUE",
  "_RAW",
  "_ID",
  "ID",
  "FNAME",
  "LNAME",
  "EMAIL",
  "COUNTRY",
  "SUBSCRIPTION",
  "CATEGORIES",
  "UPDATED_AT",
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
    "C"."FNAME",
    "C"."LNAME",
    "C"."EMAIL",
    "C"."COUNTRY",
    "C"."SUBSCRIPTION",
    "C"."CATEGORIES",
    "C"."UPDATED_AT",
    CASE
      WHEN REGEXP_LIKE("C"."ID", '-?(0|[1-9][0-9]*)') AND LENGTH("C"."ID") <= 20
      THEN CASE WHEN TRY_TO_NUMBER("C"."ID", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."ID", 38, 0) END
    END AS "_TYPED_ID",
    "C"."FNAME" AS "_TYPED_FNAME",
    "C"."LNAME" AS "_TYPED_LNAME",
    "C"."EMAIL" AS "_TYPED_EMAIL",
    "C"."COUNTRY" AS "_TYPED_COUNTRY",
    CASE
      WHEN REGEXP_LIKE("C"."SUBSCRIPTION", '1|[Tt][Rr][Uu][Ee]')
      THEN TRUE
      WHEN REGEXP_LIKE("C"."SUBSCRIPTION", '0|[Ff][Aa][Ll][Ss][Ee]')
      THEN FALSE
    END AS "_TYPED_SUBSCRIPTION",
    "L0"."_TYPED" AS "_TYPED_CATEGORIES",
    "L0"."_WRONG" AS "_WRONG_CATEGORIES",
    CASE
      WHEN REGEXP_LIKE("C"."UPDATED_AT", '-?(0|[1-9][0-9]*)')
      AND LENGTH("C"."UPDATED_AT") <= 20
      THEN CASE
        WHEN CASE WHEN TRY_TO_NUMBER("C"."UPDATED_AT", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."UPDATED_AT", 38, 0) END BETWEEN -62135596800 AND 253402300799
        THEN TO_TIMESTAMP_NTZ((CASE WHEN TRY_TO_NUMBER("C"."UPDATED_AT", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."UPDATED_AT", 38, 0) END * 1000000), 6)
      END
    END AS "_TYPED_UPDATED_AT"
  FROM "STAGING"."USERS__CELL" AS "C"
  LEFT JOIN "STAGING"."USERS__CATEGORIES" AS "L0"
    ON "L0"."_TEXT" = "C"."CATEGORIES"
), "JUDGED" AS (
  SELECT
    "T"."_LOAD_ID",
    "T"."_LINE_NUMBER",
    "T"."_TEXT",
    "T"."_MASKED",
    "T"."_EXTRA",
    "T"."ID",
    "T"."FNAME",
    "T"."LNAME",
    "T"."EMAIL",
    "T"."COUNTRY",
    "T"."SUBSCRIPTION",
    "T"."CATEGORIES",
    "T"."UPDATED_AT",
    "T"."_TYPED_ID",
    "T"."_TYPED_FNAME",
    "T"."_TYPED_LNAME",
    "T"."_TYPED_EMAIL",
    "T"."_TYPED_COUNTRY",
    "T"."_TYPED_SUBSCRIPTION",
    "T"."_TYPED_CATEGORIES",
    "T"."_TYPED_UPDATED_AT",
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
        WHEN "T"."FNAME" IS NULL
        THEN 'fname: required; '
        WHEN CONTAINS("T"."FNAME", CHR(0))
        THEN 'fname: characters; '
        ELSE ''
      END || CASE
        WHEN "T"."LNAME" IS NULL
        THEN 'lname: required; '
        WHEN CONTAINS("T"."LNAME", CHR(0))
        THEN 'lname: characters; '
        ELSE ''
      END || CASE
        WHEN "T"."EMAIL" IS NULL
        THEN 'email: required; '
        WHEN CONTAINS("T"."EMAIL", CHR(0))
        THEN 'email: characters; '
        ELSE CASE
          WHEN NOT (REGEXP_INSTR("T"."_TYPED_EMAIL", '^[A-Za-z0-9\\!\\#\\$\\%\\&\\''\\*\\+\\/\\=\\?\\^_\\`\\{\\|\\}\\~\\-]+(\\.[A-Za-z0-9\\!\\#\\$\\%\\&\\''\\*\\+\\/\\=\\?\\^_\\`\\{\\|\\}\\~\\-]+)*\\@([A-Za-z0-9]([A-Za-z0-9\\-]*[A-Za-z0-9])?\\.)+[A-Za-z][A-Za-z]+$') > 0)
          THEN 'email: format; '
          ELSE ''
        END
      END || CASE
        WHEN "T"."COUNTRY" IS NULL
        THEN 'country: required; '
        WHEN CONTAINS("T"."COUNTRY", CHR(0))
        THEN 'country: characters; '
        ELSE CASE
          WHEN NOT (REGEXP_INSTR("T"."_TYPED_COUNTRY", '^[A-Z]{2}$') > 0)
          THEN 'country: pattern; '
          ELSE ''
        END
      END || CASE
        WHEN "T"."SUBSCRIPTION" IS NULL
        THEN 'subscription: required; '
        WHEN "T"."_TYPED_SUBSCRIPTION" IS NULL
        THEN 'subscription: type; '
        ELSE ''
      END || CASE
        WHEN "T"."CATEGORIES" IS NULL
        THEN ''
        WHEN "T"."_WRONG_CATEGORIES"
        THEN 'categories: items; '
        ELSE ''
      END || CASE
        WHEN "T"."UPDATED_AT" IS NULL
        THEN ''
        WHEN "T"."_TYPED_UPDATED_AT" IS NULL
        THEN 'updated_at: type; '
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
      WHEN 'fname'
      THEN "J"."FNAME"
      WHEN 'lname'
      THEN "J"."LNAME"
      WHEN 'email'
      THEN "J"."EMAIL"
      WHEN 'country'
      THEN "J"."COUNTRY"
      WHEN 'subscription'
      THEN "J"."SUBSCRIPTION"
      WHEN 'categories'
      THEN "J"."CATEGORIES"
      WHEN 'updated_at'
      THEN "J"."UPDATED_AT"
    END
  END,
  CASE WHEN "J"."_REASONS" <> '' THEN "J"."_TEXT" END,
  CASE
    WHEN "J"."_REASONS" = ''
    THEN SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("J"."_TYPED_ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_FNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_LNAME", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_EMAIL", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_COUNTRY", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "J"."_TYPED_SUBSCRIPTION" THEN '1' WHEN NOT "J"."_TYPED_SUBSCRIPTION" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("J"."_TYPED_CATEGORIES", '|', '~1'), '') || '|' || COALESCE('+' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "J"."_TYPED_UPDATED_AT")), '')), '[|]+$', ''), 256)
  END,
  "J"."_TYPED_ID",
  "J"."_TYPED_FNAME",
  "J"."_TYPED_LNAME",
  "J"."_TYPED_EMAIL",
  "J"."_TYPED_COUNTRY",
  "J"."_TYPED_SUBSCRIPTION",
  "J"."_TYPED_CATEGORIES",
  "J"."_TYPED_UPDATED_AT",
  "J"."_EXTRA"
FROM "JUDGED" AS "J";
