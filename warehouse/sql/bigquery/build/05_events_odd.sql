DELETE FROM `staging`.`events__odd`
WHERE
  TRUE;

INSERT INTO `staging`.`events__odd` (
  `_text`,
  `_field`,
  `_problem`,
  `_extra`
)
WITH `found` AS (
  SELECT DISTINCT
    `c`.`_text` AS `_text`,
    SUBSTRING(`c`.`_text`, 2, LENGTH(`c`.`_text`) - 2) AS `_inner`
  FROM `staging`.`events__cell` AS `c`
  WHERE
    `c`.`_odd`
), `member` AS (
  SELECT
    `f`.`_text`,
    `u`.`position` AS `_position`,
    `u`.`item` AS `_member`,
    NULLIF(REGEXP_EXTRACT(`u`.`item`, ('^("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")')), '') AS `_key`
  FROM `found` AS `f`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(`f`.`_inner`, ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*(?:"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}]))'))) AS item WITH OFFSET AS place)) AS `u`
), `every` AS (
  SELECT
    `f`.`_text`,
    NULLIF(REGEXP_EXTRACT(`u`.`item`, ('^("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")')), '') AS `_key`
  FROM `found` AS `f`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(`f`.`_inner`, ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:)'))) AS item WITH OFFSET AS place)) AS `u`
), `top_key` AS (
  SELECT
    `m`.`_text`,
    `m`.`_key`,
    COUNT(*) AS `_times`
  FROM `member` AS `m`
  GROUP BY
    `m`.`_text`,
    `m`.`_key`
), `every_key` AS (
  SELECT
    `e`.`_text`,
    `e`.`_key`,
    COUNT(*) AS `_times`
  FROM `every` AS `e`
  GROUP BY
    `e`.`_text`,
    `e`.`_key`
), `keys` AS (
  SELECT
    `e`.`_text`,
    MAX(CASE WHEN COALESCE(`t`.`_times`, 0) > 1 THEN 1 ELSE 0 END) AS `_twice`,
    MAX(CASE WHEN `e`.`_times` - COALESCE(`t`.`_times`, 0) > 1 THEN 1 ELSE 0 END) AS `_within`,
    MAX(CASE WHEN (STRPOS(`e`.`_key`, CHR(4)) > 0) THEN 1 ELSE 0 END) AS `_escaped`
  FROM `every_key` AS `e`
  LEFT JOIN `top_key` AS `t`
    ON `t`.`_text` = `e`.`_text` AND `t`.`_key` = `e`.`_key`
  GROUP BY
    `e`.`_text`
), `extra` AS (
  SELECT
    `m`.`_text`,
    STRING_AGG(
      
        CASE
          WHEN NOT `m`.`_key` IN (
            '"user_id"',
            '"video_id"',
            '"event"',
            '"timestamp"',
            '"comment"',
            '"tags"',
            '"latitude"',
            '"longitude"'
          )
          THEN `m`.`_member`
        END,
        ','
      
      ORDER BY
        `m`.`_position`
    ) AS `_extra`,
    MAX(
      CASE
        WHEN REGEXP_CONTAINS(`m`.`_member`, ('^"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]'))
        THEN 1
        ELSE 0
      END
    ) AS `_envelope`
  FROM `member` AS `m`
  GROUP BY
    `m`.`_text`
), `summed` AS (
  SELECT
    `k`.`_text`,
    `k`.`_twice`,
    `k`.`_within`,
    `k`.`_escaped`,
    `x`.`_envelope`,
    `x`.`_extra`
  FROM `keys` AS `k`
  JOIN `extra` AS `x`
    ON `x`.`_text` = `k`.`_text`
)
SELECT
  `s`.`_text`,
  CASE WHEN `s`.`_envelope` = 1 AND `s`.`_twice` = 0 THEN 'events' END,
  CASE
    WHEN `s`.`_twice` = 1
    THEN 'duplicateKey'
    WHEN `s`.`_envelope` = 1
    THEN 'envelope'
    WHEN `s`.`_within` = 1
    THEN 'duplicateKey'
    WHEN `s`.`_escaped` = 1
    THEN 'undecided'
    WHEN NOT REGEXP_CONTAINS(REGEXP_REPLACE(`s`.`_extra`, ('"(?:[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '/bfnrt]|' || CHR(4) || 'u(?:(?:[1-9a-cA-CeEfF][0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]|[dD](?:[0-7][0-9a-fA-F][0-9a-fA-F]|[89abAB][0-9a-fA-F][0-9a-fA-F]' || CHR(4) || 'u[dD][c-fC-F][0-9a-fA-F][0-9a-fA-F]))|0[0-9a-fA-F][0-9a-fA-F][0-9a-fA-F]))*"'), ''), '^(?:' || '[^"]*' || ')$')
    THEN 'characters'
  END,
  '{' || REPLACE(`s`.`_extra`, CHR(4), '\\') || '}'
FROM `summed` AS `s`;
