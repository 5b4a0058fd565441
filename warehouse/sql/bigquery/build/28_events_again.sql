DELETE FROM `staging`.`events__again`
WHERE
  TRUE;

INSERT INTO `staging`.`events__again` (
  `event_id`
)
WITH `counted` AS (
  SELECT
    `s`.`_id`,
    COUNT(*) AS `times`
  FROM `staging`.`events` AS `s`
  WHERE
    `s`.`_reasons` IS NULL
  GROUP BY
    `s`.`_id`
)
SELECT
  `c`.`_id`
FROM `counted` AS `c`
WHERE
  `c`.`times` > 1
  OR EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`fct_event` AS `f`
    WHERE
      `f`.`event_id` = `c`.`_id`
  );
