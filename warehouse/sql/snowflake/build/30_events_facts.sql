DELETE FROM "STAGING"."EVENTS__TIMES"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS__TIMES" (
  "EVENT_ID",
  "_LOAD_ID",
  "TIMES"
)
WITH "EACH_TIME" AS (
  SELECT
    "F"."EVENT_ID",
    "F"."_LOAD_ID",
    1 AS "TIMES"
  FROM "CORE"."FCT_EVENT" AS "F"
  WHERE
    "F"."EVENT_ID" IN (
      SELECT
        "A"."EVENT_ID"
      FROM "STAGING"."EVENTS__AGAIN" AS "A"
    )
  UNION ALL
  SELECT
    "C"."EVENT_ID",
    "C"."_LOAD_ID",
    "C"."COPIES"
  FROM "CORE"."EVENT_COPY" AS "C"
  WHERE
    "C"."EVENT_ID" IN (
      SELECT
        "A"."EVENT_ID"
      FROM "STAGING"."EVENTS__AGAIN" AS "A"
    )
  UNION ALL
  SELECT
    "S"."_ID",
    "S"."_LOAD_ID",
    1
  FROM "STAGING"."EVENTS" AS "S"
  WHERE
    "S"."_REASONS" IS NULL
    AND "S"."_ID" IN (
      SELECT
        "A"."EVENT_ID"
      FROM "STAGING"."EVENTS__AGAIN" AS "A"
    )
)
SELECT
  "E"."EVENT_ID",
  "E"."_LOAD_ID",
  SUM("E"."TIMES")
FROM "EACH_TIME" AS "E"
GROUP BY
  "E"."EVENT_ID",
  "E"."_LOAD_ID";

DELETE FROM "STAGING"."EVENTS__ROW"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS__ROW" (
  "EVENT_ID",
  "USER_KEY",
  "VIDEO_KEY",
  "USER_ID",
  "VIDEO_ID",
  "EVENT",
  "TIMESTAMP",
  "COMMENT",
  "LATITUDE",
  "LONGITUDE",
  "EVENT_DATE",
  "_LOAD_ID",
  "_SOURCE",
  "_VERSION",
  "_LINE_NUMBER",
  "_LANDED_AT",
  "_EXTRA"
)
WITH "CANDIDATE" AS (
  SELECT
    "F"."EVENT_ID",
    "F"."USER_KEY",
    "F"."VIDEO_KEY",
    "F"."USER_ID",
    "F"."VIDEO_ID",
    "F"."EVENT",
    "F"."TIMESTAMP",
    "F"."COMMENT",
    "F"."LATITUDE",
    "F"."LONGITUDE",
    "F"."EVENT_DATE",
    "F"."_LOAD_ID",
    "F"."_SOURCE",
    "F"."_VERSION",
    "F"."_LINE_NUMBER",
    "F"."_LANDED_AT",
    "F"."_EXTRA"
  FROM "CORE"."FCT_EVENT" AS "F"
  WHERE
    "F"."EVENT_ID" IN (
      SELECT
        "A"."EVENT_ID"
      FROM "STAGING"."EVENTS__AGAIN" AS "A"
    )
  UNION ALL
  SELECT
    "S"."_ID",
    'unknown',
    'unknown',
    "S"."USER_ID",
    "S"."VIDEO_ID",
    "S"."EVENT",
    "S"."TIMESTAMP",
    "S"."COMMENT",
    "S"."LATITUDE",
    "S"."LONGITUDE",
    TO_DATE("S"."TIMESTAMP"),
    "S"."_LOAD_ID",
    "L"."URI",
    "L"."VERSION",
    "S"."_LINE_NUMBER",
    "L"."LANDED_AT",
    "S"."_EXTRA"
  FROM "STAGING"."EVENTS" AS "S"
  JOIN "STAGING"."LOAD" AS "L"
    ON "L"."LOAD_ID" = "S"."_LOAD_ID"
  WHERE
    "S"."_REASONS" IS NULL
    AND "S"."_ID" IN (
      SELECT
        "A"."EVENT_ID"
      FROM "STAGING"."EVENTS__AGAIN" AS "A"
    )
), "RANKED" AS (
  SELECT
    "C"."EVENT_ID",
    "C"."USER_KEY",
    "C"."VIDEO_KEY",
    "C"."USER_ID",
    "C"."VIDEO_ID",
    "C"."EVENT",
    "C"."TIMESTAMP",
    "C"."COMMENT",
    "C"."LATITUDE",
    "C"."LONGITUDE",
    "C"."EVENT_DATE",
    "C"."_LOAD_ID",
    "C"."_SOURCE",
    "C"."_VERSION",
    "C"."_LINE_NUMBER",
    "C"."_LANDED_AT",
    "C"."_EXTRA",
    ROW_NUMBER() OVER (
      PARTITION BY "C"."EVENT_ID"
      ORDER BY "C"."_LANDED_AT" NULLS FIRST, "C"."_SOURCE" NULLS FIRST, "C"."_VERSION" NULLS FIRST, "C"."_LINE_NUMBER" NULLS FIRST, "C"."_EXTRA" NULLS FIRST
    ) AS "_PLACE"
  FROM "CANDIDATE" AS "C"
)
SELECT
  "R"."EVENT_ID",
  "R"."USER_KEY",
  "R"."VIDEO_KEY",
  "R"."USER_ID",
  "R"."VIDEO_ID",
  "R"."EVENT",
  "R"."TIMESTAMP",
  "R"."COMMENT",
  "R"."LATITUDE",
  "R"."LONGITUDE",
  "R"."EVENT_DATE",
  "R"."_LOAD_ID",
  "R"."_SOURCE",
  "R"."_VERSION",
  "R"."_LINE_NUMBER",
  "R"."_LANDED_AT",
  "R"."_EXTRA"
FROM "RANKED" AS "R"
WHERE
  "R"."_PLACE" = 1;

DELETE FROM "CORE"."EVENT_COPY"
WHERE
  "EVENT_ID" IN (
    SELECT
      "A"."EVENT_ID"
    FROM "STAGING"."EVENTS__AGAIN" AS "A"
  );

INSERT INTO "CORE"."EVENT_COPY" (
  "EVENT_ID",
  "_LOAD_ID",
  "COPIES"
)
WITH "OTHER" AS (
  SELECT
    "T"."EVENT_ID",
    "T"."_LOAD_ID",
    "T"."TIMES" - CASE WHEN "R"."_LOAD_ID" = "T"."_LOAD_ID" THEN 1 ELSE 0 END AS "COPIES"
  FROM "STAGING"."EVENTS__TIMES" AS "T"
  JOIN "STAGING"."EVENTS__ROW" AS "R"
    ON "R"."EVENT_ID" = "T"."EVENT_ID"
)
SELECT
  "O"."EVENT_ID",
  "O"."_LOAD_ID",
  "O"."COPIES"
FROM "OTHER" AS "O"
WHERE
  "O"."COPIES" > 0;

INSERT INTO "STAGING"."EVENTS__ROW" (
  "EVENT_ID",
  "USER_KEY",
  "VIDEO_KEY",
  "USER_ID",
  "VIDEO_ID",
  "EVENT",
  "TIMESTAMP",
  "COMMENT",
  "LATITUDE",
  "LONGITUDE",
  "EVENT_DATE",
  "_LOAD_ID",
  "_SOURCE",
  "_VERSION",
  "_LINE_NUMBER",
  "_LANDED_AT",
  "_EXTRA"
)
SELECT
  "F"."EVENT_ID",
  "F"."USER_KEY",
  "F"."VIDEO_KEY",
  "F"."USER_ID",
  "F"."VIDEO_ID",
  "F"."EVENT",
  "F"."TIMESTAMP",
  "F"."COMMENT",
  "F"."LATITUDE",
  "F"."LONGITUDE",
  "F"."EVENT_DATE",
  "F"."_LOAD_ID",
  "F"."_SOURCE",
  "F"."_VERSION",
  "F"."_LINE_NUMBER",
  "F"."_LANDED_AT",
  "F"."_EXTRA"
FROM "CORE"."FCT_EVENT" AS "F"
WHERE
  (
    "F"."USER_ID" IN (
      SELECT
        "M"."ID"
      FROM "STAGING"."USERS__MOVED" AS "M"
    )
    OR "F"."VIDEO_ID" IN (
      SELECT
        "M"."ID"
      FROM "STAGING"."VIDEOS__MOVED" AS "M"
    )
  )
  AND NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "STAGING"."EVENTS__AGAIN" AS "A"
    WHERE
      "A"."EVENT_ID" = "F"."EVENT_ID"
  );

DELETE FROM "CORE"."FCT_EVENT"
WHERE
  "EVENT_ID" IN (
    SELECT
      "R"."EVENT_ID"
    FROM "STAGING"."EVENTS__ROW" AS "R"
  );

INSERT INTO "CORE"."FCT_EVENT" (
  "EVENT_ID",
  "USER_KEY",
  "VIDEO_KEY",
  "USER_ID",
  "VIDEO_ID",
  "EVENT",
  "TIMESTAMP",
  "COMMENT",
  "LATITUDE",
  "LONGITUDE",
  "EVENT_DATE",
  "_LOAD_ID",
  "_SOURCE",
  "_VERSION",
  "_LINE_NUMBER",
  "_LANDED_AT",
  "_EXTRA"
)
SELECT
  "R"."EVENT_ID",
  COALESCE("D0"."USER_KEY", 'unknown'),
  COALESCE("D1"."VIDEO_KEY", 'unknown'),
  "R"."USER_ID",
  "R"."VIDEO_ID",
  "R"."EVENT",
  "R"."TIMESTAMP",
  "R"."COMMENT",
  "R"."LATITUDE",
  "R"."LONGITUDE",
  "R"."EVENT_DATE",
  "R"."_LOAD_ID",
  "R"."_SOURCE",
  "R"."_VERSION",
  "R"."_LINE_NUMBER",
  "R"."_LANDED_AT",
  "R"."_EXTRA"
FROM "STAGING"."EVENTS__ROW" AS "R"
LEFT JOIN "CORE"."DIM_USER" AS "D0"
  ON "D0"."ID" = "R"."USER_ID"
  AND "D0"."VALID_FROM" <= "R"."TIMESTAMP"
  AND "R"."TIMESTAMP" < "D0"."VALID_TO"
LEFT JOIN "CORE"."DIM_VIDEO" AS "D1"
  ON "D1"."ID" = "R"."VIDEO_ID"
  AND "D1"."VALID_FROM" <= "R"."TIMESTAMP"
  AND "R"."TIMESTAMP" < "D1"."VALID_TO";

INSERT INTO "CORE"."FCT_EVENT" (
  "EVENT_ID",
  "USER_KEY",
  "VIDEO_KEY",
  "USER_ID",
  "VIDEO_ID",
  "EVENT",
  "TIMESTAMP",
  "COMMENT",
  "LATITUDE",
  "LONGITUDE",
  "EVENT_DATE",
  "_LOAD_ID",
  "_SOURCE",
  "_VERSION",
  "_LINE_NUMBER",
  "_LANDED_AT",
  "_EXTRA"
)
SELECT
  "S"."_ID",
  COALESCE("D0"."USER_KEY", 'unknown'),
  COALESCE("D1"."VIDEO_KEY", 'unknown'),
  "S"."USER_ID",
  "S"."VIDEO_ID",
  "S"."EVENT",
  "S"."TIMESTAMP",
  "S"."COMMENT",
  "S"."LATITUDE",
  "S"."LONGITUDE",
  TO_DATE("S"."TIMESTAMP"),
  "S"."_LOAD_ID",
  "L"."URI",
  "L"."VERSION",
  "S"."_LINE_NUMBER",
  "L"."LANDED_AT",
  "S"."_EXTRA"
FROM "STAGING"."EVENTS" AS "S"
JOIN "STAGING"."LOAD" AS "L"
  ON "L"."LOAD_ID" = "S"."_LOAD_ID"
LEFT JOIN "CORE"."DIM_USER" AS "D0"
  ON "D0"."ID" = "S"."USER_ID"
  AND "D0"."VALID_FROM" <= "S"."TIMESTAMP"
  AND "S"."TIMESTAMP" < "D0"."VALID_TO"
LEFT JOIN "CORE"."DIM_VIDEO" AS "D1"
  ON "D1"."ID" = "S"."VIDEO_ID"
  AND "D1"."VALID_FROM" <= "S"."TIMESTAMP"
  AND "S"."TIMESTAMP" < "D1"."VALID_TO"
WHERE
  "S"."_REASONS" IS NULL
  AND NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "STAGING"."EVENTS__AGAIN" AS "A"
    WHERE
      "A"."EVENT_ID" = "S"."_ID"
  );
