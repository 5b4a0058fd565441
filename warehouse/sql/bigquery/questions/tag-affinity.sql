WITH `event_at` AS (
  SELECT
    `f`.`user_id`,
    `f`.`video_id`,
    `f`.`timestamp` AS `happened_at`,
    COUNT(*) AS `events`
  FROM `core`.`fct_event` AS `f`
  GROUP BY
    `f`.`user_id`,
    `f`.`video_id`,
    `f`.`timestamp`
), `first_version` AS (
  SELECT
    `d`.`id`,
    MIN(`d`.`valid_from`) AS `valid_from`
  FROM `core`.`dim_user` AS `d`
  GROUP BY
    `d`.`id`
), `liked` AS (
  SELECT
    `d`.`id` AS `user_id`,
    `b`.`category`,
    `d`.`valid_to`,
    CASE
      WHEN `d`.`valid_from` = `v`.`valid_from`
      THEN TIMESTAMP_MICROS((-62135596800000000))
      ELSE `d`.`valid_from`
    END AS `valid_from`
  FROM `core`.`dim_user` AS `d`
  JOIN `first_version` AS `v`
    ON `v`.`id` = `d`.`id`
  JOIN `core`.`bridge_user_category` AS `b`
    ON `b`.`user_key` = `d`.`user_key`
), `matching` AS (
  SELECT DISTINCT
    `e`.`user_id`,
    `e`.`video_id`,
    `e`.`happened_at`,
    `e`.`events`
  FROM `event_at` AS `e`
  JOIN `liked` AS `l`
    ON `l`.`user_id` = `e`.`user_id`
    AND `l`.`valid_from` <= `e`.`happened_at`
    AND `e`.`happened_at` < `l`.`valid_to`
  JOIN `core`.`bridge_video_tag` AS `t`
    ON `t`.`video_id` = `e`.`video_id`
    AND `t`.`tag` = `l`.`category`
    AND `t`.`valid_from` <= `e`.`happened_at`
    AND `e`.`happened_at` < `t`.`valid_to`
), `matched` AS (
  SELECT
    `m`.`user_id`,
    SUM(`m`.`events`) AS `events`
  FROM `matching` AS `m`
  GROUP BY
    `m`.`user_id`
), `every` AS (
  SELECT
    `e`.`user_id`,
    SUM(`e`.`events`) AS `events`
  FROM `event_at` AS `e`
  GROUP BY
    `e`.`user_id`
), `summed` AS (
  SELECT
    `e`.`user_id`,
    COALESCE(`m`.`events`, 0) AS `matching`,
    `e`.`events` - COALESCE(`m`.`events`, 0) AS `other`
  FROM `every` AS `e`
  LEFT JOIN `matched` AS `m`
    ON `m`.`user_id` = `e`.`user_id`
)
SELECT
  `s`.`user_id` AS `user_id`,
  `s`.`matching` AS `matching`,
  `s`.`other` AS `other`
FROM `summed` AS `s`
ORDER BY
  `s`.`matching` DESC,
  `s`.`user_id` NULLS LAST
LIMIT 10;
