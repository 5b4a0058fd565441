SELECT
  `f`.`event_id`,
  `f`.`user_id`,
  `f`.`user_key`,
  `f`.`_source`,
  `f`.`timestamp` AS `_happened_at`
FROM `core`.`fct_event` AS `f`
LEFT JOIN `core`.`dim_user` AS `d`
  ON `d`.`id` = `f`.`user_id`
  AND `d`.`valid_from` <= `f`.`timestamp`
  AND `f`.`timestamp` < `d`.`valid_to`
WHERE
  `f`.`user_key` <> COALESCE(`d`.`user_key`, 'unknown')
LIMIT 100;
