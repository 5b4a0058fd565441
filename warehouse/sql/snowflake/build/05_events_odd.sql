DELETE FROM "STAGING"."EVENTS__ODD"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS__ODD" (
  "_TEXT",
  "_FIELD",
  "_PROBLEM",
  "_EXTRA"
)
WITH "FOUND" AS (
  SELECT DISTINCT
    "C"."_TEXT" AS "_TEXT",
    SUBSTRING("C"."_TEXT", 2, LENGTH("C"."_TEXT") - 2) AS "_INNER"
  FROM "STAGING"."EVENTS__CELL" AS "C"
  WHERE
    "C"."_ODD"
), "MEMBER" AS (
  SELECT
    "F"."_TEXT",
    ("U".INDEX + 1) AS "_POSITION",
    CAST("U".VALUE AS VARCHAR) AS "_MEMBER",
    NULLIF(REGEXP_SUBSTR(CAST("U".VALUE AS VARCHAR), ('^("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")'), 1, 1, 'e', 1), '') AS "_KEY"
  FROM "FOUND" AS "F", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL("F"."_INNER", ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{]([^]"[{}]|"([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}]))'), 1, 1, 'e', 1)) AS "U"
), "EVERY" AS (
  SELECT
    "F"."_TEXT",
    NULLIF(REGEXP_SUBSTR(CAST("U".VALUE AS VARCHAR), ('^("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")'), 1, 1, 'e', 1), '') AS "_KEY"
  FROM "FOUND" AS "F", LATERAL FLATTEN(INPUT => REGEXP_SUBSTR_ALL("F"."_INNER", ('("([^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:)'), 1, 1, 'e', 1)) AS "U"
), "TOP_KEY" AS (
  SELECT
    "M"."_TEXT",
    "M"."_KEY",
    COUNT(*) AS "_TIMES"
  FROM "MEMBER" AS "M"
  GROUP BY
    "M"."_TEXT",
    "M"."_KEY"
), "EVERY_KEY" AS (
  SELECT
    "E"."_TEXT",
    "E"."_KEY",
    COUNT(*) AS "_TIMES"
  FROM "EVERY" AS "E"
  GROUP BY
    "E"."_TEXT",
    "E"."_KEY"
), "KEYS" AS (
  SELECT
    "E"."_TEXT",
    MAX(CASE WHEN COALESCE("T"."_TIMES", 0) > 1 THEN 1 ELSE 0 END) AS "_TWICE",
    MAX(CASE WHEN "E"."_TIMES" - COALESCE("T"."_TIMES", 0) > 1 THEN 1 ELSE 0 END) AS "_WITHIN",
    MAX(CASE WHEN CONTAINS("E"."_KEY", CHR(4)) THEN 1 ELSE 0 END) AS "_ESCAPED"
  FROM "EVERY_KEY" AS "E"
  LEFT JOIN "TOP_KEY" AS "T"
    ON "T"."_TEXT" = "E"."_TEXT" AND "T"."_KEY" = "E"."_KEY"
  GROUP BY
    "E"."_TEXT"
), "EXTRA" AS (
  SELECT
    "M"."_TEXT",
    LISTAGG(
      
        CASE
          WHEN NOT "M"."_KEY" IN (
            '"user_id"',
            '"video_id"',
            '"event"',
            '"timestamp"',
            '"comment"',
            '"tags"',
            '"latitude"',
            '"longitude"'
          )
          THEN "M"."_MEMBER"
        END,
        ','
      
    ) WITHIN GROUP (ORDER BY
      "M"."_POSITION" NULLS FIRST) AS "_EXTRA",
    MAX(
      CASE
        WHEN (REGEXP_INSTR("M"."_MEMBER", ('^"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]')) > 0)
        THEN 1
        ELSE 0
      END
    ) AS "_ENVELOPE"
  FROM "MEMBER" AS "M"
  GROUP BY
    "M"."_TEXT"
), "SUMMED" AS (
  SELECT
    "K"."_TEXT",
    "K"."_TWICE",
    "K"."_WITHIN",
    "K"."_ESCAPED",
    "X"."_ENVELOPE",
    "X"."_EXTRA"
  FROM "KEYS" AS "K"
  JOIN "EXTRA" AS "X"
    ON "X"."_TEXT" = "K"."_TEXT"
)
SELECT
  "S"."_TEXT",
  CASE WHEN "S"."_ENVELOPE" = 1 AND "S"."_TWICE" = 0 THEN 'events' END,
  CASE
    WHEN "S"."_TWICE" = 1
    THEN 'duplicateKey'
    WHEN "S"."_ENVELOPE" = 1
    THEN 'envelope'
    WHEN "S"."_WITHIN" = 1
    THEN 'duplicateKey'
    WHEN "S"."_ESCAPED" = 1
    THEN 'undecided'
    WHEN NOT REGEXP_LIKE(REGEXP_REPLACE("S"."_EXTRA", ('"([^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(([1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD]([0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|0[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"'), ''), '[^"]*')
    THEN 'characters'
  END,
  '{' || REPLACE("S"."_EXTRA", CHR(4), '\\') || '}'
FROM "SUMMED" AS "S";
