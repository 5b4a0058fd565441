DELETE FROM "staging"."video_tag__touched"
WHERE
  TRUE;

INSERT INTO "staging"."video_tag__touched" (
  "video_id"
)
SELECT DISTINCT
  "s"."video_id"
FROM "staging"."events" AS "s"
WHERE
  "s"."_reasons" IS NULL AND "s"."event" IN ('created', 'add_tags', 'remove_tags');

DELETE FROM "core"."bridge_video_tag"
WHERE
  "video_id" IN (
    SELECT
      "t"."video_id"
    FROM "staging"."video_tag__touched" AS "t"
  );

INSERT INTO "core"."bridge_video_tag" (
  "video_id",
  "tag",
  "valid_from",
  "valid_to"
)
WITH "change" AS (
  SELECT
    "e"."event_id",
    "e"."video_id",
    "e"."timestamp" AS "changed_at",
    "e"."event"
  FROM "core"."fct_event" AS "e"
  JOIN "staging"."video_tag__touched" AS "t"
    ON "t"."video_id" = "e"."video_id"
  WHERE
    "e"."event" IN ('created', 'add_tags', 'remove_tags')
), "named" AS (
  SELECT DISTINCT
    "c"."video_id",
    "c"."changed_at",
    "c"."event",
    "b"."tag" AS "tag"
  FROM "change" AS "c"
  JOIN "core"."bridge_event_tag" AS "b"
    ON "b"."event_id" = "c"."event_id"
), "known" AS (
  SELECT DISTINCT
    "n"."video_id",
    "n"."tag"
  FROM "named" AS "n"
), "created" AS (
  SELECT DISTINCT
    "c"."video_id",
    "c"."changed_at"
  FROM "change" AS "c"
  WHERE
    "c"."event" = 'created'
), "state" AS (
  SELECT
    "n"."video_id",
    "n"."tag",
    "n"."changed_at",
    CASE WHEN "n"."event" = 'add_tags' THEN 2 ELSE 3 END AS "step",
    CASE WHEN "n"."event" = 'add_tags' THEN 1 ELSE 0 END AS "present"
  FROM "named" AS "n"
  WHERE
    "n"."event" <> 'created'
  UNION ALL
  SELECT
    "k"."video_id",
    "k"."tag",
    "c"."changed_at",
    1 AS "step",
    CASE WHEN "n"."tag" IS NULL THEN 0 ELSE 1 END AS "present"
  FROM "known" AS "k"
  JOIN "created" AS "c"
    ON "c"."video_id" = "k"."video_id"
  LEFT JOIN "named" AS "n"
    ON "n"."video_id" = "k"."video_id"
    AND "n"."tag" = "k"."tag"
    AND "n"."changed_at" = "c"."changed_at"
    AND "n"."event" = 'created'
), "last_step" AS (
  SELECT
    "s"."video_id",
    "s"."tag",
    "s"."changed_at",
    MAX("s"."step") AS "step"
  FROM "state" AS "s"
  GROUP BY
    "s"."video_id",
    "s"."tag",
    "s"."changed_at"
), "settled" AS (
  SELECT
    "s"."video_id",
    "s"."tag",
    "s"."changed_at",
    "s"."present"
  FROM "state" AS "s"
  JOIN "last_step" AS "m"
    ON "m"."video_id" = "s"."video_id"
    AND "m"."tag" = "s"."tag"
    AND "m"."changed_at" = "s"."changed_at"
    AND "m"."step" = "s"."step"
), "compared" AS (
  SELECT
    "s"."video_id",
    "s"."tag",
    "s"."changed_at",
    "s"."present",
    LAG("s"."present") OVER (PARTITION BY "s"."video_id", "s"."tag" ORDER BY "s"."changed_at" NULLS FIRST) AS "earlier"
  FROM "settled" AS "s"
), "folded" AS (
  SELECT
    "c"."video_id",
    "c"."tag",
    "c"."changed_at",
    "c"."present"
  FROM "compared" AS "c"
  WHERE
    "c"."present" <> COALESCE("c"."earlier", 0)
), "ranged" AS (
  SELECT
    "f"."video_id",
    "f"."tag",
    "f"."changed_at",
    "f"."present",
    LEAD("f"."changed_at") OVER (PARTITION BY "f"."video_id", "f"."tag" ORDER BY "f"."changed_at" NULLS FIRST) AS "ended_at"
  FROM "folded" AS "f"
)
SELECT
  "r"."video_id",
  "r"."tag",
  "r"."changed_at",
  COALESCE("r"."ended_at", MAKE_TIMESTAMP(253402300799000000))
FROM "ranged" AS "r"
WHERE
  "r"."present" = 1;
