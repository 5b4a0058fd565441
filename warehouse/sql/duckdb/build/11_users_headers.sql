DELETE FROM "staging"."users__header"
WHERE
  TRUE;

INSERT INTO "staging"."users__header" (
  "_load_id",
  "_line_number",
  "_text",
  "_field",
  "_problem",
  "_width",
  "id",
  "fname",
  "lname",
  "email",
  "country",
  "subscription",
  "categories",
  "updated_at"
)
WITH "first_line" AS (
  SELECT
    "l"."_load_id",
    "l"."_line_number",
    "l"."_text",
    ',' || "l"."_text" AS "_row"
  FROM "staging"."users__line" AS "l"
  WHERE
    "l"."_place" = 1
), "cell" AS (
  SELECT
    "f"."_load_id",
    "u"."position" AS "_position",
    CASE
      WHEN STARTS_WITH("u"."item", '"')
      THEN REPLACE(SUBSTRING("u"."item", 2, LENGTH("u"."item") - 2), '""', '"')
      ELSE "u"."item"
    END AS "_name"
  FROM "first_line" AS "f", LATERAL (SELECT UNNEST(REGEXP_EXTRACT_ALL("f"."_row", ',((?:"(?:[^"]|"")*"|[^",]*))', 1)) AS item, GENERATE_SUBSCRIPTS(REGEXP_EXTRACT_ALL("f"."_row", ',((?:"(?:[^"]|"")*"|[^",]*))', 1), 1) AS position) AS "u"
), "name_place" AS (
  SELECT
    "n"."_load_id",
    COUNT(*) AS "_width",
    COUNT(DISTINCT "n"."_name") AS "_distinct",
    MAX(
      CASE
        WHEN "n"."_name" IN (
          'id',
          'fname',
          'lname',
          'email',
          'country',
          'subscription',
          'categories',
          'updated_at'
        )
        THEN 1
        ELSE 0
      END
    ) AS "_known",
    MAX(CASE WHEN "n"."_name" = 'id' THEN "n"."_position" END) AS "id",
    MAX(CASE WHEN "n"."_name" = 'fname' THEN "n"."_position" END) AS "fname",
    MAX(CASE WHEN "n"."_name" = 'lname' THEN "n"."_position" END) AS "lname",
    MAX(CASE WHEN "n"."_name" = 'email' THEN "n"."_position" END) AS "email",
    MAX(CASE WHEN "n"."_name" = 'country' THEN "n"."_position" END) AS "country",
    MAX(CASE WHEN "n"."_name" = 'subscription' THEN "n"."_position" END) AS "subscription",
    MAX(CASE WHEN "n"."_name" = 'categories' THEN "n"."_position" END) AS "categories",
    MAX(CASE WHEN "n"."_name" = 'updated_at' THEN "n"."_position" END) AS "updated_at"
  FROM "cell" AS "n"
  GROUP BY
    "n"."_load_id"
), "checked" AS (
  SELECT
    "f"."_load_id",
    "f"."_line_number",
    "f"."_text",
    "p"."_width",
    CASE
      WHEN "p"."id" IS NULL
      THEN 'id'
      WHEN "p"."fname" IS NULL
      THEN 'fname'
      WHEN "p"."lname" IS NULL
      THEN 'lname'
      WHEN "p"."email" IS NULL
      THEN 'email'
      WHEN "p"."country" IS NULL
      THEN 'country'
      WHEN "p"."subscription" IS NULL
      THEN 'subscription'
    END AS "_lacks",
    CASE
      WHEN NOT REGEXP_FULL_MATCH("f"."_row", '(?:,(?:"(?:[^"]|"")*"|[^",]*))+')
      OR CONTAINS(REGEXP_REPLACE("f"."_text", '"[^"]*"', '', 'g'), CHR(13))
      OR "p"."_known" = 0
      OR "p"."_distinct" < "p"."_width"
      THEN 1
      ELSE 0
    END AS "_wrong",
    "p"."id",
    "p"."fname",
    "p"."lname",
    "p"."email",
    "p"."country",
    "p"."subscription",
    "p"."categories",
    "p"."updated_at"
  FROM "first_line" AS "f"
  JOIN "name_place" AS "p"
    ON "p"."_load_id" = "f"."_load_id"
)
SELECT
  "c"."_load_id",
  "c"."_line_number",
  "c"."_text",
  CASE WHEN "c"."_wrong" = 0 THEN "c"."_lacks" END,
  CASE WHEN "c"."_wrong" = 1 OR NOT "c"."_lacks" IS NULL THEN 'header' END,
  "c"."_width",
  "c"."id",
  "c"."fname",
  "c"."lname",
  "c"."email",
  "c"."country",
  "c"."subscription",
  "c"."categories",
  "c"."updated_at"
FROM "checked" AS "c";
