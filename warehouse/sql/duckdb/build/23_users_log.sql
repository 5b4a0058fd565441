DELETE FROM "staging"."users__touched"
WHERE
  TRUE;

INSERT INTO "staging"."users__touched" (
  "id"
)
WITH "change" AS (
  SELECT
    "s"."_id",
    "s"."_load_id",
    "l"."landed_at" AS "_landed_at",
    "s"."_extra",
    SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST("s"."id" AS VARCHAR), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."fname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."lname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."email", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."country", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "s"."subscription" THEN '1' WHEN NOT "s"."subscription" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("s"."categories", '|', '~1'), '')), '|')) AS "attributes_id",
    COALESCE("s"."updated_at", "l"."landed_at") AS "effective_at",
    NOT "s"."updated_at" IS NULL AS "is_stated",
    "s"."id",
    "s"."fname",
    "s"."lname",
    "s"."email",
    "s"."country",
    "s"."subscription",
    "s"."categories",
    "s"."updated_at"
  FROM "staging"."users" AS "s"
  JOIN "staging"."load" AS "l"
    ON "l"."load_id" = "s"."_load_id"
  WHERE
    "s"."_reasons" IS NULL
), "identified" AS (
  SELECT
    SHA256(("c"."_id" || '|' || CAST(EPOCH_US("c"."effective_at") AS VARCHAR) || '|' || CAST(EPOCH_US("c"."_landed_at") AS VARCHAR) || '|' || COALESCE("c"."_extra", ''))) AS "change_id",
    "c"."id"
  FROM "change" AS "c"
)
SELECT DISTINCT
  "i"."id"
FROM "identified" AS "i"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."user_log" AS "g"
    WHERE
      "g"."change_id" = "i"."change_id"
  );

INSERT INTO "core"."user_source" (
  "change_id",
  "_load_id",
  "copies"
)
WITH "change" AS (
  SELECT
    "s"."_id",
    "s"."_load_id",
    "l"."landed_at" AS "_landed_at",
    "s"."_extra",
    SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST("s"."id" AS VARCHAR), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."fname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."lname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."email", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."country", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "s"."subscription" THEN '1' WHEN NOT "s"."subscription" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("s"."categories", '|', '~1'), '')), '|')) AS "attributes_id",
    COALESCE("s"."updated_at", "l"."landed_at") AS "effective_at",
    NOT "s"."updated_at" IS NULL AS "is_stated",
    "s"."id",
    "s"."fname",
    "s"."lname",
    "s"."email",
    "s"."country",
    "s"."subscription",
    "s"."categories",
    "s"."updated_at"
  FROM "staging"."users" AS "s"
  JOIN "staging"."load" AS "l"
    ON "l"."load_id" = "s"."_load_id"
  WHERE
    "s"."_reasons" IS NULL
), "identified" AS (
  SELECT
    SHA256(("c"."_id" || '|' || CAST(EPOCH_US("c"."effective_at") AS VARCHAR) || '|' || CAST(EPOCH_US("c"."_landed_at") AS VARCHAR) || '|' || COALESCE("c"."_extra", ''))) AS "change_id",
    "c"."_load_id"
  FROM "change" AS "c"
)
SELECT
  "i"."change_id",
  "i"."_load_id",
  COUNT(*)
FROM "identified" AS "i"
GROUP BY
  "i"."change_id",
  "i"."_load_id";

INSERT INTO "core"."user_log" (
  "change_id",
  "attributes_id",
  "effective_at",
  "is_stated",
  "_landed_at",
  "_extra",
  "id",
  "fname",
  "lname",
  "email",
  "country",
  "subscription",
  "categories",
  "updated_at"
)
WITH "change" AS (
  SELECT
    "s"."_id",
    "s"."_load_id",
    "l"."landed_at" AS "_landed_at",
    "s"."_extra",
    SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST("s"."id" AS VARCHAR), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."fname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."lname", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."email", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("s"."country", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CASE WHEN "s"."subscription" THEN '1' WHEN NOT "s"."subscription" THEN '0' END, '') || '|' || COALESCE('+' || REPLACE("s"."categories", '|', '~1'), '')), '|')) AS "attributes_id",
    COALESCE("s"."updated_at", "l"."landed_at") AS "effective_at",
    NOT "s"."updated_at" IS NULL AS "is_stated",
    "s"."id",
    "s"."fname",
    "s"."lname",
    "s"."email",
    "s"."country",
    "s"."subscription",
    "s"."categories",
    "s"."updated_at"
  FROM "staging"."users" AS "s"
  JOIN "staging"."load" AS "l"
    ON "l"."load_id" = "s"."_load_id"
  WHERE
    "s"."_reasons" IS NULL
), "identified" AS (
  SELECT
    SHA256(("c"."_id" || '|' || CAST(EPOCH_US("c"."effective_at") AS VARCHAR) || '|' || CAST(EPOCH_US("c"."_landed_at") AS VARCHAR) || '|' || COALESCE("c"."_extra", ''))) AS "change_id",
    "c"."attributes_id",
    "c"."effective_at",
    "c"."is_stated",
    "c"."_landed_at",
    "c"."_extra",
    "c"."id",
    "c"."fname",
    "c"."lname",
    "c"."email",
    "c"."country",
    "c"."subscription",
    "c"."categories",
    "c"."updated_at"
  FROM "change" AS "c"
), "numbered" AS (
  SELECT
    "i"."change_id",
    "i"."attributes_id",
    "i"."effective_at",
    "i"."is_stated",
    "i"."_landed_at",
    "i"."_extra",
    "i"."id",
    "i"."fname",
    "i"."lname",
    "i"."email",
    "i"."country",
    "i"."subscription",
    "i"."categories",
    "i"."updated_at",
    ROW_NUMBER() OVER (PARTITION BY "i"."change_id" ORDER BY "i"."attributes_id" NULLS FIRST) AS "_place"
  FROM "identified" AS "i"
)
SELECT
  "n"."change_id",
  "n"."attributes_id",
  "n"."effective_at",
  "n"."is_stated",
  "n"."_landed_at",
  "n"."_extra",
  "n"."id",
  "n"."fname",
  "n"."lname",
  "n"."email",
  "n"."country",
  "n"."subscription",
  "n"."categories",
  "n"."updated_at"
FROM "numbered" AS "n"
WHERE
  "n"."_place" = 1
  AND NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."user_log" AS "g"
    WHERE
      "g"."change_id" = "n"."change_id"
  );
