WITH `following` AS (
  SELECT
    `d`.`user_key`,
    `d`.`id`,
    `d`.`valid_from`,
    `d`.`valid_to`,
    `d`.`is_current`,
    LEAD(`d`.`valid_from`) OVER (PARTITION BY `d`.`id` ORDER BY `d`.`valid_from`, `d`.`valid_to`) AS `_next_from`
  FROM `core`.`dim_user` AS `d`
  WHERE
    `d`.`user_key` <> 'unknown'
)
SELECT
  `f`.`user_key`,
  `f`.`id`,
  `f`.`valid_from`,
  `f`.`valid_to`,
  `f`.`_next_from`
FROM `following` AS `f`
WHERE
  `f`.`valid_to` <> COALESCE(`f`.`_next_from`, TIMESTAMP_MICROS(253402300799000000))
  OR `f`.`is_current` <> (
    `f`.`_next_from` IS NULL
  )
LIMIT 100;
