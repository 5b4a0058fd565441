SELECT
  `f`.`user_id` AS `user_id`,
  COUNT(*) AS `events`,
  COUNT(DISTINCT `f`.`video_id`) AS `videos`,
  MAX(`f`.`timestamp`) AS `last_at`
FROM `core`.`fct_event` AS `f`
GROUP BY
  `user_id`
ORDER BY
  COUNT(*) DESC,
  `f`.`user_id` NULLS LAST
LIMIT 10;
