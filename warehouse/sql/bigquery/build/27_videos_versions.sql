DELETE FROM `staging`.`videos__before`
WHERE
  TRUE;

INSERT INTO `staging`.`videos__before` (
  `video_key`,
  `id`,
  `valid_from`,
  `valid_to`
)
SELECT
  `d`.`video_key`,
  `d`.`id`,
  `d`.`valid_from`,
  `d`.`valid_to`
FROM `core`.`dim_video` AS `d`
JOIN `staging`.`videos__touched` AS `t`
  ON `t`.`id` = `d`.`id`;

DELETE FROM `core`.`dim_video`
WHERE
  `video_key` IN (
    SELECT
      `b`.`video_key`
    FROM `staging`.`videos__before` AS `b`
  );

INSERT INTO `core`.`dim_video` (
  `video_key`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`,
  `created_month`,
  `valid_from`,
  `valid_to`,
  `is_current`,
  `_landed_at`,
  `_extra`
)
WITH `ordered` AS (
  SELECT
    `g`.`change_id`,
    `g`.`attributes_id`,
    `g`.`effective_at`,
    `g`.`is_stated`,
    `g`.`_landed_at`,
    `g`.`_extra`,
    `g`.`id`,
    `g`.`name`,
    `g`.`url`,
    `g`.`creation_timestamp`,
    `g`.`creator_id`,
    `g`.`private`,
    LAG(`g`.`attributes_id`) OVER (
      PARTITION BY `g`.`id`
      ORDER BY `g`.`effective_at`, `g`.`_landed_at`, `g`.`change_id`
    ) AS `_earlier`
  FROM `core`.`video_log` AS `g`
  JOIN `staging`.`videos__touched` AS `t`
    ON `t`.`id` = `g`.`id`
), `folded` AS (
  SELECT
    `o`.`change_id`,
    `o`.`effective_at`,
    `o`.`is_stated`,
    `o`.`_landed_at`,
    `o`.`_extra`,
    `o`.`_earlier`,
    `o`.`id`,
    `o`.`name`,
    `o`.`url`,
    `o`.`creation_timestamp`,
    `o`.`creator_id`,
    `o`.`private`
  FROM `ordered` AS `o`
  WHERE
    `o`.`_earlier` IS NULL OR `o`.`_earlier` <> `o`.`attributes_id`
), `ranged` AS (
  SELECT
    `g`.`change_id`,
    `g`.`effective_at`,
    `g`.`is_stated`,
    `g`.`_landed_at`,
    `g`.`_extra`,
    `g`.`_earlier`,
    `g`.`id`,
    `g`.`name`,
    `g`.`url`,
    `g`.`creation_timestamp`,
    `g`.`creator_id`,
    `g`.`private`,
    LEAD(`g`.`effective_at`) OVER (
      PARTITION BY `g`.`id`
      ORDER BY `g`.`effective_at`, `g`.`_landed_at`, `g`.`change_id`
    ) AS `_next`
  FROM `folded` AS `g`
)
SELECT
  `r`.`change_id`,
  `r`.`id`,
  `r`.`name`,
  `r`.`url`,
  `r`.`creation_timestamp`,
  `r`.`creator_id`,
  `r`.`private`,
  FORMAT_TIMESTAMP('%Y-%m', `r`.`creation_timestamp`, 'UTC'),
  CASE
    WHEN `r`.`_earlier` IS NULL AND NOT `r`.`is_stated`
    THEN TIMESTAMP_MICROS((-62135596800000000))
    ELSE `r`.`effective_at`
  END,
  COALESCE(`r`.`_next`, TIMESTAMP_MICROS(253402300799000000)),
  `r`.`_next` IS NULL,
  `r`.`_landed_at`,
  `r`.`_extra`
FROM `ranged` AS `r`;

DELETE FROM `staging`.`videos__moved`
WHERE
  TRUE;

INSERT INTO `staging`.`videos__moved` (
  `id`
)
WITH `now_valid` AS (
  SELECT
    `d`.`video_key`,
    `d`.`id`,
    `d`.`valid_from`,
    `d`.`valid_to`
  FROM `core`.`dim_video` AS `d`
  JOIN `staging`.`videos__touched` AS `t`
    ON `t`.`id` = `d`.`id`
)
SELECT DISTINCT
  `a`.`id`
FROM `now_valid` AS `a`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `staging`.`videos__before` AS `b`
    WHERE
      `a`.`video_key` = `b`.`video_key`
      AND `a`.`valid_from` = `b`.`valid_from`
      AND `a`.`valid_to` = `b`.`valid_to`
  )
UNION ALL
SELECT DISTINCT
  `b`.`id`
FROM `staging`.`videos__before` AS `b`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `now_valid` AS `a`
    WHERE
      `a`.`video_key` = `b`.`video_key`
      AND `a`.`valid_from` = `b`.`valid_from`
      AND `a`.`valid_to` = `b`.`valid_to`
  );
