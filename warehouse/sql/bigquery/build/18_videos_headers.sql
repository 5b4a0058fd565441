DELETE FROM `staging`.`videos__header`
WHERE
  TRUE;

INSERT INTO `staging`.`videos__header` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_field`,
  `_problem`,
  `_width`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`
)
WITH `first_line` AS (
  SELECT
    `l`.`_load_id`,
    `l`.`_line_number`,
    `l`.`_text`,
    ',' || `l`.`_text` AS `_row`
  FROM `staging`.`videos__line` AS `l`
  WHERE
    `l`.`_place` = 1
), `cell` AS (
  SELECT
    `f`.`_load_id`,
    `u`.`position` AS `_position`,
    CASE
      WHEN STARTS_WITH(`u`.`item`, '"')
      THEN REPLACE(SUBSTRING(`u`.`item`, 2, LENGTH(`u`.`item`) - 2), '""', '"')
      ELSE `u`.`item`
    END AS `_name`
  FROM `first_line` AS `f`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(`f`.`_row`, ',((?:"(?:[^"]|"")*"|[^",]*))')) AS item WITH OFFSET AS place)) AS `u`
), `name_place` AS (
  SELECT
    `n`.`_load_id`,
    COUNT(*) AS `_width`,
    COUNT(DISTINCT `n`.`_name`) AS `_distinct`,
    MAX(
      CASE
        WHEN `n`.`_name` IN ('id', 'name', 'url', 'creation_timestamp', 'creator_id', 'private')
        THEN 1
        ELSE 0
      END
    ) AS `_known`,
    MAX(CASE WHEN `n`.`_name` = 'id' THEN `n`.`_position` END) AS `id`,
    MAX(CASE WHEN `n`.`_name` = 'name' THEN `n`.`_position` END) AS `name`,
    MAX(CASE WHEN `n`.`_name` = 'url' THEN `n`.`_position` END) AS `url`,
    MAX(CASE WHEN `n`.`_name` = 'creation_timestamp' THEN `n`.`_position` END) AS `creation_timestamp`,
    MAX(CASE WHEN `n`.`_name` = 'creator_id' THEN `n`.`_position` END) AS `creator_id`,
    MAX(CASE WHEN `n`.`_name` = 'private' THEN `n`.`_position` END) AS `private`
  FROM `cell` AS `n`
  GROUP BY
    `n`.`_load_id`
), `checked` AS (
  SELECT
    `f`.`_load_id`,
    `f`.`_line_number`,
    `f`.`_text`,
    `p`.`_width`,
    CASE
      WHEN `p`.`id` IS NULL
      THEN 'id'
      WHEN `p`.`name` IS NULL
      THEN 'name'
      WHEN `p`.`url` IS NULL
      THEN 'url'
      WHEN `p`.`creation_timestamp` IS NULL
      THEN 'creation_timestamp'
      WHEN `p`.`creator_id` IS NULL
      THEN 'creator_id'
      WHEN `p`.`private` IS NULL
      THEN 'private'
    END AS `_lacks`,
    CASE
      WHEN NOT REGEXP_CONTAINS(`f`.`_row`, '^(?:' || '(?:,(?:"(?:[^"]|"")*"|[^",]*))+' || ')$')
      OR (STRPOS(REGEXP_REPLACE(`f`.`_text`, '"[^"]*"', ''), CHR(13)) > 0)
      OR `p`.`_known` = 0
      OR `p`.`_distinct` < `p`.`_width`
      THEN 1
      ELSE 0
    END AS `_wrong`,
    `p`.`id`,
    `p`.`name`,
    `p`.`url`,
    `p`.`creation_timestamp`,
    `p`.`creator_id`,
    `p`.`private`
  FROM `first_line` AS `f`
  JOIN `name_place` AS `p`
    ON `p`.`_load_id` = `f`.`_load_id`
)
SELECT
  `c`.`_load_id`,
  `c`.`_line_number`,
  `c`.`_text`,
  CASE WHEN `c`.`_wrong` = 0 THEN `c`.`_lacks` END,
  CASE WHEN `c`.`_wrong` = 1 OR NOT `c`.`_lacks` IS NULL THEN 'header' END,
  `c`.`_width`,
  `c`.`id`,
  `c`.`name`,
  `c`.`url`,
  `c`.`creation_timestamp`,
  `c`.`creator_id`,
  `c`.`private`
FROM `checked` AS `c`;
