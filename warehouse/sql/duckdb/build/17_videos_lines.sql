DELETE FROM "staging"."videos__line"
WHERE
  TRUE;

INSERT INTO "staging"."videos__line" (
  "_load_id",
  "_line_number",
  "_text",
  "_problem",
  "_place"
)
WITH "line" AS (
  SELECT
    "r"."_load_id",
    "r"."_line_number",
    "r"."_problem",
    CASE
      WHEN STARTS_WITH("r"."line", '﻿')
      THEN REGEXP_REPLACE(REGEXP_REPLACE("r"."line", (CHR(13) || '+$'), '', 'g'), '^﻿+', '', 'g')
      WHEN ENDS_WITH("r"."line", CHR(13))
      THEN REGEXP_REPLACE("r"."line", (CHR(13) || '+$'), '', 'g')
      ELSE "r"."line"
    END AS "_line"
  FROM "raw"."videos" AS "r"
  JOIN "staging"."load" AS "l"
    ON "l"."load_id" = "r"."_load_id"
)
SELECT
  "c"."_load_id",
  "c"."_line_number",
  "c"."_line",
  "c"."_problem",
  CASE
    WHEN "c"."_problem" IS NULL
    THEN ROW_NUMBER() OVER (
      PARTITION BY "c"."_load_id", "c"."_problem" IS NULL
      ORDER BY COALESCE(
        "c"."_line_number",
        CASE
          WHEN CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',id,')
          AND CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',name,')
          AND CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',url,')
          AND CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',creation_timestamp,')
          AND CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',creator_id,')
          AND CONTAINS((',' || REPLACE("c"."_line", '"', '') || ','), ',private,')
          THEN 0
          ELSE 1
        END
      ) NULLS FIRST, "c"."_line" NULLS FIRST
    )
  END
FROM "line" AS "c"
WHERE
  NOT "c"."_problem" IS NULL
  OR TRIM("c"."_line", (' ' || CHR(9) || CHR(10) || CHR(13))) <> '';
