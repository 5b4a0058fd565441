DELETE FROM "staging"."users"
WHERE
  TRUE;

INSERT INTO "staging"."users" (
  "_load_id",
  "_line_number",
  "_reasons",
  "_value",
  "_raw",
  "_id",
  "id",
  "fname",
  "lname",
  "email",
  "country",
  "subscription",
  "categories",
  "updated_at",
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
    "c"."fname",
    "c"."lname",
    "c"."email",
    "c"."country",
    "c"."subscription",
    "c"."categories",
    "c"."updated_at",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."id", '-?(?:0|[1-9][0-9]*)') AND LENGTH("c"."id") <= 20
      THEN TRY_CAST("c"."id" AS BIGINT)
    END AS "_typed_id",
    "c"."fname" AS "_typed_fname",
    "c"."lname" AS "_typed_lname",
    "c"."email" AS "_typed_email",
    "c"."country" AS "_typed_country",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."subscription", '1|[Tt][Rr][Uu][Ee]')
      THEN TRUE
      WHEN REGEXP_FULL_MATCH("c"."subscription", '0|[Ff][Aa][Ll][Ss][Ee]')
      THEN FALSE
    END AS "_typed_subscription",
    "l0"."_typed" AS "_typed_categories",
    "l0"."_wrong" AS "_wrong_categories",
    CASE
      WHEN REGEXP_FULL_MATCH("c"."updated_at", '-?(?:0|[1-9][0-9]*)')
      AND LENGTH("c"."updated_at") <= 20
      THEN CASE
        WHEN TRY_CAST("c"."updated_at" AS BIGINT) BETWEEN -62135596800 AND 253402300799
        THEN MAKE_TIMESTAMP((TRY_CAST("c"."updated_at" AS BIGINT) * 1000000))
      END
    END AS "_typed_updated_at"
  FROM "staging"."users__cell" AS "c"
  LEFT JOIN "staging"."users__categories" AS "l0"
    ON "l0"."_text" = "c"."categories"
), "judged" AS (
  SELECT
    "t"."_load_id",
    "t"."_line_number",
    "t"."_text",
    "t"."_masked",
    "t"."_extra",
    "t"."id",
    "t"."fname",
    "t"."lname",
    "t"."email",
    "t"."country",
    "t"."subscription",
    "t"."categories",
    "t"."updated_at",
    "t"."_typed_id",
    "t"."_typed_fname",
    "t"."_typed_lname",
    "t"."_typed_email",
    "t"."_typed_country",
    "t"."_typed_subscription",
    "t"."_typed_categories",
    "t"."_typed_updated_at",
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
        WHEN "t"."fname" IS NULL
        THEN 'fname: required; '
        WHEN CONTAINS("t"."fname", CHR(0))
        THEN 'fname: characters; '
        ELSE ''
      END || CASE
        WHEN "t"."lname" IS NULL
        THEN 'lname: required; '
        WHEN CONTAINS("t"."lname", CHR(0))
        THEN 'lname: characters; '
        ELSE ''
      END || CASE
        WHEN "t"."email" IS NULL
        THEN 'email: required; '
        WHEN CONTAINS("t"."email", CHR(0))
        THEN 'email: characters; '
        ELSE CASE
          WHEN NOT REGEXP_MATCHES("t"."_typed_email", '^[A-Za-z0-9\!\#\$\%\&\''\*\+\/\=\?\^_\`\{\|\}\~\-]+(?:\.[A-Za-z0-9\!\#\$\%\&\''\*\+\/\=\?\^_\`\{\|\}\~\-]+)*\@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z]+$')
          THEN 'email: format; '
          ELSE ''
        END
      END || CASE
        WHEN "t"."country" IS NULL
        THEN 'country: required; '
        WHEN CONTAINS("t"."country", CHR(0))
        THEN 'country: characters; '
        ELSE CASE
          WHEN NOT REGEXP_MATCHES("t"."_typed_country", '^[A-Z]{2}$')
          THEN 'country: pattern; '
          ELSE ''
        END
      END || CASE
        WHEN "t"."subscription" IS NULL
        THEN 'subscription: required; '
        WHEN "t"."_typed_subscription" IS NULL
        THEN 'subscription: type; '
        ELSE ''
      END || CASE
        WHEN "t"."categories" IS NULL
        THEN ''
        WHEN "t"."_wrong_categories"
        THEN 'categories: items; '
        ELSE ''
      END || CASE
        WHEN "t"."updated_at" IS NULL
        THEN ''
        WHEN "t"."_typed_updated_at" IS NULL
        THEN 'updated_at: type; '
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
      WHEN 'fname'
      THEN "j"."fname"
      WHEN 'lname'
      THEN "j"."lname"
      WHEN 'email'
      THEN "j"."email"
      WHEN 'country'
      THEN "j"."country"
      WHEN 'subscription'
      THEN "j"."subscription"
      WHEN 'categories'
      THEN "j"."categories"
      WHEN 'updated_at'
      THEN "j"."updated_at"
    END
  END,
  CASE WHEN "j"."_reasons" <> '' THEN "j"."_text" END,
  CASE
    WHEN "j"."_reasons" = ''
    THEN SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST("j"."_typed_id" AS VARCHAR), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_fname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_lname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_email", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("j"."_typed_country", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "j"."_typed_subscription" THEN '1' WHEN NOT "j"."_typed_subscription" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("j"."_typed_categories", '|', '~1'), '') || '|' || COALESCE('+' || CAST(EPOCH_US("j"."_typed_updated_at") AS VARCHAR), '')), '|'))
  END,
  "j"."_typed_id",
  "j"."_typed_fname",
  "j"."_typed_lname",
  "j"."_typed_email",
  "j"."_typed_country",
  "j"."_typed_subscription",
  "j"."_typed_categories",
  "j"."_typed_updated_at",
  "j"."_extra"
FROM "judged" AS "j";
