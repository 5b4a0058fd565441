UPDATE `core`.`build_lock` SET `builds` = `builds` + 1
WHERE
  `one` = 1;

DELETE FROM `staging`.`load`
WHERE
  TRUE;

INSERT INTO `staging`.`load` (
  `load_id`,
  `dataset`,
  `uri`,
  `version`,
  `landed_at`
)
WITH `ranked` AS (
  SELECT
    `r`.`load_id`,
    `r`.`dataset`,
    `r`.`uri`,
    `r`.`version`,
    `r`.`landed_at`,
    ROW_NUMBER() OVER (
      PARTITION BY `r`.`dataset`, `r`.`uri`, `r`.`version`
      ORDER BY `r`.`loaded_at`, `r`.`load_id`
    ) AS `place`
  FROM `raw`.`raw_source` AS `r`
  WHERE
    `r`.`dataset` IN ('events', 'users', 'videos')
)
SELECT
  `r`.`load_id`,
  `r`.`dataset`,
  `r`.`uri`,
  `r`.`version`,
  `r`.`landed_at`
FROM `ranked` AS `r`
WHERE
  `r`.`place` = 1
  AND NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`built_load` AS `b`
    WHERE
      `b`.`dataset` = `r`.`dataset`
      AND `b`.`uri` = `r`.`uri`
      AND `b`.`version` = `r`.`version`
  );
