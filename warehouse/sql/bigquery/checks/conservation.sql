WITH `kept` AS (
  SELECT
    `f`.`_load_id`,
    COUNT(*) AS `rows_there`
  FROM `core`.`fct_event` AS `f`
  GROUP BY
    `f`.`_load_id`
  UNION ALL
  SELECT
    `c`.`_load_id`,
    SUM(`c`.`copies`)
  FROM `core`.`event_copy` AS `c`
  GROUP BY
    `c`.`_load_id`
  UNION ALL
  SELECT
    `c`.`_load_id`,
    SUM(`c`.`copies`)
  FROM `core`.`user_source` AS `c`
  GROUP BY
    `c`.`_load_id`
  UNION ALL
  SELECT
    `c`.`_load_id`,
    SUM(`c`.`copies`)
  FROM `core`.`video_source` AS `c`
  GROUP BY
    `c`.`_load_id`
), `kept_sum` AS (
  SELECT
    `k`.`_load_id`,
    SUM(`k`.`rows_there`) AS `rows_there`
  FROM `kept` AS `k`
  GROUP BY
    `k`.`_load_id`
), `refused` AS (
  SELECT
    `e`.`_load_id`,
    COUNT(*) AS `rows_there`
  FROM `errors`.`events` AS `e`
  GROUP BY
    `e`.`_load_id`
  UNION ALL
  SELECT
    `e`.`_load_id`,
    COUNT(*) AS `rows_there`
  FROM `errors`.`users` AS `e`
  GROUP BY
    `e`.`_load_id`
  UNION ALL
  SELECT
    `e`.`_load_id`,
    COUNT(*) AS `rows_there`
  FROM `errors`.`videos` AS `e`
  GROUP BY
    `e`.`_load_id`
), `refused_sum` AS (
  SELECT
    `r`.`_load_id`,
    SUM(`r`.`rows_there`) AS `rows_there`
  FROM `refused` AS `r`
  GROUP BY
    `r`.`_load_id`
)
SELECT
  `b`.`dataset`,
  `b`.`uri`,
  `b`.`version`,
  `b`.`records`,
  `b`.`valid`,
  `b`.`invalid`,
  COALESCE(`k`.`rows_there`, 0) AS `in_core`,
  COALESCE(`r`.`rows_there`, 0) AS `in_errors`
FROM `core`.`built_load` AS `b`
LEFT JOIN `kept_sum` AS `k`
  ON `k`.`_load_id` = `b`.`load_id`
LEFT JOIN `refused_sum` AS `r`
  ON `r`.`_load_id` = `b`.`load_id`
WHERE
  `b`.`dataset` IN ('events', 'users', 'videos')
  AND (
    `b`.`records` <> `b`.`valid` + `b`.`invalid`
    OR `b`.`valid` <> COALESCE(`k`.`rows_there`, 0)
    OR `b`.`invalid` <> COALESCE(`r`.`rows_there`, 0)
  )
LIMIT 100;
