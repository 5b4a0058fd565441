INSERT INTO `core`.`bridge_user_category` (
  `user_key`,
  `position`,
  `category`
)
SELECT
  `d`.`user_key`,
  `u`.`position`,
  REPLACE(REPLACE(REPLACE(`u`.`item`, '~2', ','), '~1', '|'), '~0', '~')
FROM `core`.`dim_user` AS `d`
JOIN `staging`.`users__touched` AS `t`
  ON `t`.`id` = `d`.`id`
JOIN `core`.`user_log` AS `g`
  ON `g`.`change_id` = `d`.`user_key`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(`g`.`categories`, '([^,]*),')) AS item WITH OFFSET AS place)) AS `u`;
