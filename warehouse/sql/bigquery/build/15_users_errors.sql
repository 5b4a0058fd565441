INSERT INTO `errors`.`users` (
  `_load_id`,
  `_source`,
  `_version`,
  `_line_number`,
  `_landed_at`,
  `_built_at`,
  `field`,
  `rule`,
  `value`,
  `reasons`,
  `raw`
)
SELECT
  `s`.`_load_id`,
  `l`.`uri`,
  `l`.`version`,
  `s`.`_line_number`,
  `l`.`landed_at`,
  CURRENT_TIMESTAMP(),
  NULLIF(REGEXP_EXTRACT(`s`.`_reasons`, '^([^:]+):'), ''),
  NULLIF(REGEXP_EXTRACT(`s`.`_reasons`, '^[^:]*: ([^;]+);'), ''),
  `s`.`_value`,
  `s`.`_reasons`,
  `s`.`_raw`
FROM `staging`.`users` AS `s`
JOIN `staging`.`load` AS `l`
  ON `l`.`load_id` = `s`.`_load_id`
WHERE
  NOT `s`.`_reasons` IS NULL;
