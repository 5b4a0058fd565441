DELETE FROM "STAGING"."VIDEOS__LINE"
WHERE
  TRUE;

INSERT INTO "STAGING"."VIDEOS__LINE" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_TEXT",
  "_PROBLEM",
  "_PLACE"
)
WITH "LINE" AS (
  SELECT
    "R"."_LOAD_ID",
    "R"."_LINE_NUMBER",
    "R"."_PROBLEM",
    CASE
      WHEN STARTSWITH("R"."LINE", '﻿')
      THEN REGEXP_REPLACE(REGEXP_REPLACE("R"."LINE", (CHR(13) || '+$'), ''), '^﻿+', '')
      WHEN ENDSWITH("R"."LINE", CHR(13))
      THEN REGEXP_REPLACE("R"."LINE", (CHR(13) || '+$'), '')
      ELSE "R"."LINE"
    END AS "_LINE"
  FROM "RAW"."VIDEOS" AS "R"
  JOIN "STAGING"."LOAD" AS "L"
    ON "L"."LOAD_ID" = "R"."_LOAD_ID"
)
SELECT
  "C"."_LOAD_ID",
  "C"."_LINE_NUMBER",
  "C"."_LINE",
  "C"."_PROBLEM",
  CASE
    WHEN "C"."_PROBLEM" IS NULL
    THEN ROW_NUMBER() OVER (
      PARTITION BY "C"."_LOAD_ID", "C"."_PROBLEM" IS NULL
      ORDER BY COALESCE(
        "C"."_LINE_NUMBER",
        CASE
          WHEN CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',id,')
          AND CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',name,')
          AND CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',url,')
          AND CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',creation_timestamp,')
          AND CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',creator_id,')
          AND CONTAINS((',' || REPLACE("C"."_LINE", '"', '') || ','), ',private,')
          THEN 0
          ELSE 1
        END
      ) NULLS FIRST, "C"."_LINE" NULLS FIRST
    )
  END
FROM "LINE" AS "C"
WHERE
  NOT "C"."_PROBLEM" IS NULL
  OR REGEXP_REPLACE("C"."_LINE", ('^[ ' || CHR(9) || CHR(10) || CHR(13) || ']+|[ ' || CHR(9) || CHR(10) || CHR(13) || ']+$'), '') <> '';
