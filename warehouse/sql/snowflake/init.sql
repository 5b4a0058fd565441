CREATE SCHEMA IF NOT EXISTS "RAW";

CREATE SCHEMA IF NOT EXISTS "STAGING";

CREATE SCHEMA IF NOT EXISTS "ERRORS";

CREATE SCHEMA IF NOT EXISTS "CORE";

CREATE TABLE IF NOT EXISTS "RAW"."EVENTS" (
  "LINE" VARCHAR COMMENT 'the line, without its end',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was loaded',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the line, or the source, can''t be read'
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'Every line of the sources of events, as it was sent.';

CREATE TABLE IF NOT EXISTS "RAW"."USERS" (
  "LINE" VARCHAR COMMENT 'the line, without its end',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was loaded',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the line, or the source, can''t be read'
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'Every line of the sources of users, as it was sent.';

CREATE TABLE IF NOT EXISTS "RAW"."VIDEOS" (
  "LINE" VARCHAR COMMENT 'the line, without its end',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was loaded',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the line, or the source, can''t be read'
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'Every line of the sources of videos, as it was sent.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__LINE" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR COMMENT 'the line; backslashes are masked in what is JSON',
  "_FORM" VARCHAR NOT NULL COMMENT 'record, what is to be cut, or a rule'
)
COMMENT = 'The lines of the running build, and what each is.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__ITEM" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR COMMENT 'the item; backslashes are masked in what is JSON',
  "_KIND" VARCHAR NOT NULL COMMENT 'record, what is to be opened, or a rule'
)
COMMENT = 'What the lines of the running build hold, one after the other.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__CELL" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR COMMENT 'the record''s text',
  "_FIELD" VARCHAR COMMENT 'the field that is the record''s problem',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the record as a whole is refused',
  "_ODD" BOOLEAN COMMENT 'whether there is more than fields',
  "USER_ID" VARCHAR,
  "VIDEO_ID" VARCHAR,
  "EVENT" VARCHAR,
  "TIMESTAMP" VARCHAR,
  "COMMENT" VARCHAR,
  "TAGS" VARCHAR,
  "LATITUDE" VARCHAR,
  "LONGITUDE" VARCHAR
)
COMMENT = 'The records of the running build, each field as it was sent.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__ODD" (
  "_TEXT" VARCHAR NOT NULL,
  "_FIELD" VARCHAR,
  "_PROBLEM" VARCHAR,
  "_EXTRA" VARCHAR
)
COMMENT = 'Records with more than the fields, or a key twice; each text once.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__TAGS" (
  "_TEXT" VARCHAR NOT NULL COMMENT 'the list as it was sent',
  "_TYPED" VARCHAR COMMENT 'its canonical text: each item, and a comma after it',
  "_WRONG" BOOLEAN NOT NULL COMMENT 'whether an item breaks a rule'
)
COMMENT = 'The lists that the running build found in tags, each once.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_REASONS" VARCHAR COMMENT 'the rules that it breaks: field: rule; …',
  "_VALUE" VARCHAR COMMENT 'what was sent where the first of them was broken',
  "_RAW" VARCHAR COMMENT 'the record''s text, if it is refused',
  "_ID" VARCHAR COMMENT 'who the record is, if it is valid',
  "USER_ID" NUMBER(38, 0) COMMENT 'Who did it.',
  "VIDEO_ID" NUMBER(38, 0) COMMENT 'With which video.',
  "EVENT" VARCHAR COMMENT 'What he did.',
  "TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When he did it.',
  "COMMENT" VARCHAR COMMENT 'What he wrote, of a comment.',
  "TAGS" VARCHAR COMMENT 'The tags that were set, added or removed.',
  "LATITUDE" FLOAT COMMENT 'Where he was, in degrees north.',
  "LATITUDE__TEXT" VARCHAR COMMENT 'the number as it was sent',
  "LONGITUDE" FLOAT COMMENT 'Where he was, in degrees east.',
  "LONGITUDE__TEXT" VARCHAR COMMENT 'the number as it was sent',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
COMMENT = 'The judged records of the running build; the valid ones have no reasons.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__COUNT" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "RECORDS" NUMBER(38, 0) NOT NULL,
  "VALID" NUMBER(38, 0) NOT NULL,
  "INVALID" NUMBER(38, 0) NOT NULL
)
COMMENT = 'What the running build found in each load.';

CREATE TABLE IF NOT EXISTS "ERRORS"."EVENTS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was judged',
  "FIELD" VARCHAR COMMENT 'the first field that is wrong; null for the record',
  "RULE" VARCHAR NOT NULL COMMENT 'the rule that it breaks',
  "VALUE" VARCHAR COMMENT 'what was sent there',
  "REASONS" VARCHAR NOT NULL COMMENT 'all that was found: field: rule; …',
  "RAW" VARCHAR COMMENT 'the record''s text'
)
CLUSTER BY ("RULE", "FIELD")
COMMENT = 'The records of events that were refused, each with its reasons.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__LINE" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR,
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the line can''t be read',
  "_PLACE" NUMBER(38, 0) COMMENT '1 for the header'
)
COMMENT = 'The lines of the running build; the first of each load is its header.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__HEADER" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR NOT NULL,
  "_FIELD" VARCHAR COMMENT 'the first required field that it lacks',
  "_PROBLEM" VARCHAR COMMENT 'why the source can''t be read by it',
  "_WIDTH" NUMBER(38, 0) NOT NULL,
  "ID" NUMBER(38, 0) COMMENT 'its column',
  "FNAME" NUMBER(38, 0) COMMENT 'its column',
  "LNAME" NUMBER(38, 0) COMMENT 'its column',
  "EMAIL" NUMBER(38, 0) COMMENT 'its column',
  "COUNTRY" NUMBER(38, 0) COMMENT 'its column',
  "SUBSCRIPTION" NUMBER(38, 0) COMMENT 'its column',
  "CATEGORIES" NUMBER(38, 0) COMMENT 'its column',
  "UPDATED_AT" NUMBER(38, 0) COMMENT 'its column'
)
COMMENT = 'The header of each load of the running build.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__CELL" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR COMMENT 'the record''s text',
  "_FIELD" VARCHAR COMMENT 'the field that is the record''s problem',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the record as a whole is refused',
  "_EXTRA" VARCHAR,
  "ID" VARCHAR,
  "FNAME" VARCHAR,
  "LNAME" VARCHAR,
  "EMAIL" VARCHAR,
  "COUNTRY" VARCHAR,
  "SUBSCRIPTION" VARCHAR,
  "CATEGORIES" VARCHAR,
  "UPDATED_AT" VARCHAR
)
COMMENT = 'The records of the running build, each field as it was sent.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__CATEGORIES" (
  "_TEXT" VARCHAR NOT NULL COMMENT 'the list as it was sent',
  "_TYPED" VARCHAR COMMENT 'its canonical text: each item, and a comma after it',
  "_WRONG" BOOLEAN NOT NULL COMMENT 'whether an item breaks a rule'
)
COMMENT = 'The lists that the running build found in categories, each once.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_REASONS" VARCHAR COMMENT 'the rules that it breaks: field: rule; …',
  "_VALUE" VARCHAR COMMENT 'what was sent where the first of them was broken',
  "_RAW" VARCHAR COMMENT 'the record''s text, if it is refused',
  "_ID" VARCHAR COMMENT 'who the record is, if it is valid',
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.',
  "FNAME" VARCHAR COMMENT 'First name.',
  "LNAME" VARCHAR COMMENT 'Last name.',
  "EMAIL" VARCHAR COMMENT 'Where the site writes to him.',
  "COUNTRY" VARCHAR COMMENT 'Two capital letters, such as CH.',
  "SUBSCRIPTION" BOOLEAN COMMENT 'Whether he pays.',
  "CATEGORIES" VARCHAR COMMENT 'What he likes to watch.',
  "UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When he changed; a first file may lack the column.',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
COMMENT = 'The judged records of the running build; the valid ones have no reasons.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__COUNT" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "RECORDS" NUMBER(38, 0) NOT NULL,
  "VALID" NUMBER(38, 0) NOT NULL,
  "INVALID" NUMBER(38, 0) NOT NULL
)
COMMENT = 'What the running build found in each load.';

CREATE TABLE IF NOT EXISTS "ERRORS"."USERS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was judged',
  "FIELD" VARCHAR COMMENT 'the first field that is wrong; null for the record',
  "RULE" VARCHAR NOT NULL COMMENT 'the rule that it breaks',
  "VALUE" VARCHAR COMMENT 'what was sent there',
  "REASONS" VARCHAR NOT NULL COMMENT 'all that was found: field: rule; …',
  "RAW" VARCHAR COMMENT 'the record''s text'
)
CLUSTER BY ("RULE", "FIELD")
COMMENT = 'The records of users that were refused, each with its reasons.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__LINE" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR,
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the line can''t be read',
  "_PLACE" NUMBER(38, 0) COMMENT '1 for the header'
)
COMMENT = 'The lines of the running build; the first of each load is its header.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__HEADER" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR NOT NULL,
  "_FIELD" VARCHAR COMMENT 'the first required field that it lacks',
  "_PROBLEM" VARCHAR COMMENT 'why the source can''t be read by it',
  "_WIDTH" NUMBER(38, 0) NOT NULL,
  "ID" NUMBER(38, 0) COMMENT 'its column',
  "NAME" NUMBER(38, 0) COMMENT 'its column',
  "URL" NUMBER(38, 0) COMMENT 'its column',
  "CREATION_TIMESTAMP" NUMBER(38, 0) COMMENT 'its column',
  "CREATOR_ID" NUMBER(38, 0) COMMENT 'its column',
  "PRIVATE" NUMBER(38, 0) COMMENT 'its column'
)
COMMENT = 'The header of each load of the running build.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__CELL" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_TEXT" VARCHAR COMMENT 'the record''s text',
  "_FIELD" VARCHAR COMMENT 'the field that is the record''s problem',
  "_PROBLEM" VARCHAR COMMENT 'the rule by which the record as a whole is refused',
  "_EXTRA" VARCHAR,
  "ID" VARCHAR,
  "NAME" VARCHAR,
  "URL" VARCHAR,
  "CREATION_TIMESTAMP" VARCHAR,
  "CREATOR_ID" VARCHAR,
  "PRIVATE" VARCHAR
)
COMMENT = 'The records of the running build, each field as it was sent.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_REASONS" VARCHAR COMMENT 'the rules that it breaks: field: rule; …',
  "_VALUE" VARCHAR COMMENT 'what was sent where the first of them was broken',
  "_RAW" VARCHAR COMMENT 'the record''s text, if it is refused',
  "_ID" VARCHAR COMMENT 'who the record is, if it is valid',
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.',
  "NAME" VARCHAR COMMENT 'The title that viewers see.',
  "URL" VARCHAR COMMENT 'Where the video is watched.',
  "CREATION_TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When it was published.',
  "CREATOR_ID" NUMBER(38, 0) COMMENT 'The user who published it.',
  "PRIVATE" BOOLEAN COMMENT 'Whether only its creator can see it.',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
COMMENT = 'The judged records of the running build; the valid ones have no reasons.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__COUNT" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "RECORDS" NUMBER(38, 0) NOT NULL,
  "VALID" NUMBER(38, 0) NOT NULL,
  "INVALID" NUMBER(38, 0) NOT NULL
)
COMMENT = 'What the running build found in each load.';

CREATE TABLE IF NOT EXISTS "ERRORS"."VIDEOS" (
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was judged',
  "FIELD" VARCHAR COMMENT 'the first field that is wrong; null for the record',
  "RULE" VARCHAR NOT NULL COMMENT 'the rule that it breaks',
  "VALUE" VARCHAR COMMENT 'what was sent there',
  "REASONS" VARCHAR NOT NULL COMMENT 'all that was found: field: rule; …',
  "RAW" VARCHAR COMMENT 'the record''s text'
)
CLUSTER BY ("RULE", "FIELD")
COMMENT = 'The records of videos that were refused, each with its reasons.';

CREATE TABLE IF NOT EXISTS "RAW"."RAW_SOURCE" (
  "LOAD_ID" VARCHAR NOT NULL COMMENT 'the load',
  "DATASET" VARCHAR NOT NULL COMMENT 'whose source it is',
  "URI" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "VERSION" VARCHAR NOT NULL COMMENT 'which version of the source',
  "LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "LOADED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when it was loaded',
  "LINES" NUMBER(38, 0) COMMENT 'how many lines it brought',
  "SIZE" NUMBER(38, 0) COMMENT 'the source''s size in bytes, where the system tells it'
)
CLUSTER BY ("DATASET", "URI")
COMMENT = 'Each load of a source. Of several loads of one version only the first one counts.';

CREATE TABLE IF NOT EXISTS "RAW"."LAKE_SOURCE" (
  "DATASET" VARCHAR NOT NULL,
  "URI" VARCHAR NOT NULL,
  "VERSION" VARCHAR NOT NULL,
  "RECORDS" NUMBER(38, 0) NOT NULL,
  "VALID" NUMBER(38, 0) NOT NULL,
  "INVALID" NUMBER(38, 0) NOT NULL
)
CLUSTER BY ("DATASET", "URI")
COMMENT = 'What the lake says became of each source, to compare the warehouse with.';

CREATE TABLE IF NOT EXISTS "STAGING"."LOAD" (
  "LOAD_ID" VARCHAR NOT NULL,
  "DATASET" VARCHAR NOT NULL,
  "URI" VARCHAR NOT NULL,
  "VERSION" VARCHAR NOT NULL,
  "LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL
)
COMMENT = 'The loads that the running build takes.';

CREATE TABLE IF NOT EXISTS "CORE"."BUILT_LOAD" (
  "LOAD_ID" VARCHAR NOT NULL,
  "DATASET" VARCHAR NOT NULL,
  "URI" VARCHAR NOT NULL,
  "VERSION" VARCHAR NOT NULL,
  "LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL,
  "RECORDS" NUMBER(38, 0) NOT NULL,
  "VALID" NUMBER(38, 0) NOT NULL,
  "INVALID" NUMBER(38, 0) NOT NULL,
  "BUILT_AT" TIMESTAMP_NTZ(6) NOT NULL
)
CLUSTER BY ("DATASET", "URI")
COMMENT = 'The loads that were built, with what became of their records.';

CREATE TABLE IF NOT EXISTS "CORE"."BUILD_LOCK" (
  "ONE" NUMBER(38, 0) NOT NULL,
  "BUILDS" NUMBER(38, 0) NOT NULL
)
COMMENT = 'One row, which each build changes first: so two builds at once meet here.';

INSERT INTO "CORE"."BUILD_LOCK" (
  "ONE",
  "BUILDS"
)
SELECT
  1 AS "C0",
  0 AS "C1"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."BUILD_LOCK" AS "T"
    WHERE
      "T"."ONE" = 1
  );

CREATE TABLE IF NOT EXISTS "CORE"."USER_LOG" (
  "CHANGE_ID" VARCHAR NOT NULL COMMENT 'the change',
  "ATTRIBUTES_ID" VARCHAR NOT NULL COMMENT 'equal where nothing changed',
  "EFFECTIVE_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "IS_STATED" BOOLEAN NOT NULL COMMENT 'whether the change says so itself',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.',
  "FNAME" VARCHAR COMMENT 'First name.',
  "LNAME" VARCHAR COMMENT 'Last name.',
  "EMAIL" VARCHAR COMMENT 'Where the site writes to him.',
  "COUNTRY" VARCHAR COMMENT 'Two capital letters, such as CH.',
  "SUBSCRIPTION" BOOLEAN COMMENT 'Whether he pays.',
  "UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When he changed; a first file may lack the column.',
  "CATEGORIES" VARCHAR COMMENT 'the list''s canonical text',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
CLUSTER BY ("ID")
COMMENT = 'Every change of a user that was ever sent, each once.';

CREATE TABLE IF NOT EXISTS "CORE"."USER_SOURCE" (
  "CHANGE_ID" VARCHAR NOT NULL,
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "COPIES" NUMBER(38, 0) NOT NULL
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'Which load brought a change of a user, and how often.';

CREATE TABLE IF NOT EXISTS "CORE"."DIM_USER" (
  "USER_KEY" VARCHAR NOT NULL COMMENT 'the version of the user',
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.',
  "FNAME" VARCHAR COMMENT 'First name.',
  "LNAME" VARCHAR COMMENT 'Last name.',
  "EMAIL" VARCHAR COMMENT 'Where the site writes to him.',
  "COUNTRY" VARCHAR COMMENT 'Two capital letters, such as CH.',
  "SUBSCRIPTION" BOOLEAN COMMENT 'Whether he pays.',
  "UPDATED_AT" TIMESTAMP_NTZ(6) COMMENT 'When he changed; a first file may lack the column.',
  "VALID_FROM" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "VALID_TO" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'before when',
  "IS_CURRENT" BOOLEAN NOT NULL COMMENT 'whether it holds still',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
CLUSTER BY ("ID")
COMMENT = 'Every version of a user, with the time in which it holds.';

INSERT INTO "CORE"."DIM_USER" (
  "USER_KEY",
  "ID",
  "FNAME",
  "LNAME",
  "EMAIL",
  "COUNTRY",
  "SUBSCRIPTION",
  "UPDATED_AT",
  "VALID_FROM",
  "VALID_TO",
  "IS_CURRENT",
  "_LANDED_AT",
  "_EXTRA"
)
SELECT
  'unknown' AS "C0",
  CAST(NULL AS NUMBER(38, 0)) AS "C1",
  CAST(NULL AS VARCHAR) AS "C2",
  CAST(NULL AS VARCHAR) AS "C3",
  CAST(NULL AS VARCHAR) AS "C4",
  CAST(NULL AS VARCHAR) AS "C5",
  CAST(NULL AS BOOLEAN) AS "C6",
  CAST(NULL AS TIMESTAMP_NTZ(6)) AS "C7",
  TO_TIMESTAMP_NTZ((-62135596800000000), 6) AS "C8",
  TO_TIMESTAMP_NTZ(253402300799000000, 6) AS "C9",
  FALSE AS "C10",
  TO_TIMESTAMP_NTZ((-62135596800000000), 6) AS "C11",
  CAST(NULL AS VARCHAR) AS "C12"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_USER" AS "T"
    WHERE
      "T"."USER_KEY" = 'unknown'
  );

CREATE TABLE IF NOT EXISTS "CORE"."BRIDGE_USER_CATEGORY" (
  "USER_KEY" VARCHAR NOT NULL COMMENT 'the version of the user',
  "POSITION" NUMBER(38, 0) NOT NULL COMMENT 'the place in the list, from 1',
  "CATEGORY" VARCHAR NOT NULL COMMENT 'the item'
)
CLUSTER BY ("USER_KEY")
COMMENT = 'The categories of a version of a user.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__TOUCHED" (
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.'
)
COMMENT = 'The keys of which the running build has new changes.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__BEFORE" (
  "USER_KEY" VARCHAR NOT NULL COMMENT 'the version of the user',
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.',
  "VALID_FROM" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "VALID_TO" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'before when'
)
COMMENT = 'The versions that those keys had before.';

CREATE TABLE IF NOT EXISTS "STAGING"."USERS__MOVED" (
  "ID" NUMBER(38, 0) COMMENT 'The user''s number.'
)
COMMENT = 'The keys whose versions are others now.';

CREATE TABLE IF NOT EXISTS "CORE"."VIDEO_LOG" (
  "CHANGE_ID" VARCHAR NOT NULL COMMENT 'the change',
  "ATTRIBUTES_ID" VARCHAR NOT NULL COMMENT 'equal where nothing changed',
  "EFFECTIVE_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "IS_STATED" BOOLEAN NOT NULL COMMENT 'whether the change says so itself',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.',
  "NAME" VARCHAR COMMENT 'The title that viewers see.',
  "URL" VARCHAR COMMENT 'Where the video is watched.',
  "CREATION_TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When it was published.',
  "CREATOR_ID" NUMBER(38, 0) COMMENT 'The user who published it.',
  "PRIVATE" BOOLEAN COMMENT 'Whether only its creator can see it.',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
CLUSTER BY ("ID")
COMMENT = 'Every change of a video that was ever sent, each once.';

CREATE TABLE IF NOT EXISTS "CORE"."VIDEO_SOURCE" (
  "CHANGE_ID" VARCHAR NOT NULL,
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "COPIES" NUMBER(38, 0) NOT NULL
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'Which load brought a change of a video, and how often.';

CREATE TABLE IF NOT EXISTS "CORE"."DIM_VIDEO" (
  "VIDEO_KEY" VARCHAR NOT NULL COMMENT 'the version of the video',
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.',
  "NAME" VARCHAR COMMENT 'The title that viewers see.',
  "URL" VARCHAR COMMENT 'Where the video is watched.',
  "CREATION_TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When it was published.',
  "CREATOR_ID" NUMBER(38, 0) COMMENT 'The user who published it.',
  "PRIVATE" BOOLEAN COMMENT 'Whether only its creator can see it.',
  "CREATED_MONTH" VARCHAR COMMENT 'the month of creation_timestamp, in UTC',
  "VALID_FROM" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "VALID_TO" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'before when',
  "IS_CURRENT" BOOLEAN NOT NULL COMMENT 'whether it holds still',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
CLUSTER BY ("ID")
COMMENT = 'Every version of a video, with the time in which it holds.';

INSERT INTO "CORE"."DIM_VIDEO" (
  "VIDEO_KEY",
  "ID",
  "NAME",
  "URL",
  "CREATION_TIMESTAMP",
  "CREATOR_ID",
  "PRIVATE",
  "CREATED_MONTH",
  "VALID_FROM",
  "VALID_TO",
  "IS_CURRENT",
  "_LANDED_AT",
  "_EXTRA"
)
SELECT
  'unknown' AS "C0",
  CAST(NULL AS NUMBER(38, 0)) AS "C1",
  CAST(NULL AS VARCHAR) AS "C2",
  CAST(NULL AS VARCHAR) AS "C3",
  CAST(NULL AS TIMESTAMP_NTZ(6)) AS "C4",
  CAST(NULL AS NUMBER(38, 0)) AS "C5",
  CAST(NULL AS BOOLEAN) AS "C6",
  CAST(NULL AS VARCHAR) AS "C7",
  TO_TIMESTAMP_NTZ((-62135596800000000), 6) AS "C8",
  TO_TIMESTAMP_NTZ(253402300799000000, 6) AS "C9",
  FALSE AS "C10",
  TO_TIMESTAMP_NTZ((-62135596800000000), 6) AS "C11",
  CAST(NULL AS VARCHAR) AS "C12"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_VIDEO" AS "T"
    WHERE
      "T"."VIDEO_KEY" = 'unknown'
  );

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__TOUCHED" (
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.'
)
COMMENT = 'The keys of which the running build has new changes.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__BEFORE" (
  "VIDEO_KEY" VARCHAR NOT NULL COMMENT 'the version of the video',
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.',
  "VALID_FROM" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when it holds',
  "VALID_TO" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'before when'
)
COMMENT = 'The versions that those keys had before.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEOS__MOVED" (
  "ID" NUMBER(38, 0) COMMENT 'The video''s number.'
)
COMMENT = 'The keys whose versions are others now.';

CREATE TABLE IF NOT EXISTS "CORE"."FCT_EVENT" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same',
  "USER_KEY" VARCHAR NOT NULL COMMENT 'the version that held then',
  "VIDEO_KEY" VARCHAR NOT NULL COMMENT 'the version that held then',
  "USER_ID" NUMBER(38, 0) COMMENT 'Who did it.',
  "VIDEO_ID" NUMBER(38, 0) COMMENT 'With which video.',
  "EVENT" VARCHAR COMMENT 'What he did.',
  "TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When he did it.',
  "COMMENT" VARCHAR COMMENT 'What he wrote, of a comment.',
  "LATITUDE" FLOAT COMMENT 'Where he was, in degrees north.',
  "LONGITUDE" FLOAT COMMENT 'Where he was, in degrees east.',
  "EVENT_DATE" DATE COMMENT 'the date of timestamp, in UTC',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
CLUSTER BY ("USER_ID", "VIDEO_ID", "EVENT")
COMMENT = 'Every event, each once.';

CREATE TABLE IF NOT EXISTS "CORE"."EVENT_COPY" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "COPIES" NUMBER(38, 0) NOT NULL
)
CLUSTER BY ("_LOAD_ID")
COMMENT = 'How often a event came again, beside the one that is kept.';

CREATE TABLE IF NOT EXISTS "CORE"."BRIDGE_EVENT_TAG" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same',
  "POSITION" NUMBER(38, 0) NOT NULL COMMENT 'the place in the list, from 1',
  "TAG" VARCHAR NOT NULL COMMENT 'the item'
)
CLUSTER BY ("EVENT_ID")
COMMENT = 'The tags of a event.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__AGAIN" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same'
)
COMMENT = 'The facts of the running build that were there, or came twice.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__ROW" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same',
  "USER_KEY" VARCHAR NOT NULL COMMENT 'the version that held then',
  "VIDEO_KEY" VARCHAR NOT NULL COMMENT 'the version that held then',
  "USER_ID" NUMBER(38, 0) COMMENT 'Who did it.',
  "VIDEO_ID" NUMBER(38, 0) COMMENT 'With which video.',
  "EVENT" VARCHAR COMMENT 'What he did.',
  "TIMESTAMP" TIMESTAMP_NTZ(6) COMMENT 'When he did it.',
  "COMMENT" VARCHAR COMMENT 'What he wrote, of a comment.',
  "LATITUDE" FLOAT COMMENT 'Where he was, in degrees north.',
  "LONGITUDE" FLOAT COMMENT 'Where he was, in degrees east.',
  "EVENT_DATE" DATE COMMENT 'the date of timestamp, in UTC',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "_SOURCE" VARCHAR NOT NULL COMMENT 'the source''s URI',
  "_VERSION" VARCHAR NOT NULL COMMENT 'which version of the source, as its store names it',
  "_LINE_NUMBER" NUMBER(38, 0) COMMENT 'the line of the source, where the system tells it',
  "_LANDED_AT" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'when the source landed',
  "_EXTRA" VARCHAR COMMENT 'what the contract does not know, as JSON'
)
COMMENT = 'The facts that are written anew.';

CREATE TABLE IF NOT EXISTS "STAGING"."EVENTS__TIMES" (
  "EVENT_ID" VARCHAR NOT NULL COMMENT 'who it is: equal ones have the same',
  "_LOAD_ID" VARCHAR NOT NULL COMMENT 'which load brought it',
  "TIMES" NUMBER(38, 0) NOT NULL
)
COMMENT = 'How often each of the facts that came again came with each load.';

CREATE TABLE IF NOT EXISTS "CORE"."DIM_DATE" (
  "DATE" DATE NOT NULL COMMENT 'the day',
  "YEAR" NUMBER(38, 0) NOT NULL,
  "QUARTER" NUMBER(38, 0) NOT NULL COMMENT 'from 1 to 4',
  "MONTH" NUMBER(38, 0) NOT NULL COMMENT 'from 1 to 12',
  "DAY" NUMBER(38, 0) NOT NULL COMMENT 'the day of the month',
  "WEEKDAY" NUMBER(38, 0) NOT NULL COMMENT 'from 1 for Monday to 7'
)
COMMENT = 'Every day on which something happened, in UTC.';

CREATE TABLE IF NOT EXISTS "CORE"."DIM_EVENT_TYPE" (
  "EVENT" VARCHAR NOT NULL COMMENT 'What he did.'
)
COMMENT = 'What event of events can be.';

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'created' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'created'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'viewed' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'viewed'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'like' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'like'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'dislike' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'dislike'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'commented' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'commented'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'add_tags' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'add_tags'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'remove_tags' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'remove_tags'
  );

INSERT INTO "CORE"."DIM_EVENT_TYPE" (
  "EVENT"
)
SELECT
  'share' AS "C0"
FROM (
  SELECT
    1 AS "ONE"
) AS "O"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "ONE"
    FROM "CORE"."DIM_EVENT_TYPE" AS "T"
    WHERE
      "T"."EVENT" = 'share'
  );

CREATE TABLE IF NOT EXISTS "CORE"."BRIDGE_VIDEO_TAG" (
  "VIDEO_ID" NUMBER(38, 0) NOT NULL COMMENT 'the video',
  "TAG" VARCHAR NOT NULL COMMENT 'the tag',
  "VALID_FROM" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'since when',
  "VALID_TO" TIMESTAMP_NTZ(6) NOT NULL COMMENT 'before when'
)
CLUSTER BY ("VIDEO_ID")
COMMENT = 'A tag of a video, and the time in which it has it.';

CREATE TABLE IF NOT EXISTS "STAGING"."VIDEO_TAG__TOUCHED" (
  "VIDEO_ID" NUMBER(38, 0) NOT NULL COMMENT 'the video'
)
COMMENT = 'The videos whose tags the running build may change.';
