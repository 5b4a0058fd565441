DELETE FROM `staging`.`videos__cell`
WHERE
  TRUE;

INSERT INTO `staging`.`videos__cell` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_field`,
  `_problem`,
  `_extra`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`
)
SELECT
  `l`.`_load_id`,
  `l`.`_line_number`,
  `l`.`_text`,
  CAST(NULL AS STRING),
  `l`.`_problem`,
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING)
FROM `staging`.`videos__line` AS `l`
WHERE
  NOT `l`.`_problem` IS NULL
UNION ALL
SELECT
  `h`.`_load_id`,
  `h`.`_line_number`,
  `h`.`_text`,
  `h`.`_field`,
  `h`.`_problem`,
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING)
FROM `staging`.`videos__header` AS `h`
WHERE
  NOT `h`.`_problem` IS NULL;

INSERT INTO `staging`.`videos__cell` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_field`,
  `_problem`,
  `_extra`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`
)
WITH `row_text` AS (
  SELECT
    `l`.`_load_id`,
    `l`.`_line_number`,
    `l`.`_text`,
    ',' || `l`.`_text` AS `_row`,
    `h`.`_width`,
    `h`.`_width` > CASE WHEN `h`.`id` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`name` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`url` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`creation_timestamp` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`creator_id` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`private` IS NULL THEN 0 ELSE 1 END AS `_has_more`,
    `h`.`id`,
    `h`.`name`,
    `h`.`url`,
    `h`.`creation_timestamp`,
    `h`.`creator_id`,
    `h`.`private`
  FROM `staging`.`videos__line` AS `l`
  JOIN `staging`.`videos__header` AS `h`
    ON `h`.`_load_id` = `l`.`_load_id`
  WHERE
    `h`.`_problem` IS NULL AND `l`.`_place` > 1
), `checked` AS (
  SELECT
    `r`.`_load_id`,
    `r`.`_line_number`,
    `r`.`_text`,
    `r`.`_row`,
    `r`.`_has_more`,
    CASE
      WHEN NOT REGEXP_CONTAINS(`r`.`_row`, '^(?:' || '(?:,(?:"(?:[^"]|"")*"|[^",]*))+' || ')$')
      THEN 'quotes'
      WHEN ARRAY_LENGTH(REGEXP_EXTRACT_ALL(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))')) <> `r`.`_width`
      THEN 'columns'
    END AS `_problem`,
    `r`.`id`,
    `r`.`name`,
    `r`.`url`,
    `r`.`creation_timestamp`,
    `r`.`creator_id`,
    `r`.`private`
  FROM `row_text` AS `r`
), `cut` AS (
  SELECT
    `r`.`_load_id`,
    `r`.`_line_number`,
    `r`.`_text`,
    `r`.`_problem`,
    `r`.`_has_more`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`id`), '') AS `id`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`name`), '') AS `name`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`url`), '') AS `url`,
    NULLIF(
      REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`creation_timestamp`),
      ''
    ) AS `creation_timestamp`,
    NULLIF(
      REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`creator_id`),
      ''
    ) AS `creator_id`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`private`), '') AS `private`
  FROM `checked` AS `r`
)
SELECT
  `c`.`_load_id`,
  `c`.`_line_number`,
  `c`.`_text`,
  CAST(NULL AS STRING),
  `c`.`_problem`,
  CASE WHEN `c`.`_has_more` THEN `c`.`_text` END,
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`id`, '"')
      THEN REPLACE(SUBSTRING(`c`.`id`, 2, LENGTH(`c`.`id`) - 2), '""', '"')
      ELSE `c`.`id`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`name`, '"')
      THEN REPLACE(SUBSTRING(`c`.`name`, 2, LENGTH(`c`.`name`) - 2), '""', '"')
      ELSE `c`.`name`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`url`, '"')
      THEN REPLACE(SUBSTRING(`c`.`url`, 2, LENGTH(`c`.`url`) - 2), '""', '"')
      ELSE `c`.`url`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`creation_timestamp`, '"')
      THEN REPLACE(
        SUBSTRING(`c`.`creation_timestamp`, 2, LENGTH(`c`.`creation_timestamp`) - 2),
        '""',
        '"'
      )
      ELSE `c`.`creation_timestamp`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`creator_id`, '"')
      THEN REPLACE(SUBSTRING(`c`.`creator_id`, 2, LENGTH(`c`.`creator_id`) - 2), '""', '"')
      ELSE `c`.`creator_id`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`private`, '"')
      THEN REPLACE(SUBSTRING(`c`.`private`, 2, LENGTH(`c`.`private`) - 2), '""', '"')
      ELSE `c`.`private`
    END,
    ''
  )
FROM `cut` AS `c`;
