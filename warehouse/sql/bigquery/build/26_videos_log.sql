DELETE FROM `staging`.`videos__touched`
WHERE
  TRUE;

INSERT INTO `staging`.`videos__touched` (
  `id`
)
WITH `change` AS (
  SELECT
    `s`.`_id`,
    `s`.`_load_id`,
    `l`.`landed_at` AS `_landed_at`,
    `s`.`_extra`,
    TO_HEX(SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST(`s`.`id` AS STRING), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`name`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`url`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CAST(UNIX_MICROS(`s`.`creation_timestamp`) AS STRING), '') || '|' || COALESCE('+' || CAST(`s`.`creator_id` AS STRING), '') || '|' || COALESCE('+' || CASE WHEN `s`.`private` THEN '1' WHEN NOT `s`.`private` THEN '0' END, '')), '|'))) AS `attributes_id`,
    COALESCE(CAST(NULL AS TIMESTAMP), `l`.`landed_at`) AS `effective_at`,
    NOT CAST(NULL AS TIMESTAMP) IS NULL AS `is_stated`,
    `s`.`id`,
    `s`.`name`,
    `s`.`url`,
    `s`.`creation_timestamp`,
    `s`.`creator_id`,
    `s`.`private`
  FROM `staging`.`videos` AS `s`
  JOIN `staging`.`load` AS `l`
    ON `l`.`load_id` = `s`.`_load_id`
  WHERE
    `s`.`_reasons` IS NULL
), `identified` AS (
  SELECT
    TO_HEX(SHA256((`c`.`_id` || '|' || CAST(UNIX_MICROS(`c`.`effective_at`) AS STRING) || '|' || CAST(UNIX_MICROS(`c`.`_landed_at`) AS STRING) || '|' || COALESCE(`c`.`_extra`, '')))) AS `change_id`,
    `c`.`id`
  FROM `change` AS `c`
)
SELECT DISTINCT
  `i`.`id`
FROM `identified` AS `i`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`video_log` AS `g`
    WHERE
      `g`.`change_id` = `i`.`change_id`
  );

INSERT INTO `core`.`video_source` (
  `change_id`,
  `_load_id`,
  `copies`
)
WITH `change` AS (
  SELECT
    `s`.`_id`,
    `s`.`_load_id`,
    `l`.`landed_at` AS `_landed_at`,
    `s`.`_extra`,
    TO_HEX(SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST(`s`.`id` AS STRING), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`name`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`url`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CAST(UNIX_MICROS(`s`.`creation_timestamp`) AS STRING), '') || '|' || COALESCE('+' || CAST(`s`.`creator_id` AS STRING), '') || '|' || COALESCE('+' || CASE WHEN `s`.`private` THEN '1' WHEN NOT `s`.`private` THEN '0' END, '')), '|'))) AS `attributes_id`,
    COALESCE(CAST(NULL AS TIMESTAMP), `l`.`landed_at`) AS `effective_at`,
    NOT CAST(NULL AS TIMESTAMP) IS NULL AS `is_stated`,
    `s`.`id`,
    `s`.`name`,
    `s`.`url`,
    `s`.`creation_timestamp`,
    `s`.`creator_id`,
    `s`.`private`
  FROM `staging`.`videos` AS `s`
  JOIN `staging`.`load` AS `l`
    ON `l`.`load_id` = `s`.`_load_id`
  WHERE
    `s`.`_reasons` IS NULL
), `identified` AS (
  SELECT
    TO_HEX(SHA256((`c`.`_id` || '|' || CAST(UNIX_MICROS(`c`.`effective_at`) AS STRING) || '|' || CAST(UNIX_MICROS(`c`.`_landed_at`) AS STRING) || '|' || COALESCE(`c`.`_extra`, '')))) AS `change_id`,
    `c`.`_load_id`
  FROM `change` AS `c`
)
SELECT
  `i`.`change_id`,
  `i`.`_load_id`,
  COUNT(*)
FROM `identified` AS `i`
GROUP BY
  `i`.`change_id`,
  `i`.`_load_id`;

INSERT INTO `core`.`video_log` (
  `change_id`,
  `attributes_id`,
  `effective_at`,
  `is_stated`,
  `_landed_at`,
  `_extra`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`
)
WITH `change` AS (
  SELECT
    `s`.`_id`,
    `s`.`_load_id`,
    `l`.`landed_at` AS `_landed_at`,
    `s`.`_extra`,
    TO_HEX(SHA256(RTRIM(('s1' || '|' || COALESCE('+' || CAST(`s`.`id` AS STRING), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`name`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || REPLACE(REPLACE(REPLACE(`s`.`url`, '~', '~0'), '|', '~1'), ',', '~2'), '') || '|' || COALESCE('+' || CAST(UNIX_MICROS(`s`.`creation_timestamp`) AS STRING), '') || '|' || COALESCE('+' || CAST(`s`.`creator_id` AS STRING), '') || '|' || COALESCE('+' || CASE WHEN `s`.`private` THEN '1' WHEN NOT `s`.`private` THEN '0' END, '')), '|'))) AS `attributes_id`,
    COALESCE(CAST(NULL AS TIMESTAMP), `l`.`landed_at`) AS `effective_at`,
    NOT CAST(NULL AS TIMESTAMP) IS NULL AS `is_stated`,
    `s`.`id`,
    `s`.`name`,
    `s`.`url`,
    `s`.`creation_timestamp`,
    `s`.`creator_id`,
    `s`.`private`
  FROM `staging`.`videos` AS `s`
  JOIN `staging`.`load` AS `l`
    ON `l`.`load_id` = `s`.`_load_id`
  WHERE
    `s`.`_reasons` IS NULL
), `identified` AS (
  SELECT
    TO_HEX(SHA256((`c`.`_id` || '|' || CAST(UNIX_MICROS(`c`.`effective_at`) AS STRING) || '|' || CAST(UNIX_MICROS(`c`.`_landed_at`) AS STRING) || '|' || COALESCE(`c`.`_extra`, '')))) AS `change_id`,
    `c`.`attributes_id`,
    `c`.`effective_at`,
    `c`.`is_stated`,
    `c`.`_landed_at`,
    `c`.`_extra`,
    `c`.`id`,
    `c`.`name`,
    `c`.`url`,
    `c`.`creation_timestamp`,
    `c`.`creator_id`,
    `c`.`private`
  FROM `change` AS `c`
), `numbered` AS (
  SELECT
    `i`.`change_id`,
    `i`.`attributes_id`,
    `i`.`effective_at`,
    `i`.`is_stated`,
    `i`.`_landed_at`,
    `i`.`_extra`,
    `i`.`id`,
    `i`.`name`,
    `i`.`url`,
    `i`.`creation_timestamp`,
    `i`.`creator_id`,
    `i`.`private`,
    ROW_NUMBER() OVER (PARTITION BY `i`.`change_id` ORDER BY `i`.`attributes_id`) AS `_place`
  FROM `identified` AS `i`
)
SELECT
  `n`.`change_id`,
  `n`.`attributes_id`,
  `n`.`effective_at`,
  `n`.`is_stated`,
  `n`.`_landed_at`,
  `n`.`_extra`,
  `n`.`id`,
  `n`.`name`,
  `n`.`url`,
  `n`.`creation_timestamp`,
  `n`.`creator_id`,
  `n`.`private`
FROM `numbered` AS `n`
WHERE
  `n`.`_place` = 1
  AND NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`video_log` AS `g`
    WHERE
      `g`.`change_id` = `n`.`change_id`
  );
