WITH `counted` AS (
  SELECT
    `d`.`creator_id`,
    `f`.`event`,
    `f`.`user_id`,
    COUNT(*) AS `events`
  FROM `core`.`fct_event` AS `f`
  JOIN `core`.`dim_video` AS `d`
    ON `d`.`id` = `f`.`video_id` AND `d`.`is_current`
  GROUP BY
    `d`.`creator_id`,
    `f`.`event`,
    `f`.`user_id`
), `ranked` AS (
  SELECT
    `c`.`creator_id`,
    `c`.`event`,
    `c`.`user_id`,
    `c`.`events`,
    ROW_NUMBER() OVER (
      PARTITION BY `c`.`creator_id`, `c`.`event`
      ORDER BY `c`.`events` DESC, `c`.`user_id`
    ) AS `place`
  FROM `counted` AS `c`
)
SELECT
  `r`.`creator_id` AS `creator_id`,
  `r`.`event` AS `event`,
  `r`.`place` AS `place`,
  `r`.`user_id` AS `user_id`,
  `r`.`events` AS `events`
FROM `ranked` AS `r`
WHERE
  `r`.`place` <= 10
ORDER BY
  `r`.`creator_id` NULLS LAST,
  `r`.`event` NULLS LAST,
  `r`.`place` NULLS LAST;
