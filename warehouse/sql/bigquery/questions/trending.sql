WITH `last_moment` AS (
  SELECT
    MAX(UNIX_MICROS(`f`.`timestamp`)) AS `micros`
  FROM `core`.`fct_event` AS `f`
), `scored` AS (
  SELECT
    `f`.`video_id`,
    COUNT(*) AS `events`,
    ROUND(SUM(CASE `f`.`event` WHEN 'viewed' THEN 1 WHEN 'like' THEN 3 WHEN 'dislike' THEN 1 WHEN 'commented' THEN 4 WHEN 'share' THEN 5 END * POWER(0.5, SAFE_DIVIDE(CAST((`m`.`micros` - UNIX_MICROS(`f`.`timestamp`)) AS FLOAT64), 604800000000))), 6) AS `score`
  FROM `core`.`fct_event` AS `f`
  CROSS JOIN `last_moment` AS `m`
  WHERE
    `f`.`event` IN ('viewed', 'like', 'dislike', 'commented', 'share')
  GROUP BY
    `f`.`video_id`
)
SELECT
  `s`.`video_id` AS `video_id`,
  `d`.`name` AS `name`,
  `s`.`events` AS `events`,
  `s`.`score` AS `score`
FROM `scored` AS `s`
LEFT JOIN `core`.`dim_video` AS `d`
  ON `d`.`id` = `s`.`video_id` AND `d`.`is_current`
ORDER BY
  `s`.`score` DESC,
  `s`.`video_id` NULLS LAST
LIMIT 10;
