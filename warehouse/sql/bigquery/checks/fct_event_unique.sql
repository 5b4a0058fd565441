WITH `counted` AS (
  SELECT
    `t`.`event_id`,
    COUNT(*) AS `times`
  FROM `core`.`fct_event` AS `t`
  GROUP BY
    `t`.`event_id`
)
SELECT
  `c`.`event_id`,
  `c`.`times`
FROM `counted` AS `c`
WHERE
  `c`.`times` > 1
LIMIT 100;
