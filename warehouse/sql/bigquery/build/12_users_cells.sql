DELETE FROM `staging`.`users__cell`
WHERE
  TRUE;

INSERT INTO `staging`.`users__cell` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_field`,
  `_problem`,
  `_extra`,
  `id`,
  `fname`,
  `lname`,
  `email`,
  `country`,
  `subscription`,
  `categories`,
  `updated_at`
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
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING)
FROM `staging`.`users__line` AS `l`
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
  CAST(NULL AS STRING),
  CAST(NULL AS STRING),
  CAST(NULL AS STRING)
FROM `staging`.`users__header` AS `h`
WHERE
  NOT `h`.`_problem` IS NULL;

INSERT INTO `staging`.`users__cell` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_field`,
  `_problem`,
  `_extra`,
  `id`,
  `fname`,
  `lname`,
  `email`,
  `country`,
  `subscription`,
  `categories`,
  `updated_at`
)
WITH `row_text` AS (
  SELECT
    `l`.`_load_id`,
    `l`.`_line_number`,
    `l`.`_text`,
    ',' || `l`.`_text` AS `_row`,
    `h`.`_width`,
    `h`.`_width` > CASE WHEN `h`.`id` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`fname` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`lname` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`email` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`country` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`subscription` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`categories` IS NULL THEN 0 ELSE 1 END + CASE WHEN `h`.`updated_at` IS NULL THEN 0 ELSE 1 END AS `_has_more`,
    `h`.`id`,
    `h`.`fname`,
    `h`.`lname`,
    `h`.`email`,
    `h`.`country`,
    `h`.`subscription`,
    `h`.`categories`,
    `h`.`updated_at`
  FROM `staging`.`users__line` AS `l`
  JOIN `staging`.`users__header` AS `h`
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
    `r`.`fname`,
    `r`.`lname`,
    `r`.`email`,
    `r`.`country`,
    `r`.`subscription`,
    `r`.`categories`,
    `r`.`updated_at`
  FROM `row_text` AS `r`
), `cut` AS (
  SELECT
    `r`.`_load_id`,
    `r`.`_line_number`,
    `r`.`_text`,
    `r`.`_problem`,
    `r`.`_has_more`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`id`), '') AS `id`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`fname`), '') AS `fname`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`lname`), '') AS `lname`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`email`), '') AS `email`,
    NULLIF(REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`country`), '') AS `country`,
    NULLIF(
      REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`subscription`),
      ''
    ) AS `subscription`,
    NULLIF(
      REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`categories`),
      ''
    ) AS `categories`,
    NULLIF(
      REGEXP_EXTRACT(`r`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))', 1, `r`.`updated_at`),
      ''
    ) AS `updated_at`
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
      WHEN STARTS_WITH(`c`.`fname`, '"')
      THEN REPLACE(SUBSTRING(`c`.`fname`, 2, LENGTH(`c`.`fname`) - 2), '""', '"')
      ELSE `c`.`fname`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`lname`, '"')
      THEN REPLACE(SUBSTRING(`c`.`lname`, 2, LENGTH(`c`.`lname`) - 2), '""', '"')
      ELSE `c`.`lname`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`email`, '"')
      THEN REPLACE(SUBSTRING(`c`.`email`, 2, LENGTH(`c`.`email`) - 2), '""', '"')
      ELSE `c`.`email`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`country`, '"')
      THEN REPLACE(SUBSTRING(`c`.`country`, 2, LENGTH(`c`.`country`) - 2), '""', '"')
      ELSE `c`.`country`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`subscription`, '"')
      THEN REPLACE(SUBSTRING(`c`.`subscription`, 2, LENGTH(`c`.`subscription`) - 2), '""', '"')
      ELSE `c`.`subscription`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`categories`, '"')
      THEN REPLACE(SUBSTRING(`c`.`categories`, 2, LENGTH(`c`.`categories`) - 2), '""', '"')
      ELSE `c`.`categories`
    END,
    ''
  ),
  NULLIF(
    CASE
      WHEN STARTS_WITH(`c`.`updated_at`, '"')
      THEN REPLACE(SUBSTRING(`c`.`updated_at`, 2, LENGTH(`c`.`updated_at`) - 2), '""', '"')
      ELSE `c`.`updated_at`
    END,
    ''
  )
FROM `cut` AS `c`;
