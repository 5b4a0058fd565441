CREATE SCHEMA IF NOT EXISTS `raw`;

CREATE SCHEMA IF NOT EXISTS `staging`;

CREATE SCHEMA IF NOT EXISTS `errors`;

CREATE SCHEMA IF NOT EXISTS `core`;

CREATE TABLE IF NOT EXISTS `raw`.`events` (
  `line` STRING OPTIONS (description = 'the line, without its end'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_loaded_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was loaded'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_problem` STRING OPTIONS (description = 'the rule by which the line, or the source, can\'t be read')
)
PARTITION BY TIMESTAMP_TRUNC(`_loaded_at`, DAY)
CLUSTER BY `_load_id`
OPTIONS (description = 'Every line of the sources of events, as it was sent.');

CREATE TABLE IF NOT EXISTS `raw`.`users` (
  `line` STRING OPTIONS (description = 'the line, without its end'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_loaded_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was loaded'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_problem` STRING OPTIONS (description = 'the rule by which the line, or the source, can\'t be read')
)
PARTITION BY TIMESTAMP_TRUNC(`_loaded_at`, DAY)
CLUSTER BY `_load_id`
OPTIONS (description = 'Every line of the sources of users, as it was sent.');

CREATE TABLE IF NOT EXISTS `raw`.`videos` (
  `line` STRING OPTIONS (description = 'the line, without its end'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_loaded_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was loaded'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_problem` STRING OPTIONS (description = 'the rule by which the line, or the source, can\'t be read')
)
PARTITION BY TIMESTAMP_TRUNC(`_loaded_at`, DAY)
CLUSTER BY `_load_id`
OPTIONS (description = 'Every line of the sources of videos, as it was sent.');

CREATE TABLE IF NOT EXISTS `staging`.`events__line` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING OPTIONS (description = 'the line; backslashes are masked in what is JSON'),
  `_form` STRING NOT NULL OPTIONS (description = 'record, what is to be cut, or a rule')
)
OPTIONS (description = 'The lines of the running build, and what each is.');

CREATE TABLE IF NOT EXISTS `staging`.`events__item` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING OPTIONS (description = 'the item; backslashes are masked in what is JSON'),
  `_kind` STRING NOT NULL OPTIONS (description = 'record, what is to be opened, or a rule')
)
OPTIONS (description = 'What the lines of the running build hold, one after the other.');

CREATE TABLE IF NOT EXISTS `staging`.`events__cell` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING OPTIONS (description = 'the record\'s text'),
  `_field` STRING OPTIONS (description = 'the field that is the record\'s problem'),
  `_problem` STRING OPTIONS (description = 'the rule by which the record as a whole is refused'),
  `_odd` BOOL OPTIONS (description = 'whether there is more than fields'),
  `user_id` STRING,
  `video_id` STRING,
  `event` STRING,
  `timestamp` STRING,
  `comment` STRING,
  `tags` STRING,
  `latitude` STRING,
  `longitude` STRING
)
OPTIONS (description = 'The records of the running build, each field as it was sent.');

CREATE TABLE IF NOT EXISTS `staging`.`events__odd` (
  `_text` STRING NOT NULL,
  `_field` STRING,
  `_problem` STRING,
  `_extra` STRING
)
OPTIONS (description = 'Records with more than the fields, or a key twice; each text once.');

CREATE TABLE IF NOT EXISTS `staging`.`events__tags` (
  `_text` STRING NOT NULL OPTIONS (description = 'the list as it was sent'),
  `_typed` STRING OPTIONS (description = 'its canonical text: each item, and a comma after it'),
  `_wrong` BOOL NOT NULL OPTIONS (description = 'whether an item breaks a rule')
)
OPTIONS (description = 'The lists that the running build found in tags, each once.');

CREATE TABLE IF NOT EXISTS `staging`.`events` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_reasons` STRING OPTIONS (description = 'the rules that it breaks: field: rule; …'),
  `_value` STRING OPTIONS (description = 'what was sent where the first of them was broken'),
  `_raw` STRING OPTIONS (description = 'the record\'s text, if it is refused'),
  `_id` STRING OPTIONS (description = 'who the record is, if it is valid'),
  `user_id` INT64 OPTIONS (description = 'Who did it.'),
  `video_id` INT64 OPTIONS (description = 'With which video.'),
  `event` STRING OPTIONS (description = 'What he did.'),
  `timestamp` TIMESTAMP OPTIONS (description = 'When he did it.'),
  `comment` STRING OPTIONS (description = 'What he wrote, of a comment.'),
  `tags` STRING OPTIONS (description = 'The tags that were set, added or removed.'),
  `latitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees north.'),
  `latitude__text` STRING OPTIONS (description = 'the number as it was sent'),
  `longitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees east.'),
  `longitude__text` STRING OPTIONS (description = 'the number as it was sent'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
OPTIONS (description = 'The judged records of the running build; the valid ones have no reasons.');

CREATE TABLE IF NOT EXISTS `staging`.`events__count` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `records` INT64 NOT NULL,
  `valid` INT64 NOT NULL,
  `invalid` INT64 NOT NULL
)
OPTIONS (description = 'What the running build found in each load.');

CREATE TABLE IF NOT EXISTS `errors`.`events` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_built_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was judged'),
  `field` STRING OPTIONS (description = 'the first field that is wrong; null for the record'),
  `rule` STRING NOT NULL OPTIONS (description = 'the rule that it breaks'),
  `value` STRING OPTIONS (description = 'what was sent there'),
  `reasons` STRING NOT NULL OPTIONS (description = 'all that was found: field: rule; …'),
  `raw` STRING OPTIONS (description = 'the record\'s text')
)
PARTITION BY TIMESTAMP_TRUNC(`_built_at`, DAY)
CLUSTER BY `rule`, `field`
OPTIONS (description = 'The records of events that were refused, each with its reasons.');

CREATE TABLE IF NOT EXISTS `staging`.`users__line` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING,
  `_problem` STRING OPTIONS (description = 'the rule by which the line can\'t be read'),
  `_place` INT64 OPTIONS (description = '1 for the header')
)
OPTIONS (description = 'The lines of the running build; the first of each load is its header.');

CREATE TABLE IF NOT EXISTS `staging`.`users__header` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING NOT NULL,
  `_field` STRING OPTIONS (description = 'the first required field that it lacks'),
  `_problem` STRING OPTIONS (description = 'why the source can\'t be read by it'),
  `_width` INT64 NOT NULL,
  `id` INT64 OPTIONS (description = 'its column'),
  `fname` INT64 OPTIONS (description = 'its column'),
  `lname` INT64 OPTIONS (description = 'its column'),
  `email` INT64 OPTIONS (description = 'its column'),
  `country` INT64 OPTIONS (description = 'its column'),
  `subscription` INT64 OPTIONS (description = 'its column'),
  `categories` INT64 OPTIONS (description = 'its column'),
  `updated_at` INT64 OPTIONS (description = 'its column')
)
OPTIONS (description = 'The header of each load of the running build.');

CREATE TABLE IF NOT EXISTS `staging`.`users__cell` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING OPTIONS (description = 'the record\'s text'),
  `_field` STRING OPTIONS (description = 'the field that is the record\'s problem'),
  `_problem` STRING OPTIONS (description = 'the rule by which the record as a whole is refused'),
  `_extra` STRING,
  `id` STRING,
  `fname` STRING,
  `lname` STRING,
  `email` STRING,
  `country` STRING,
  `subscription` STRING,
  `categories` STRING,
  `updated_at` STRING
)
OPTIONS (description = 'The records of the running build, each field as it was sent.');

CREATE TABLE IF NOT EXISTS `staging`.`users__categories` (
  `_text` STRING NOT NULL OPTIONS (description = 'the list as it was sent'),
  `_typed` STRING OPTIONS (description = 'its canonical text: each item, and a comma after it'),
  `_wrong` BOOL NOT NULL OPTIONS (description = 'whether an item breaks a rule')
)
OPTIONS (description = 'The lists that the running build found in categories, each once.');

CREATE TABLE IF NOT EXISTS `staging`.`users` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_reasons` STRING OPTIONS (description = 'the rules that it breaks: field: rule; …'),
  `_value` STRING OPTIONS (description = 'what was sent where the first of them was broken'),
  `_raw` STRING OPTIONS (description = 'the record\'s text, if it is refused'),
  `_id` STRING OPTIONS (description = 'who the record is, if it is valid'),
  `id` INT64 OPTIONS (description = 'The user\'s number.'),
  `fname` STRING OPTIONS (description = 'First name.'),
  `lname` STRING OPTIONS (description = 'Last name.'),
  `email` STRING OPTIONS (description = 'Where the site writes to him.'),
  `country` STRING OPTIONS (description = 'Two capital letters, such as CH.'),
  `subscription` BOOL OPTIONS (description = 'Whether he pays.'),
  `categories` STRING OPTIONS (description = 'What he likes to watch.'),
  `updated_at` TIMESTAMP OPTIONS (description = 'When he changed; a first file may lack the column.'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
OPTIONS (description = 'The judged records of the running build; the valid ones have no reasons.');

CREATE TABLE IF NOT EXISTS `staging`.`users__count` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `records` INT64 NOT NULL,
  `valid` INT64 NOT NULL,
  `invalid` INT64 NOT NULL
)
OPTIONS (description = 'What the running build found in each load.');

CREATE TABLE IF NOT EXISTS `errors`.`users` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_built_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was judged'),
  `field` STRING OPTIONS (description = 'the first field that is wrong; null for the record'),
  `rule` STRING NOT NULL OPTIONS (description = 'the rule that it breaks'),
  `value` STRING OPTIONS (description = 'what was sent there'),
  `reasons` STRING NOT NULL OPTIONS (description = 'all that was found: field: rule; …'),
  `raw` STRING OPTIONS (description = 'the record\'s text')
)
PARTITION BY TIMESTAMP_TRUNC(`_built_at`, DAY)
CLUSTER BY `rule`, `field`
OPTIONS (description = 'The records of users that were refused, each with its reasons.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__line` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING,
  `_problem` STRING OPTIONS (description = 'the rule by which the line can\'t be read'),
  `_place` INT64 OPTIONS (description = '1 for the header')
)
OPTIONS (description = 'The lines of the running build; the first of each load is its header.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__header` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING NOT NULL,
  `_field` STRING OPTIONS (description = 'the first required field that it lacks'),
  `_problem` STRING OPTIONS (description = 'why the source can\'t be read by it'),
  `_width` INT64 NOT NULL,
  `id` INT64 OPTIONS (description = 'its column'),
  `name` INT64 OPTIONS (description = 'its column'),
  `url` INT64 OPTIONS (description = 'its column'),
  `creation_timestamp` INT64 OPTIONS (description = 'its column'),
  `creator_id` INT64 OPTIONS (description = 'its column'),
  `private` INT64 OPTIONS (description = 'its column')
)
OPTIONS (description = 'The header of each load of the running build.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__cell` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_text` STRING OPTIONS (description = 'the record\'s text'),
  `_field` STRING OPTIONS (description = 'the field that is the record\'s problem'),
  `_problem` STRING OPTIONS (description = 'the rule by which the record as a whole is refused'),
  `_extra` STRING,
  `id` STRING,
  `name` STRING,
  `url` STRING,
  `creation_timestamp` STRING,
  `creator_id` STRING,
  `private` STRING
)
OPTIONS (description = 'The records of the running build, each field as it was sent.');

CREATE TABLE IF NOT EXISTS `staging`.`videos` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_reasons` STRING OPTIONS (description = 'the rules that it breaks: field: rule; …'),
  `_value` STRING OPTIONS (description = 'what was sent where the first of them was broken'),
  `_raw` STRING OPTIONS (description = 'the record\'s text, if it is refused'),
  `_id` STRING OPTIONS (description = 'who the record is, if it is valid'),
  `id` INT64 OPTIONS (description = 'The video\'s number.'),
  `name` STRING OPTIONS (description = 'The title that viewers see.'),
  `url` STRING OPTIONS (description = 'Where the video is watched.'),
  `creation_timestamp` TIMESTAMP OPTIONS (description = 'When it was published.'),
  `creator_id` INT64 OPTIONS (description = 'The user who published it.'),
  `private` BOOL OPTIONS (description = 'Whether only its creator can see it.'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
OPTIONS (description = 'The judged records of the running build; the valid ones have no reasons.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__count` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `records` INT64 NOT NULL,
  `valid` INT64 NOT NULL,
  `invalid` INT64 NOT NULL
)
OPTIONS (description = 'What the running build found in each load.');

CREATE TABLE IF NOT EXISTS `errors`.`videos` (
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_built_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was judged'),
  `field` STRING OPTIONS (description = 'the first field that is wrong; null for the record'),
  `rule` STRING NOT NULL OPTIONS (description = 'the rule that it breaks'),
  `value` STRING OPTIONS (description = 'what was sent there'),
  `reasons` STRING NOT NULL OPTIONS (description = 'all that was found: field: rule; …'),
  `raw` STRING OPTIONS (description = 'the record\'s text')
)
PARTITION BY TIMESTAMP_TRUNC(`_built_at`, DAY)
CLUSTER BY `rule`, `field`
OPTIONS (description = 'The records of videos that were refused, each with its reasons.');

CREATE TABLE IF NOT EXISTS `raw`.`raw_source` (
  `load_id` STRING NOT NULL OPTIONS (description = 'the load'),
  `dataset` STRING NOT NULL OPTIONS (description = 'whose source it is'),
  `uri` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `version` STRING NOT NULL OPTIONS (description = 'which version of the source'),
  `landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `loaded_at` TIMESTAMP NOT NULL OPTIONS (description = 'when it was loaded'),
  `lines` INT64 OPTIONS (description = 'how many lines it brought'),
  `size` INT64 OPTIONS (description = 'the source\'s size in bytes, where the system tells it')
)
CLUSTER BY `dataset`, `uri`
OPTIONS (description = 'Each load of a source. Of several loads of one version only the first one counts.');

CREATE TABLE IF NOT EXISTS `raw`.`lake_source` (
  `dataset` STRING NOT NULL,
  `uri` STRING NOT NULL,
  `version` STRING NOT NULL,
  `records` INT64 NOT NULL,
  `valid` INT64 NOT NULL,
  `invalid` INT64 NOT NULL
)
CLUSTER BY `dataset`, `uri`
OPTIONS (description = 'What the lake says became of each source, to compare the warehouse with.');

CREATE TABLE IF NOT EXISTS `staging`.`load` (
  `load_id` STRING NOT NULL,
  `dataset` STRING NOT NULL,
  `uri` STRING NOT NULL,
  `version` STRING NOT NULL,
  `landed_at` TIMESTAMP NOT NULL
)
OPTIONS (description = 'The loads that the running build takes.');

CREATE TABLE IF NOT EXISTS `core`.`built_load` (
  `load_id` STRING NOT NULL,
  `dataset` STRING NOT NULL,
  `uri` STRING NOT NULL,
  `version` STRING NOT NULL,
  `landed_at` TIMESTAMP NOT NULL,
  `records` INT64 NOT NULL,
  `valid` INT64 NOT NULL,
  `invalid` INT64 NOT NULL,
  `built_at` TIMESTAMP NOT NULL
)
CLUSTER BY `dataset`, `uri`
OPTIONS (description = 'The loads that were built, with what became of their records.');

CREATE TABLE IF NOT EXISTS `core`.`build_lock` (
  `one` INT64 NOT NULL,
  `builds` INT64 NOT NULL
)
OPTIONS (description = 'One row, which each build changes first: so two builds at once meet here.');

INSERT INTO `core`.`build_lock` (
  `one`,
  `builds`
)
SELECT
  1 AS `c0`,
  0 AS `c1`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`build_lock` AS `t`
    WHERE
      `t`.`one` = 1
  );

CREATE TABLE IF NOT EXISTS `core`.`user_log` (
  `change_id` STRING NOT NULL OPTIONS (description = 'the change'),
  `attributes_id` STRING NOT NULL OPTIONS (description = 'equal where nothing changed'),
  `effective_at` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `is_stated` BOOL NOT NULL OPTIONS (description = 'whether the change says so itself'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `id` INT64 OPTIONS (description = 'The user\'s number.'),
  `fname` STRING OPTIONS (description = 'First name.'),
  `lname` STRING OPTIONS (description = 'Last name.'),
  `email` STRING OPTIONS (description = 'Where the site writes to him.'),
  `country` STRING OPTIONS (description = 'Two capital letters, such as CH.'),
  `subscription` BOOL OPTIONS (description = 'Whether he pays.'),
  `updated_at` TIMESTAMP OPTIONS (description = 'When he changed; a first file may lack the column.'),
  `categories` STRING OPTIONS (description = 'the list\'s canonical text'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
CLUSTER BY `id`
OPTIONS (description = 'Every change of a user that was ever sent, each once.');

CREATE TABLE IF NOT EXISTS `core`.`user_source` (
  `change_id` STRING NOT NULL,
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `copies` INT64 NOT NULL
)
CLUSTER BY `_load_id`
OPTIONS (description = 'Which load brought a change of a user, and how often.');

CREATE TABLE IF NOT EXISTS `core`.`dim_user` (
  `user_key` STRING NOT NULL OPTIONS (description = 'the version of the user'),
  `id` INT64 OPTIONS (description = 'The user\'s number.'),
  `fname` STRING OPTIONS (description = 'First name.'),
  `lname` STRING OPTIONS (description = 'Last name.'),
  `email` STRING OPTIONS (description = 'Where the site writes to him.'),
  `country` STRING OPTIONS (description = 'Two capital letters, such as CH.'),
  `subscription` BOOL OPTIONS (description = 'Whether he pays.'),
  `updated_at` TIMESTAMP OPTIONS (description = 'When he changed; a first file may lack the column.'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `valid_to` TIMESTAMP NOT NULL OPTIONS (description = 'before when'),
  `is_current` BOOL NOT NULL OPTIONS (description = 'whether it holds still'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
CLUSTER BY `id`
OPTIONS (description = 'Every version of a user, with the time in which it holds.');

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
SELECT
  'unknown' AS `c0`,
  CAST(NULL AS INT64) AS `c1`,
  CAST(NULL AS STRING) AS `c2`,
  CAST(NULL AS STRING) AS `c3`,
  CAST(NULL AS STRING) AS `c4`,
  CAST(NULL AS STRING) AS `c5`,
  CAST(NULL AS BOOL) AS `c6`,
  CAST(NULL AS TIMESTAMP) AS `c7`,
  TIMESTAMP_MICROS((-62135596800000000)) AS `c8`,
  TIMESTAMP_MICROS(253402300799000000) AS `c9`,
  FALSE AS `c10`,
  TIMESTAMP_MICROS((-62135596800000000)) AS `c11`,
  CAST(NULL AS STRING) AS `c12`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_user` AS `t`
    WHERE
      `t`.`user_key` = 'unknown'
  );

CREATE TABLE IF NOT EXISTS `core`.`bridge_user_category` (
  `user_key` STRING NOT NULL OPTIONS (description = 'the version of the user'),
  `position` INT64 NOT NULL OPTIONS (description = 'the place in the list, from 1'),
  `category` STRING NOT NULL OPTIONS (description = 'the item')
)
CLUSTER BY `user_key`
OPTIONS (description = 'The categories of a version of a user.');

CREATE TABLE IF NOT EXISTS `staging`.`users__touched` (
  `id` INT64 OPTIONS (description = 'The user\'s number.')
)
OPTIONS (description = 'The keys of which the running build has new changes.');

CREATE TABLE IF NOT EXISTS `staging`.`users__before` (
  `user_key` STRING NOT NULL OPTIONS (description = 'the version of the user'),
  `id` INT64 OPTIONS (description = 'The user\'s number.'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `valid_to` TIMESTAMP NOT NULL OPTIONS (description = 'before when')
)
OPTIONS (description = 'The versions that those keys had before.');

CREATE TABLE IF NOT EXISTS `staging`.`users__moved` (
  `id` INT64 OPTIONS (description = 'The user\'s number.')
)
OPTIONS (description = 'The keys whose versions are others now.');

CREATE TABLE IF NOT EXISTS `core`.`video_log` (
  `change_id` STRING NOT NULL OPTIONS (description = 'the change'),
  `attributes_id` STRING NOT NULL OPTIONS (description = 'equal where nothing changed'),
  `effective_at` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `is_stated` BOOL NOT NULL OPTIONS (description = 'whether the change says so itself'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `id` INT64 OPTIONS (description = 'The video\'s number.'),
  `name` STRING OPTIONS (description = 'The title that viewers see.'),
  `url` STRING OPTIONS (description = 'Where the video is watched.'),
  `creation_timestamp` TIMESTAMP OPTIONS (description = 'When it was published.'),
  `creator_id` INT64 OPTIONS (description = 'The user who published it.'),
  `private` BOOL OPTIONS (description = 'Whether only its creator can see it.'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
CLUSTER BY `id`
OPTIONS (description = 'Every change of a video that was ever sent, each once.');

CREATE TABLE IF NOT EXISTS `core`.`video_source` (
  `change_id` STRING NOT NULL,
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `copies` INT64 NOT NULL
)
CLUSTER BY `_load_id`
OPTIONS (description = 'Which load brought a change of a video, and how often.');

CREATE TABLE IF NOT EXISTS `core`.`dim_video` (
  `video_key` STRING NOT NULL OPTIONS (description = 'the version of the video'),
  `id` INT64 OPTIONS (description = 'The video\'s number.'),
  `name` STRING OPTIONS (description = 'The title that viewers see.'),
  `url` STRING OPTIONS (description = 'Where the video is watched.'),
  `creation_timestamp` TIMESTAMP OPTIONS (description = 'When it was published.'),
  `creator_id` INT64 OPTIONS (description = 'The user who published it.'),
  `private` BOOL OPTIONS (description = 'Whether only its creator can see it.'),
  `created_month` STRING OPTIONS (description = 'the month of creation_timestamp, in UTC'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `valid_to` TIMESTAMP NOT NULL OPTIONS (description = 'before when'),
  `is_current` BOOL NOT NULL OPTIONS (description = 'whether it holds still'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
CLUSTER BY `id`
OPTIONS (description = 'Every version of a video, with the time in which it holds.');

INSERT INTO `core`.`dim_video` (
  `video_key`,
  `id`,
  `name`,
  `url`,
  `creation_timestamp`,
  `creator_id`,
  `private`,
  `created_month`,
  `valid_from`,
  `valid_to`,
  `is_current`,
  `_landed_at`,
  `_extra`
)
SELECT
  'unknown' AS `c0`,
  CAST(NULL AS INT64) AS `c1`,
  CAST(NULL AS STRING) AS `c2`,
  CAST(NULL AS STRING) AS `c3`,
  CAST(NULL AS TIMESTAMP) AS `c4`,
  CAST(NULL AS INT64) AS `c5`,
  CAST(NULL AS BOOL) AS `c6`,
  CAST(NULL AS STRING) AS `c7`,
  TIMESTAMP_MICROS((-62135596800000000)) AS `c8`,
  TIMESTAMP_MICROS(253402300799000000) AS `c9`,
  FALSE AS `c10`,
  TIMESTAMP_MICROS((-62135596800000000)) AS `c11`,
  CAST(NULL AS STRING) AS `c12`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_video` AS `t`
    WHERE
      `t`.`video_key` = 'unknown'
  );

CREATE TABLE IF NOT EXISTS `staging`.`videos__touched` (
  `id` INT64 OPTIONS (description = 'The video\'s number.')
)
OPTIONS (description = 'The keys of which the running build has new changes.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__before` (
  `video_key` STRING NOT NULL OPTIONS (description = 'the version of the video'),
  `id` INT64 OPTIONS (description = 'The video\'s number.'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'since when it holds'),
  `valid_to` TIMESTAMP NOT NULL OPTIONS (description = 'before when')
)
OPTIONS (description = 'The versions that those keys had before.');

CREATE TABLE IF NOT EXISTS `staging`.`videos__moved` (
  `id` INT64 OPTIONS (description = 'The video\'s number.')
)
OPTIONS (description = 'The keys whose versions are others now.');

CREATE TABLE IF NOT EXISTS `core`.`fct_event` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same'),
  `user_key` STRING NOT NULL OPTIONS (description = 'the version that held then'),
  `video_key` STRING NOT NULL OPTIONS (description = 'the version that held then'),
  `user_id` INT64 OPTIONS (description = 'Who did it.'),
  `video_id` INT64 OPTIONS (description = 'With which video.'),
  `event` STRING OPTIONS (description = 'What he did.'),
  `timestamp` TIMESTAMP OPTIONS (description = 'When he did it.'),
  `comment` STRING OPTIONS (description = 'What he wrote, of a comment.'),
  `latitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees north.'),
  `longitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees east.'),
  `event_date` DATE OPTIONS (description = 'the date of timestamp, in UTC'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
PARTITION BY `event_date`
CLUSTER BY `user_id`, `video_id`, `event`
OPTIONS (description = 'Every event, each once.');

CREATE TABLE IF NOT EXISTS `core`.`event_copy` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `copies` INT64 NOT NULL
)
CLUSTER BY `_load_id`
OPTIONS (description = 'How often a event came again, beside the one that is kept.');

CREATE TABLE IF NOT EXISTS `core`.`bridge_event_tag` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same'),
  `position` INT64 NOT NULL OPTIONS (description = 'the place in the list, from 1'),
  `tag` STRING NOT NULL OPTIONS (description = 'the item')
)
CLUSTER BY `event_id`
OPTIONS (description = 'The tags of a event.');

CREATE TABLE IF NOT EXISTS `staging`.`events__again` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same')
)
OPTIONS (description = 'The facts of the running build that were there, or came twice.');

CREATE TABLE IF NOT EXISTS `staging`.`events__row` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same'),
  `user_key` STRING NOT NULL OPTIONS (description = 'the version that held then'),
  `video_key` STRING NOT NULL OPTIONS (description = 'the version that held then'),
  `user_id` INT64 OPTIONS (description = 'Who did it.'),
  `video_id` INT64 OPTIONS (description = 'With which video.'),
  `event` STRING OPTIONS (description = 'What he did.'),
  `timestamp` TIMESTAMP OPTIONS (description = 'When he did it.'),
  `comment` STRING OPTIONS (description = 'What he wrote, of a comment.'),
  `latitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees north.'),
  `longitude` FLOAT64 OPTIONS (description = 'Where he was, in degrees east.'),
  `event_date` DATE OPTIONS (description = 'the date of timestamp, in UTC'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `_source` STRING NOT NULL OPTIONS (description = 'the source\'s URI'),
  `_version` STRING NOT NULL OPTIONS (description = 'which version of the source, as its store names it'),
  `_line_number` INT64 OPTIONS (description = 'the line of the source, where the system tells it'),
  `_landed_at` TIMESTAMP NOT NULL OPTIONS (description = 'when the source landed'),
  `_extra` STRING OPTIONS (description = 'what the contract does not know, as JSON')
)
OPTIONS (description = 'The facts that are written anew.');

CREATE TABLE IF NOT EXISTS `staging`.`events__times` (
  `event_id` STRING NOT NULL OPTIONS (description = 'who it is: equal ones have the same'),
  `_load_id` STRING NOT NULL OPTIONS (description = 'which load brought it'),
  `times` INT64 NOT NULL
)
OPTIONS (description = 'How often each of the facts that came again came with each load.');

CREATE TABLE IF NOT EXISTS `core`.`dim_date` (
  `date` DATE NOT NULL OPTIONS (description = 'the day'),
  `year` INT64 NOT NULL,
  `quarter` INT64 NOT NULL OPTIONS (description = 'from 1 to 4'),
  `month` INT64 NOT NULL OPTIONS (description = 'from 1 to 12'),
  `day` INT64 NOT NULL OPTIONS (description = 'the day of the month'),
  `weekday` INT64 NOT NULL OPTIONS (description = 'from 1 for Monday to 7')
)
OPTIONS (description = 'Every day on which something happened, in UTC.');

CREATE TABLE IF NOT EXISTS `core`.`dim_event_type` (
  `event` STRING NOT NULL OPTIONS (description = 'What he did.')
)
OPTIONS (description = 'What event of events can be.');

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'created' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'created'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'viewed' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'viewed'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'like' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'like'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'dislike' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'dislike'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'commented' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'commented'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'add_tags' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'add_tags'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'remove_tags' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'remove_tags'
  );

INSERT INTO `core`.`dim_event_type` (
  `event`
)
SELECT
  'share' AS `c0`
FROM (
  SELECT
    1 AS `one`
) AS `o`
WHERE
  NOT EXISTS(
    SELECT
      1 AS `one`
    FROM `core`.`dim_event_type` AS `t`
    WHERE
      `t`.`event` = 'share'
  );

CREATE TABLE IF NOT EXISTS `core`.`bridge_video_tag` (
  `video_id` INT64 NOT NULL OPTIONS (description = 'the video'),
  `tag` STRING NOT NULL OPTIONS (description = 'the tag'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'since when'),
  `valid_to` TIMESTAMP NOT NULL OPTIONS (description = 'before when')
)
CLUSTER BY `video_id`
OPTIONS (description = 'A tag of a video, and the time in which it has it.');

CREATE TABLE IF NOT EXISTS `staging`.`video_tag__touched` (
  `video_id` INT64 NOT NULL OPTIONS (description = 'the video')
)
OPTIONS (description = 'The videos whose tags the running build may change.');
