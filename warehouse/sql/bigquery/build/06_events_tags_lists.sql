DELETE FROM `staging`.`events__tags`
WHERE
  TRUE;

INSERT INTO `staging`.`events__tags` (
  `_text`,
  `_typed`,
  `_wrong`
)
WITH `found` AS (
  SELECT DISTINCT
    `c`.`tags` AS `_text`
  FROM `staging`.`events__cell` AS `c`
  WHERE
    STARTS_WITH(`c`.`tags`, '[')
), `items` AS (
  SELECT
    `d`.`_text` AS `_text`,
    `u`.`position` AS `_position`,
    `u`.`item` AS `_item`
  FROM `found` AS `d`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(SUBSTRING(`d`.`_text`, 2, LENGTH(`d`.`_text`) - 2), ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])'))) AS item WITH OFFSET AS place)) AS `u`
), `typed` AS (
  SELECT
    `i`.`_text`,
    `i`.`_position`,
    `i`.`_item`,
    `i`.`_item` = 'null' AS `_missing`,
    CASE
      WHEN NOT STARTS_WITH(`i`.`_item`, '"')
      THEN NULL
      WHEN NOT (STRPOS(`i`.`_item`, CHR(4)) > 0)
      THEN SUBSTRING(`i`.`_item`, 2, LENGTH(`i`.`_item`) - 2)
      WHEN REGEXP_CONTAINS(`i`.`_item`, '^(?:' || ('"(?:[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(?:(?:[1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD](?:[0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|00(?:0[1-9a-fA-F]|[1-9a-fA-F][0-9a-fA-F])|0[1-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"') || ')$')
      THEN JSON_VALUE(REPLACE(`i`.`_item`, CHR(4), '\\'), '$')
    END AS `_given`
  FROM `items` AS `i`
), `judged` AS (
  SELECT
    `t`.`_text`,
    `t`.`_position`,
    CASE
      WHEN `t`.`_missing`
      OR (
        NOT STARTS_WITH(`t`.`_item`, '"')
      )
      OR (
        `t`.`_given` IS NULL
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
