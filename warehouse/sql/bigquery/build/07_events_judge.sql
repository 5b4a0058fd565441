DELETE FROM `staging`.`events`
WHERE
  TRUE;

INSERT INTO `staging`.`events` (
  `_load_id`,
  `_line_number`,
  `_reasons`,
  `_value`,
  `_raw`,
  `_id`,
  `user_id`,
  `video_id`,
  `event`,
  `timestamp`,
  `comment`,
  `tags`,
  `latitude`,
  `latitude__text`,
  `longitude`,
  `longitude__text`,
  `_extra`
)
WITH `typed` AS (
  SELECT
    `c`.`_load_id`,
    `c`.`_line_number`,
    `c`.`_text`,
    `c`.`_problem` IS NULL AS `_masked`,
    `o`.`_extra` AS `_extra`,
    COALESCE(`c`.`_field`, `o`.`_field`) AS `_field`,
    COALESCE(`c`.`_problem`, `o`.`_problem`) AS `_problem`,
    `c`.`user_id`,
    `c`.`video_id`,
    `c`.`event`,
    `c`.`timestamp`,
    `c`.`comment`,
    `c`.`tags`,
    `c`.`latitude`,
    `c`.`longitude`,
    CASE
      WHEN REGEXP_CONTAINS(`c`.`user_id`, '^(?:' || '-?(?:0|[1-9][0-9]*)' || ')$')
      AND LENGTH(`c`.`user_id`) <= 20
      THEN SAFE_CAST(`c`.`user_id` AS INT64)
    END AS `_typed_user_id`,
    CASE
      WHEN REGEXP_CONTAINS(`c`.`video_id`, '^(?:' || '-?(?:0|[1-9][0-9]*)' || ')$')
      AND LENGTH(`c`.`video_id`) <= 20
      THEN SAFE_CAST(`c`.`video_id` AS INT64)
    END AS `_typed_video_id`,
    CASE
      WHEN NOT STARTS_WITH(`c`.`event`, '"')
      THEN NULL
      WHEN NOT (STRPOS(`c`.`event`, CHR(4)) > 0)
      THEN SUBSTRING(`c`.`event`, 2, LENGTH(`c`.`event`) - 2)
      WHEN REGEXP_CONTAINS(`c`.`event`, '^(?:' || ('"(?:[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(?:(?:[1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD](?:[0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(?:0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"') || ')$')
      THEN JSON_VALUE(REPLACE(`c`.`event`, CHR(4), '\\'), '$')
    END AS `_typed_event`,
    CASE
      WHEN REGEXP_CONTAINS(`c`.`timestamp`, '^(?:' || '-?(?:0|[1-9][0-9]*)' || ')$')
      AND LENGTH(`c`.`timestamp`) <= 20
      THEN CASE
        WHEN SAFE_CAST(`c`.`timestamp` AS INT64) BETWEEN -62135596800 AND 253402300799
        THEN TIMESTAMP_MICROS((SAFE_CAST(`c`.`timestamp` AS INT64) * 1000000))
      END
    END AS `_typed_timestamp`,
    CASE
      WHEN NOT STARTS_WITH(`c`.`comment`, '"')
      THEN NULL
      WHEN NOT (STRPOS(`c`.`comment`, CHR(4)) > 0)
      THEN SUBSTRING(`c`.`comment`, 2, LENGTH(`c`.`comment`) - 2)
      WHEN REGEXP_CONTAINS(`c`.`comment`, '^(?:' || ('"(?:[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(?:(?:[1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD](?:[0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(?:0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"') || ')$')
      THEN JSON_VALUE(REPLACE(`c`.`comment`, CHR(4), '\\'), '$')
    END AS `_typed_comment`,
    `l0`.`_typed` AS `_typed_tags`,
    `l0`.`_wrong` AS `_wrong_tags`,
    CASE
      WHEN REGEXP_CONTAINS(`c`.`latitude`, '^(?:' || '-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?' || ')$')
      THEN CASE WHEN ABS(SAFE_CAST(`c`.`latitude` AS FLOAT64)) <= 1.7976931348623157e308 THEN SAFE_CAST(`c`.`latitude` AS FLOAT64) + 0 END
    END AS `_typed_latitude`,
    CASE
      WHEN REGEXP_CONTAINS(`c`.`longitude`, '^(?:' || '-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?' || ')$')
      THEN CASE WHEN ABS(SAFE_CAST(`c`.`longitude` AS FLOAT64)) <= 1.7976931348623157e308 THEN SAFE_CAST(`c`.`longitude` AS FLOAT64) + 0 END
    END AS `_typed_longitude`
  FROM `staging`.`events__cell` AS `c`
  LEFT JOIN `staging`.`events__tags` AS `l0`
    ON `l0`.`_text` = `c`.`tags`
  LEFT JOIN `staging`.`events__odd` AS `o`
    ON `c`.`_odd` AND `o`.`_text` = `c`.`_text`
), `judged` AS (
  SELECT
    `t`.`_load_id`,
    `t`.`_line_number`,
    `t`.`_text`,
    `t`.`_masked`,
    `t`.`_extra`,
    `t`.`user_id`,
    `t`.`video_id`,
    `t`.`event`,
    `t`.`timestamp`,
    `t`.`comment`,
    `t`.`tags`,
    `t`.`latitude`,
    `t`.`longitude`,
    `t`.`_typed_user_id`,
    `t`.`_typed_video_id`,
    `t`.`_typed_event`,
    `t`.`_typed_timestamp`,
    `t`.`_typed_comment`,
    `t`.`_typed_tags`,
    `t`.`_typed_latitude`,
    `t`.`_typed_longitude`,
    CASE
      WHEN NOT `t`.`_problem` IS NULL
      THEN COALESCE(`t`.`_field`, '') || ': ' || `t`.`_problem` || '; '
      ELSE CASE
        WHEN `t`.`user_id` IS NULL
        THEN 'user_id: required; '
        WHEN `t`.`_typed_user_id` IS NULL
        THEN 'user_id: type; '
        ELSE CASE WHEN `t`.`_typed_user_id` < 0 THEN 'user_id: minimum; ' ELSE '' END
      END || CASE
        WHEN `t`.`video_id` IS NULL
        THEN 'video_id: required; '
        WHEN `t`.`_typed_video_id` IS NULL
        THEN 'video_id: type; '
        ELSE CASE WHEN `t`.`_typed_video_id` < 0 THEN 'video_id: minimum; ' ELSE '' END
      END || CASE
        WHEN `t`.`event` IS NULL
        THEN 'event: required; '
        WHEN NOT STARTS_WITH(`t`.`event`, '"')
        THEN 'event: type; '
        WHEN `t`.`_typed_event` IS NULL
        THEN 'event: characters; '
        ELSE CASE
          WHEN NOT `t`.`_typed_event` IN (
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
        WHEN `t`.`timestamp` IS NULL
        THEN 'timestamp: required; '
        WHEN `t`.`_typed_timestamp` IS NULL
        THEN 'timestamp: type; '
        ELSE ''
      END || CASE
        WHEN `t`.`comment` IS NULL
        THEN ''
        WHEN NOT STARTS_WITH(`t`.`comment`, '"')
        THEN 'comment: type; '
        WHEN `t`.`_typed_comment` IS NULL
        THEN 'comment: characters; '
        ELSE ''
      END || CASE
        WHEN `t`.`tags` IS NULL
        THEN ''
        WHEN NOT STARTS_WITH(`t`.`tags`, '[')
        THEN 'tags: type; '
        WHEN `t`.`_wrong_tags`
        THEN 'tags: items; '
        ELSE ''
      END || CASE
        WHEN `t`.`latitude` IS NULL
        THEN ''
        WHEN `t`.`_typed_latitude` IS NULL
        THEN 'latitude: type; '
        ELSE CASE WHEN `t`.`_typed_latitude` < -90 THEN 'latitude: minimum; ' ELSE '' END || CASE WHEN `t`.`_typed_latitude` > 90 THEN 'latitude: maximum; ' ELSE '' END
      END || CASE
        WHEN `t`.`longitude` IS NULL
        THEN ''
        WHEN `t`.`_typed_longitude` IS NULL
        THEN 'longitude: type; '
        ELSE CASE WHEN `t`.`_typed_longitude` < -180 THEN 'longitude: minimum; ' ELSE '' END || CASE WHEN `t`.`_typed_longitude` > 180 THEN 'longitude: maximum; ' ELSE '' END
      END
    END AS `_reasons`
  FROM `typed` AS `t`
)
SELECT
  `j`.`_load_id`,
  `j`.`_line_number`,
  NULLIF(`j`.`_reasons`, ''),
  CASE
    WHEN `j`.`_reasons` <> ''
    THEN REPLACE(
      CASE NULLIF(REGEXP_EXTRACT(`j`.`_reasons`, '^([^:]+):'), '')
        WHEN 'user_id'
        THEN `j`.`user_id`
        WHEN 'video_id'
        THEN `j`.`video_id`
        WHEN 'event'
        THEN `j`.`event`
        WHEN 'timestamp'
        THEN `j`.`timestamp`
        WHEN 'comment'
        THEN `j`.`comment`
        WHEN 'tags'
        THEN `j`.`tags`
        WHEN 'latitude'
        THEN `j`.`latitude`
        WHEN 'longitude'
        THEN `j`.`longitude`
      END,
      CHR(4),
      '\\'
    )
  END,
  CASE
    WHEN `j`.`_reasons` <> ''
    THEN CASE WHEN `j`.`_masked` THEN REPLACE(`j`.`_text`, CHR(4), '\\') ELSE `j`.`_text` END
  END,
  CASE
    WHEN `j`.`_reasons` = ''
    THEN TO_HEX(SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST(`j`.`_typed_user_id` AS STRING), '') || '|' || COALESCE('+' || CAST(`j`.`_typed_video_id` AS STRING), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`j`.`_typed_event`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CAST(UNIX_MICROS(`j`.`_typed_timestamp`) AS STRING), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`j`.`_typed_comment`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(`j`.`_typed_tags`, '|', '~1'), '') || '|' || COALESCE(COALESCE('+' || CASE WHEN ABS(SAFE_CAST(`j`.`latitude` AS FLOAT64)) < 9000000000 THEN CAST(CAST(SAFE_CAST(`j`.`latitude` AS NUMERIC(38, 9)) * 1000000000 AS INT64) AS STRING) END, '#' || `j`.`latitude`), '') || '|' || COALESCE(COALESCE('+' || CASE WHEN ABS(SAFE_CAST(`j`.`longitude` AS FLOAT64)) < 9000000000 THEN CAST(CAST(SAFE_CAST(`j`.`longitude` AS NUMERIC(38, 9)) * 1000000000 AS INT64) AS STRING) END, '#' || `j`.`longitude`), '')), '|')))
  END,
  `j`.`_typed_user_id`,
  `j`.`_typed_video_id`,
  `j`.`_typed_event`,
  `j`.`_typed_timestamp`,
  `j`.`_typed_comment`,
  `j`.`_typed_tags`,
  `j`.`_typed_latitude`,
  `j`.`latitude`,
  `j`.`_typed_longitude`,
  `j`.`longitude`,
  `j`.`_extra`
FROM `judged` AS `j`;
