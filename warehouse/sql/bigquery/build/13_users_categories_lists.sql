DELETE FROM `staging`.`users__categories`
WHERE
  TRUE;

INSERT INTO `staging`.`users__categories` (
  `_text`,
  `_typed`,
  `_wrong`
)
WITH `found` AS (
  SELECT DISTINCT
    `c`.`categories` AS `_text`
  FROM `staging`.`users__cell` AS `c`
  WHERE
    NOT `c`.`categories` IS NULL
), `items` AS (
  SELECT
    `d`.`_text` AS `_text`,
    `u`.`position` AS `_position`,
    `u`.`item` AS `_item`
  FROM `found` AS `d`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL((';' || REPLACE(`d`.`_text`, ';', ';')), '[;]([^;]*)')) AS item WITH OFFSET AS place)) AS `u`
), `typed` AS (
  SELECT
    `i`.`_text`,
    `i`.`_position`,
    `i`.`_item`,
    `i`.`_item` = '' AS `_missing`,
    `i`.`_item` AS `_given`
  FROM `items` AS `i`
), `judged` AS (
  SELECT
    `t`.`_text`,
    `t`.`_position`,
    CASE
      WHEN `t`.`_missing` OR (
        (STRPOS(`t`.`_item`, CHR(0)) > 0)
      )
      THEN 1
      ELSE 0
    END AS `_wrong`,
    REPLACE(REPLACE(REPLACE(`t`.`_given`, '~', '~0'), '|', '~1'), ',', '~2') AS `_written`
  FROM `typed` AS `t`
), `whole` AS (
  SELECT
    `j`.`_text`,
    MAX(`j`.`_wrong`) AS `_wrong`,
    STRING_AGG(`j`.`_written` || ',', ''
    ORDER BY
      `j`.`_position`) AS `_typed`
  FROM `judged` AS `j`
  GROUP BY
    `j`.`_text`
)
SELECT
  `d`.`_text`,
  CASE WHEN `w`.`_text` IS NULL THEN '' WHEN `w`.`_wrong` = 0 THEN `w`.`_typed` END,
  COALESCE(`w`.`_wrong`, 0) = 1
FROM `found` AS `d`
LEFT JOIN `whole` AS `w`
  ON `w`.`_text` = `d`.`_text`;
