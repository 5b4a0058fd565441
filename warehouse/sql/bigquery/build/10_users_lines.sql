DELETE FROM `staging`.`users__line`
WHERE
  TRUE;

INSERT INTO `staging`.`users__line` (
  `_load_id`,
  `_line_number`,
  `_text`,
  `_problem`,
  `_place`
)
WITH `line` AS (
  SELECT
    `r`.`_load_id`,
    `r`.`_line_number`,
    `r`.`_problem`,
    CASE
      WHEN STARTS_WITH(`r`.`line`, '﻿')
      THEN REGEXP_REPLACE(REGEXP_REPLACE(`r`.`line`, (CHR(13) || '+$'), ''), '^﻿+', '')
      WHEN ENDS_WITH(`r`.`line`, CHR(13))
      THEN REGEXP_REPLACE(`r`.`line`, (CHR(13) || '+$'), '')
      ELSE `r`.`line`
    END AS `_line`
  FROM `raw`.`users` AS `r`
  JOIN `staging`.`load` AS `l`
    ON `l`.`load_id` = `r`.`_load_id`
)
SELECT
  `c`.`_load_id`,
  `c`.`_line_number`,
  `c`.`_line`,
  `c`.`_problem`,
  CASE
    WHEN `c`.`_problem` IS NULL
    THEN ROW_NUMBER() OVER (
      PARTITION BY `c`.`_load_id`, `c`.`_problem` IS NULL
      ORDER BY COALESCE(
        `c`.`_line_number`,
        CASE
          WHEN (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',id,') > 0)
          AND (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',fname,') > 0)
          AND (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',lname,') > 0)
          AND (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',email,') > 0)
          AND (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',country,') > 0)
          AND (STRPOS((',' || REPLACE(`c`.`_line`, '"', '') || ','), ',subscription,') > 0)
          THEN 0
          ELSE 1
        END
      ), `c`.`_line`
    )
  END
FROM `line` AS `c`
WHERE
  NOT `c`.`_problem` IS NULL
  OR TRIM(`c`.`_line`, (' ' || CHR(9) || CHR(10) || CHR(13))) <> '';
