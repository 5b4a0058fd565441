DELETE FROM `staging`.`users__before`
WHERE
  TRUE;

INSERT INTO `staging`.`users__before` (
  `user_key`,
  `id`,
  `valid_from`,
  `valid_to`
)
SELECT
  `d`.`user_key`,
  `d`.`id`,
  `d`.`valid_from`,
  `d`.`valid_to`
FROM `core`.`dim_user` AS `d`
JOIN `staging`.`users__touched` AS `t`
  ON `t`.`id` = `d`.`id`;

DELETE FROM `core`.`bridge_user_category`
WHERE
  `user_key` IN (
    SELECT
      `b`.`user_key`
    FROM `staging`.`users__before` AS `b`
  );

DELETE FROM `core`.`dim_user`
WHERE
  `user_key` IN (
    SELECT
      `b`.`user_key`
    FROM `staging`.`users__before` AS `b`
  );

INSERT INTO `core`.`dim_user` (
  `user_key`,
  `id`,
  `fname`,
  `lname`,
  `email`,
  `country`,
  `subscription`,
  `updated_at`,
  `valid_from`,
  `valid_to`,
  `is_current`,
  `_landed_at`,
  `_extra`
)
WITH `ordered` AS (
  SELECT
    `g`.`change_id`,
    `g`.`attributes_id`,
    `g`.`effective_at`,
    `g`.`is_stated`,
    `g`.`_landed_at`,
    `g`.`_extra`,
    `g`.`id`,
    `g`.`fname`,
    `g`.`lname`,
    `g`.`email`,
    `g`.`country`,
    `g`.`subscription`,
    `g`.`updated_at`,
    LAG(`g`.`attributes_id`) OVER (
      PARTITION BY `g`.`id`
      ORDER BY `g`.`effective_at`, `g`.`_landed_at`, `g`.`change_id`
    ) AS `_earlier`
  FROM `core`.`user_log` AS `g`
  JOIN `staging`.`users__touched` AS `t`
    ON `t`.`id` = `g`.`id`
), `folded` AS (
  SELECT
    `o`.`change_id`,
    `o`.`effective_at`,
    `o`.`is_stated`,
    `o`.`_landed_at`,
    `o`.`_extra`,
    `o`.`_earlier`,
    `o`.`id`,
    `o`.`fname`,
    `o`.`lname`,
    `o`.`email`,
    `o`.`country`,
    `o`.`subscription`,
    `o`.`updated_at`
  FROM `ordered` AS `o`
  WHERE
    `o`.`_earlier` IS NULL OR `o`.`_earlier` <> `o`.`attributes_id`
), `ranged` AS (
  SELECT
    `g`.`change_id`,
    `g`.`effective_at`,
    `g`.`is_stated`,
    `g`.`_landed_at`,
    `g`.`_extra`,
    `g`.`_earlier`,
    `g`.`id`,
    `g`.`fname`,
    `g`.`lname`,
    `g`.`email`,
    `g`.`country`,
    `g`.`subscription`,
    `g`.`updated_at`,
    LEAD(`g`.`effective_at`) OVER (
      PARTITION BY `g`.`id`
      ORDER BY `g`.`effective_at`, `g`.`_landed_at`, `g`.`change_id`
    ) AS `_next`
  FROM `folded` AS `g`
)
SELECT
  `r`.`change_id`,
  `r`.`id`,
  `r`.`fname`,
  `r`.`lname`,
  `r`.`email`,
  `r`.`country`,
  `r`.`subscription`,
  `r`.`updated_at`,
  CASE
    WHEN `r`.`_earlier` IS NULL AND NOT `r`.`is_stated`
    THEN TIMESTAMP_MICROS((-62135596800000000))
    ELSE `r`.`effective_at`
  END,
  COALESCE(`r`.`_next`, TIMESTAMP_MICROS(253402300799000000)),
  `r`.`_next` IS NULL,
  `r`.`_landed_at`,
  `r`.`_extra`
FROM `ranged` AS `r`;

DELETE FROM `staging`.`users__moved`
WHERE
  TRUE;

INSERT INTO `staging`.`users__moved` (
  `id`
)
WITH `now_valid` AS (
  SELECT
    `d`.`user_key`,
    `d`.`id`,
    `d`.`valid_from`,
    `d`.`valid_to`
  FROM `core`.`dim_user` AS `d`
  JOIN `staging`.`users__touched` AS `t`
    ON `t`.`id` = `d`.`id`
)
SELECT DISTINCT
  `a`.`id`
FROM `now_valid` AS `a`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `staging`.`users__before` AS `b`
    WHERE
      `a`.`user_key` = `b`.`user_key`
      AND `a`.`valid_from` = `b`.`valid_from`
      AND `a`.`valid_to` = `b`.`valid_to`
  )
UNION ALL
SELECT DISTINCT
  `b`.`id`
FROM `staging`.`users__before` AS `b`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `now_valid` AS `a`
    WHERE
      `a`.`user_key` = `b`.`user_key`
      AND `a`.`valid_from` = `b`.`valid_from`
      AND `a`.`valid_to` = `b`.`valid_to`
  );
