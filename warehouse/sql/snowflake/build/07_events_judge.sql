DELETE FROM "STAGING"."EVENTS"
WHERE
  TRUE;

INSERT INTO "STAGING"."EVENTS" (
  "_LOAD_ID",
  "_LINE_NUMBER",
  "_REASONS",
  "_VALUE",
  "_RAW",
  "_ID",
  "USER_ID",
  "VIDEO_ID",
  "EVENT",
  "TIMESTAMP",
  "COMMENT",
  "TAGS",
  "LATITUDE",
  "LATITUDE__TEXT",
  "LONGITUDE",
  "LONGITUDE__TEXT",
  "_EXTRA"
)
WITH "TYPED" AS (
  SELECT
    "C"."_LOAD_ID",
    "C"."_LINE_NUMBER",
    "C"."_TEXT",
    "C"."_PROBLEM" IS NULL AS "_MASKED",
    "O"."_EXTRA" AS "_EXTRA",
    COALESCE("C"."_FIELD", "O"."_FIELD") AS "_FIELD",
    COALESCE("C"."_PROBLEM", "O"."_PROBLEM") AS "_PROBLEM",
    "C"."USER_ID",
    "C"."VIDEO_ID",
    "C"."EVENT",
    "C"."TIMESTAMP",
    "C"."COMMENT",
    "C"."TAGS",
    "C"."LATITUDE",
    "C"."LONGITUDE",
    CASE
      WHEN REGEXP_LIKE("C"."USER_ID", '-?(0|[1-9][0-9]*)') AND LENGTH("C"."USER_ID") <= 20
      THEN CASE WHEN TRY_TO_NUMBER("C"."USER_ID", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."USER_ID", 38, 0) END
    END AS "_TYPED_USER_ID",
    CASE
      WHEN REGEXP_LIKE("C"."VIDEO_ID", '-?(0|[1-9][0-9]*)') AND LENGTH("C"."VIDEO_ID") <= 20
      THEN CASE WHEN TRY_TO_NUMBER("C"."VIDEO_ID", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."VIDEO_ID", 38, 0) END
    END AS "_TYPED_VIDEO_ID",
    CASE
      WHEN NOT STARTSWITH("C"."EVENT", '"')
      THEN NULL
      WHEN NOT CONTAINS("C"."EVENT", CHR(4))
      THEN SUBSTRING("C"."EVENT", 2, LENGTH("C"."EVENT") - 2)
      WHEN REGEXP_LIKE("C"."EVENT", ('"([^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(([1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD]([0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"'))
      THEN JSON_EXTRACT_PATH_TEXT('{"v":' || REPLACE("C"."EVENT", CHR(4), '\\') || '}', 'v')
    END AS "_TYPED_EVENT",
    CASE
      WHEN REGEXP_LIKE("C"."TIMESTAMP", '-?(0|[1-9][0-9]*)')
      AND LENGTH("C"."TIMESTAMP") <= 20
      THEN CASE
        WHEN CASE WHEN TRY_TO_NUMBER("C"."TIMESTAMP", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."TIMESTAMP", 38, 0) END BETWEEN -62135596800 AND 253402300799
        THEN TO_TIMESTAMP_NTZ((CASE WHEN TRY_TO_NUMBER("C"."TIMESTAMP", 38, 0) BETWEEN -9223372036854775808 AND 9223372036854775807 THEN TRY_TO_NUMBER("C"."TIMESTAMP", 38, 0) END * 1000000), 6)
      END
    END AS "_TYPED_TIMESTAMP",
    CASE
      WHEN NOT STARTSWITH("C"."COMMENT", '"')
      THEN NULL
      WHEN NOT CONTAINS("C"."COMMENT", CHR(4))
      THEN SUBSTRING("C"."COMMENT", 2, LENGTH("C"."COMMENT") - 2)
      WHEN REGEXP_LIKE("C"."COMMENT", ('"([^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(([1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD]([0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"'))
      THEN JSON_EXTRACT_PATH_TEXT('{"v":' || REPLACE("C"."COMMENT", CHR(4), '\\') || '}', 'v')
    END AS "_TYPED_COMMENT",
    "L0"."_TYPED" AS "_TYPED_TAGS",
    "L0"."_WRONG" AS "_WRONG_TAGS",
    CASE
      WHEN REGEXP_LIKE("C"."LATITUDE", '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?')
      THEN CASE WHEN ABS(TRY_TO_DOUBLE("C"."LATITUDE")) <= 1.7976931348623157e308 THEN TRY_TO_DOUBLE("C"."LATITUDE") + 0 END
    END AS "_TYPED_LATITUDE",
    CASE
      WHEN REGEXP_LIKE("C"."LONGITUDE", '-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][+-]?[0-9]+)?')
      THEN CASE WHEN ABS(TRY_TO_DOUBLE("C"."LONGITUDE")) <= 1.7976931348623157e308 THEN TRY_TO_DOUBLE("C"."LONGITUDE") + 0 END
    END AS "_TYPED_LONGITUDE"
  FROM "STAGING"."EVENTS__CELL" AS "C"
  LEFT JOIN "STAGING"."EVENTS__TAGS" AS "L0"
    ON "L0"."_TEXT" = "C"."TAGS"
  LEFT JOIN "STAGING"."EVENTS__ODD" AS "O"
    ON "C"."_ODD" AND "O"."_TEXT" = "C"."_TEXT"
), "JUDGED" AS (
  SELECT
    "T"."_LOAD_ID",
    "T"."_LINE_NUMBER",
    "T"."_TEXT",
    "T"."_MASKED",
    "T"."_EXTRA",
    "T"."USER_ID",
    "T"."VIDEO_ID",
    "T"."EVENT",
    "T"."TIMESTAMP",
    "T"."COMMENT",
    "T"."TAGS",
    "T"."LATITUDE",
    "T"."LONGITUDE",
    "T"."_TYPED_USER_ID",
    "T"."_TYPED_VIDEO_ID",
    "T"."_TYPED_EVENT",
    "T"."_TYPED_TIMESTAMP",
    "T"."_TYPED_COMMENT",
    "T"."_TYPED_TAGS",
    "T"."_TYPED_LATITUDE",
    "T"."_TYPED_LONGITUDE",
    CASE
      WHEN NOT "T"."_PROBLEM" IS NULL
      THEN COALESCE("T"."_FIELD", '') || ': ' || "T"."_PROBLEM" || '; '
      ELSE CASE
        WHEN "T"."USER_ID" IS NULL
        THEN 'user_id: required; '
        WHEN "T"."_TYPED_USER_ID" IS NULL
        THEN 'user_id: type; '
        ELSE CASE WHEN "T"."_TYPED_USER_ID" < 0 THEN 'user_id: minimum; ' ELSE '' END
      END || CASE
        WHEN "T"."VIDEO_ID" IS NULL
        THEN 'video_id: required; '
        WHEN "T"."_TYPED_VIDEO_ID" IS NULL
        THEN 'video_id: type; '
        ELSE CASE WHEN "T"."_TYPED_VIDEO_ID" < 0 THEN 'video_id: minimum; ' ELSE '' END
      END || CASE
        WHEN "T"."EVENT" IS NULL
        THEN 'event: required; '
        WHEN NOT STARTSWITH("T"."EVENT", '"')
        THEN 'event: type; '
        WHEN "T"."_TYPED_EVENT" IS NULL
        THEN 'event: characters; '
        ELSE CASE
          WHEN NOT "T"."_TYPED_EVENT" IN (
            'created',
            'viewed',
            'like',
            'dislike',
            'commented',
            'add_tags',
            'remove_tags',
            'share'
          )
          THEN 'event: validValues; '
          ELSE ''
        END
      END || CASE
        WHEN "T"."TIMESTAMP" IS NULL
        THEN 'timestamp: required; '
        WHEN "T"."_TYPED_TIMESTAMP" IS NULL
        THEN 'timestamp: type; '
        ELSE ''
      END || CASE
        WHEN "T"."COMMENT" IS NULL
        THEN ''
        WHEN NOT STARTSWITH("T"."COMMENT", '"')
        THEN 'comment: type; '
        WHEN "T"."_TYPED_COMMENT" IS NULL
        THEN 'comment: characters; '
        ELSE ''
      END || CASE
        WHEN "T"."TAGS" IS NULL
        THEN ''
        WHEN NOT STARTSWITH("T"."TAGS", '[')
        THEN 'tags: type; '
        WHEN "T"."_WRONG_TAGS"
        THEN 'tags: items; '
        ELSE ''
      END || CASE
        WHEN "T"."LATITUDE" IS NULL
        THEN ''
        WHEN "T"."_TYPED_LATITUDE" IS NULL
        THEN 'latitude: type; '
        ELSE CASE WHEN "T"."_TYPED_LATITUDE" < -90 THEN 'latitude: minimum; ' ELSE '' END || CASE WHEN "T"."_TYPED_LATITUDE" > 90 THEN 'latitude: maximum; ' ELSE '' END
      END || CASE
        WHEN "T"."LONGITUDE" IS NULL
        THEN ''
        WHEN "T"."_TYPED_LONGITUDE" IS NULL
        THEN 'longitude: type; '
        ELSE CASE WHEN "T"."_TYPED_LONGITUDE" < -180 THEN 'longitude: minimum; ' ELSE '' END || CASE WHEN "T"."_TYPED_LONGITUDE" > 180 THEN 'longitude: maximum; ' ELSE '' END
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
    THEN REPLACE(
      CASE NULLIF(REGEXP_SUBSTR("J"."_REASONS", '^([^:]+):', 1, 1, 'e', 1), '')
        WHEN 'user_id'
        THEN "J"."USER_ID"
        WHEN 'video_id'
        THEN "J"."VIDEO_ID"
        WHEN 'event'
        THEN "J"."EVENT"
        WHEN 'timestamp'
        THEN "J"."TIMESTAMP"
        WHEN 'comment'
        THEN "J"."COMMENT"
        WHEN 'tags'
        THEN "J"."TAGS"
        WHEN 'latitude'
        THEN "J"."LATITUDE"
        WHEN 'longitude'
        THEN "J"."LONGITUDE"
      END,
      CHR(4),
      '\\'
    )
  END,
  CASE
    WHEN "J"."_REASONS" <> ''
    THEN CASE WHEN "J"."_MASKED" THEN REPLACE("J"."_TEXT", CHR(4), '\\') ELSE "J"."_TEXT" END
  END,
  CASE
    WHEN "J"."_REASONS" = ''
    THEN SHA2(REGEXP_REPLACE(('s1' || '|' || COALESCE('+' || TO_VARCHAR("J"."_TYPED_USER_ID"), '') || '|' || COALESCE('+' || TO_VARCHAR("J"."_TYPED_VIDEO_ID"), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_EVENT", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || TO_VARCHAR(DATE_PART(EPOCH_MICROSECOND, "J"."_TYPED_TIMESTAMP")), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE("J"."_TYPED_COMMENT", '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE("J"."_TYPED_TAGS", '|', '~1'), '') || '|' || COALESCE(COALESCE('+' || CASE WHEN ABS(TRY_TO_DOUBLE("J"."LATITUDE")) < 9000000000 THEN TO_VARCHAR(TO_NUMBER(REPLACE(TO_VARCHAR(TRY_TO_DECIMAL("J"."LATITUDE", 38, 9)), '.', ''), 38, 0)) END, '#' || "J"."LATITUDE"), '') || '|' || COALESCE(COALESCE('+' || CASE WHEN ABS(TRY_TO_DOUBLE("J"."LONGITUDE")) < 9000000000 THEN TO_VARCHAR(TO_NUMBER(REPLACE(TO_VARCHAR(TRY_TO_DECIMAL("J"."LONGITUDE", 38, 9)), '.', ''), 38, 0)) END, '#' || "J"."LONGITUDE"), '')), '[|]+$', ''), 256)
  END,
  "J"."_TYPED_USER_ID",
  "J"."_TYPED_VIDEO_ID",
  "J"."_TYPED_EVENT",
  "J"."_TYPED_TIMESTAMP",
  "J"."_TYPED_COMMENT",
  "J"."_TYPED_TAGS",
  "J"."_TYPED_LATITUDE",
  "J"."LATITUDE",
  "J"."_TYPED_LONGITUDE",
  "J"."LONGITUDE",
  "J"."_EXTRA"
FROM "JUDGED" AS "J";
