DELETE FROM "staging"."events__times"
WHERE
  TRUE;

INSERT INTO "staging"."events__times" (
  "event_id",
  "_load_id",
  "times"
)
WITH "each_time" AS (
  SELECT
    "f"."event_id",
    "f"."_load_id",
    1 AS "times"
  FROM "core"."fct_event" AS "f"
  WHERE
    "f"."event_id" IN (
      SELECT
        "a"."event_id"
      FROM "staging"."events__again" AS "a"
    )
  UNION ALL
  SELECT
    "c"."event_id",
    "c"."_load_id",
    "c"."copies"
  FROM "core"."event_copy" AS "c"
  WHERE
    "c"."event_id" IN (
      SELECT
        "a"."event_id"
      FROM "staging"."events__again" AS "a"
    )
  UNION ALL
  SELECT
    "s"."_id",
    "s"."_load_id",
    1
  FROM "staging"."events" AS "s"
  WHERE
    "s"."_reasons" IS NULL
    AND "s"."_id" IN (
      SELECT
        "a"."event_id"
      FROM "staging"."events__again" AS "a"
    )
)
SELECT
  "e"."event_id",
  "e"."_load_id",
  SUM("e"."times")
FROM "each_time" AS "e"
GROUP BY
  "e"."event_id",
  "e"."_load_id";

DELETE FROM "staging"."events__row"
WHERE
  TRUE;

INSERT INTO "staging"."events__row" (
  "event_id",
  "user_key",
  "video_key",
  "user_id",
  "video_id",
  "event",
  "timestamp",
  "comment",
  "latitude",
  "longitude",
  "event_date",
  "_load_id",
  "_source",
  "_version",
  "_line_number",
  "_landed_at",
  "_extra"
)
WITH "candidate" AS (
  SELECT
    "f"."event_id",
    "f"."user_key",
    "f"."video_key",
    "f"."user_id",
    "f"."video_id",
    "f"."event",
    "f"."timestamp",
    "f"."comment",
    "f"."latitude",
    "f"."longitude",
    "f"."event_date",
    "f"."_load_id",
    "f"."_source",
    "f"."_version",
    "f"."_line_number",
    "f"."_landed_at",
    "f"."_extra"
  FROM "core"."fct_event" AS "f"
  WHERE
    "f"."event_id" IN (
      SELECT
        "a"."event_id"
      FROM "staging"."events__again" AS "a"
    )
  UNION ALL
  SELECT
    "s"."_id",
    'unknown',
    'unknown',
    "s"."user_id",
    "s"."video_id",
    "s"."event",
    "s"."timestamp",
    "s"."comment",
    "s"."latitude",
    "s"."longitude",
    CAST("s"."timestamp" AS DATE),
    "s"."_load_id",
    "l"."uri",
    "l"."version",
    "s"."_line_number",
    "l"."landed_at",
    "s"."_extra"
  FROM "staging"."events" AS "s"
  JOIN "staging"."load" AS "l"
    ON "l"."load_id" = "s"."_load_id"
  WHERE
    "s"."_reasons" IS NULL
    AND "s"."_id" IN (
      SELECT
        "a"."event_id"
      FROM "staging"."events__again" AS "a"
    )
), "ranked" AS (
  SELECT
    "c"."event_id",
    "c"."user_key",
    "c"."video_key",
    "c"."user_id",
    "c"."video_id",
    "c"."event",
    "c"."timestamp",
    "c"."comment",
    "c"."latitude",
    "c"."longitude",
    "c"."event_date",
    "c"."_load_id",
    "c"."_source",
    "c"."_version",
    "c"."_line_number",
    "c"."_landed_at",
    "c"."_extra",
    ROW_NUMBER() OVER (
      PARTITION BY "c"."event_id"
      ORDER BY "c"."_landed_at" NULLS FIRST, "c"."_source" NULLS FIRST, "c"."_version" NULLS FIRST, "c"."_line_number" NULLS FIRST, "c"."_extra" NULLS FIRST
    ) AS "_place"
  FROM "candidate" AS "c"
)
SELECT
  "r"."event_id",
  "r"."user_key",
  "r"."video_key",
  "r"."user_id",
  "r"."video_id",
  "r"."event",
  "r"."timestamp",
  "r"."comment",
  "r"."latitude",
  "r"."longitude",
  "r"."event_date",
  "r"."_load_id",
  "r"."_source",
  "r"."_version",
  "r"."_line_number",
  "r"."_landed_at",
  "r"."_extra"
FROM "ranked" AS "r"
WHERE
  "r"."_place" = 1;

DELETE FROM "core"."event_copy"
WHERE
  "event_id" IN (
    SELECT
      "a"."event_id"
    FROM "staging"."events__again" AS "a"
  );

INSERT INTO "core"."event_copy" (
  "event_id",
  "_load_id",
  "copies"
)
WITH "other" AS (
  SELECT
    "t"."event_id",
    "t"."_load_id",
    "t"."times" - CASE WHEN "r"."_load_id" = "t"."_load_id" THEN 1 ELSE 0 END AS "copies"
  FROM "staging"."events__times" AS "t"
  JOIN "staging"."events__row" AS "r"
    ON "r"."event_id" = "t"."event_id"
)
SELECT
  "o"."event_id",
  "o"."_load_id",
  "o"."copies"
FROM "other" AS "o"
WHERE
  "o"."copies" > 0;

INSERT INTO "staging"."events__row" (
  "event_id",
  "user_key",
  "video_key",
  "user_id",
  "video_id",
  "event",
  "timestamp",
  "comment",
  "latitude",
  "longitude",
  "event_date",
  "_load_id",
  "_source",
  "_version",
  "_line_number",
  "_landed_at",
  "_extra"
)
SELECT
  "f"."event_id",
  "f"."user_key",
  "f"."video_key",
  "f"."user_id",
  "f"."video_id",
  "f"."event",
  "f"."timestamp",
  "f"."comment",
  "f"."latitude",
  "f"."longitude",
  "f"."event_date",
  "f"."_load_id",
  "f"."_source",
  "f"."_version",
  "f"."_line_number",
  "f"."_landed_at",
  "f"."_extra"
FROM "core"."fct_event" AS "f"
WHERE
  (
    "f"."user_id" IN (
      SELECT
        "m"."id"
      FROM "staging"."users__moved" AS "m"
    )
    OR "f"."video_id" IN (
      SELECT
        "m"."id"
      FROM "staging"."videos__moved" AS "m"
    )
  )
  AND NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "staging"."events__again" AS "a"
    WHERE
      "a"."event_id" = "f"."event_id"
  );

DELETE FROM "core"."fct_event"
WHERE
  "event_id" IN (
    SELECT
      "r"."event_id"
    FROM "staging"."events__row" AS "r"
  );

INSERT INTO "core"."fct_event" (
  "event_id",
  "user_key",
  "video_key",
  "user_id",
  "video_id",
  "event",
  "timestamp",
  "comment",
  "latitude",
  "longitude",
  "event_date",
  "_load_id",
  "_source",
  "_version",
  "_line_number",
  "_landed_at",
  "_extra"
)
SELECT
  "r"."event_id",
  COALESCE("d0"."user_key", 'unknown'),
  COALESCE("d1"."video_key", 'unknown'),
  "r"."user_id",
  "r"."video_id",
  "r"."event",
  "r"."timestamp",
  "r"."comment",
  "r"."latitude",
  "r"."longitude",
  "r"."event_date",
  "r"."_load_id",
  "r"."_source",
  "r"."_version",
  "r"."_line_number",
  "r"."_landed_at",
  "r"."_extra"
FROM "staging"."events__row" AS "r"
LEFT JOIN "core"."dim_user" AS "d0"
  ON "d0"."id" = "r"."user_id"
  AND "d0"."valid_from" <= "r"."timestamp"
  AND "r"."timestamp" < "d0"."valid_to"
LEFT JOIN "core"."dim_video" AS "d1"
  ON "d1"."id" = "r"."video_id"
  AND "d1"."valid_from" <= "r"."timestamp"
  AND "r"."timestamp" < "d1"."valid_to";

INSERT INTO "core"."fct_event" (
  "event_id",
  "user_key",
  "video_key",
  "user_id",
  "video_id",
  "event",
  "timestamp",
  "comment",
  "latitude",
  "longitude",
  "event_date",
  "_load_id",
  "_source",
  "_version",
  "_line_number",
  "_landed_at",
  "_extra"
)
SELECT
  "s"."_id",
  COALESCE("d0"."user_key", 'unknown'),
  COALESCE("d1"."video_key", 'unknown'),
  "s"."user_id",
  "s"."video_id",
  "s"."event",
  "s"."timestamp",
  "s"."comment",
  "s"."latitude",
  "s"."longitude",
  CAST("s"."timestamp" AS DATE),
  "s"."_load_id",
  "l"."uri",
  "l"."version",
  "s"."_line_number",
  "l"."landed_at",
  "s"."_extra"
FROM "staging"."events" AS "s"
JOIN "staging"."load" AS "l"
  ON "l"."load_id" = "s"."_load_id"
LEFT JOIN "core"."dim_user" AS "d0"
  ON "d0"."id" = "s"."user_id"
  AND "d0"."valid_from" <= "s"."timestamp"
  AND "s"."timestamp" < "d0"."valid_to"
LEFT JOIN "core"."dim_video" AS "d1"
  ON "d1"."id" = "s"."video_id"
  AND "d1"."valid_from" <= "s"."timestamp"
  AND "s"."timestamp" < "d1"."valid_to"
WHERE
  "s"."_reasons" IS NULL
  AND NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "staging"."events__again" AS "a"
    WHERE
      "a"."event_id" = "s"."_id"
  );
