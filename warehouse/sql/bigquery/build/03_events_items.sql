DELETE FROM `staging`.`events__item`
WHERE
  TRUE;

INSERT INTO `staging`.`events__item` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_kind`
)
SELECT
  `l`.`_load_id`,
  `l`.`_line_number`,
  `l`.`_text`,
  `l`.`_form`
FROM `staging`.`events__line` AS `l`
WHERE
  NOT `l`.`_form` IN ('opened', 'values');

INSERT INTO `staging`.`events__item` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_kind`
)
SELECT
  `l`.`_load_id`,
  `l`.`_line_number`,
  `u`.`item`,
  CASE
    WHEN (STRPOS(`u`.`item`, '"events"') > 0)
    AND REGEXP_CONTAINS(`u`.`item`, '^(?:' || ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]') || ')$')
    THEN 'envelope'
    WHEN STARTS_WITH(`u`.`item`, '{')
    THEN 'record'
    WHEN STARTS_WITH(`u`.`item`, '[')
    THEN CASE WHEN `l`.`_form` = 'opened' THEN 'object' ELSE 'list' END
    ELSE 'object'
  END
FROM `staging`.`events__line` AS `l`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(`l`.`_text`, ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'))) AS item WITH OFFSET AS place)) AS `u`
WHERE
  `l`.`_form` IN ('opened', 'values');

INSERT INTO `staging`.`events__item` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_kind`
)
SELECT
  `i`.`_load_id`,
  `i`.`_line_number`,
  `u`.`item`,
  CASE
    WHEN (STRPOS(`u`.`item`, '"events"') > 0)
    AND REGEXP_CONTAINS(`u`.`item`, '^(?:' || ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]') || ')$')
    THEN 'envelope 2'
    WHEN STARTS_WITH(`u`.`item`, '{')
    THEN 'record'
    WHEN STARTS_WITH(`u`.`item`, '[')
    THEN 'object'
    ELSE 'object'
  END
FROM `staging`.`events__item` AS `i`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(COALESCE(CASE WHEN STARTS_WITH(`i`.`_text`, '[') THEN NULLIF(REGEXP_EXTRACT(`i`.`_text`, ('^[[]((?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*)[]]$')), '') WHEN (STRPOS(`i`.`_text`, '"events"') > 0) THEN NULLIF(REGEXP_EXTRACT(`i`.`_text`, ('^[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]((?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*)[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]$')), '') END, ''), ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'))) AS item WITH OFFSET AS place)) AS `u`
WHERE
  `i`.`_kind` IN ('envelope', 'list');

INSERT INTO `staging`.`events__item` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_kind`
)
SELECT
  `i`.`_load_id`,
  `i`.`_line_number`,
  `u`.`item`,
  CASE
    WHEN (STRPOS(`u`.`item`, '"events"') > 0)
    AND REGEXP_CONTAINS(`u`.`item`, '^(?:' || ('[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]') || ')$')
    THEN 'undecided'
    WHEN STARTS_WITH(`u`.`item`, '{')
    THEN 'record'
    WHEN STARTS_WITH(`u`.`item`, '[')
    THEN 'object'
    ELSE 'object'
  END
FROM `staging`.`events__item` AS `i`, UNNEST(ARRAY(SELECT AS STRUCT place + 1 AS position, item FROM UNNEST(REGEXP_EXTRACT_ALL(COALESCE(CASE WHEN (STRPOS(`i`.`_text`, '"events"') > 0) THEN NULLIF(REGEXP_EXTRACT(`i`.`_text`, ('^[{][ ' || CHR(9) || CHR(13) || CHR(10) || ']*"events"[ ' || CHR(9) || CHR(13) || CHR(10) || ']*:[ ' || CHR(9) || CHR(13) || CHR(10) || ']*[[]((?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*)[]][ ' || CHR(9) || CHR(13) || CHR(10) || ']*[}]$')), '') END, ''), ('("(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[^]",:[{} ' || CHR(9) || CHR(13) || CHR(10) || ']+|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*"|[[{](?:[^]"[{}]|"(?:[^"' || CHR(4) || ']|' || CHR(4) || '[^"' || CHR(4) || ']|' || CHR(4) || '["' || CHR(4) || '])*")*[]}])*[]}])*[]}])*[]}])*[]}])*[]}])'))) AS item WITH OFFSET AS place)) AS `u`
WHERE
  `i`.`_kind` = 'envelope 2';

DELETE FROM `staging`.`events__item`
WHERE
  `_kind` IN ('envelope', 'list', 'envelope 2');
