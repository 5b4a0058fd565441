CREATE SCHEMA IF NOT EXISTS "raw";

CREATE SCHEMA IF NOT EXISTS "staging";

CREATE SCHEMA IF NOT EXISTS "errors";

CREATE SCHEMA IF NOT EXISTS "core";

CREATE TABLE IF NOT EXISTS "raw"."events" (
  "line" VARCHAR,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "_problem" VARCHAR
);

CREATE TABLE IF NOT EXISTS "raw"."users" (
  "line" VARCHAR,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "_problem" VARCHAR
);

CREATE TABLE IF NOT EXISTS "raw"."videos" (
  "line" VARCHAR,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_loaded_at" TIMESTAMP NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "_problem" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."events__line" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_form" VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."events__item" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_kind" VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."events__cell" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_odd" BOOLEAN,
  "user_id" VARCHAR,
  "video_id" VARCHAR,
  "event" VARCHAR,
  "timestamp" VARCHAR,
  "comment" VARCHAR,
  "tags" VARCHAR,
  "latitude" VARCHAR,
  "longitude" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."events__odd" (
  "_text" VARCHAR NOT NULL,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."events__tags" (
  "_text" VARCHAR NOT NULL,
  "_typed" VARCHAR,
  "_wrong" BOOLEAN NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."events" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_reasons" VARCHAR,
  "_value" VARCHAR,
  "_raw" VARCHAR,
  "_id" VARCHAR,
  "user_id" BIGINT,
  "video_id" BIGINT,
  "event" VARCHAR,
  "timestamp" TIMESTAMP,
  "comment" VARCHAR,
  "tags" VARCHAR,
  "latitude" DOUBLE,
  "latitude__text" VARCHAR,
  "longitude" DOUBLE,
  "longitude__text" VARCHAR,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."events__count" (
  "_load_id" VARCHAR NOT NULL,
  "records" BIGINT NOT NULL,
  "valid" BIGINT NOT NULL,
  "invalid" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "errors"."events" (
  "_load_id" VARCHAR NOT NULL,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_built_at" TIMESTAMP NOT NULL,
  "field" VARCHAR,
  "rule" VARCHAR NOT NULL,
  "value" VARCHAR,
  "reasons" VARCHAR NOT NULL,
  "raw" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."users__line" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_problem" VARCHAR,
  "_place" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."users__header" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR NOT NULL,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_width" BIGINT NOT NULL,
  "id" BIGINT,
  "fname" BIGINT,
  "lname" BIGINT,
  "email" BIGINT,
  "country" BIGINT,
  "subscription" BIGINT,
  "categories" BIGINT,
  "updated_at" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."users__cell" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_extra" VARCHAR,
  "id" VARCHAR,
  "fname" VARCHAR,
  "lname" VARCHAR,
  "email" VARCHAR,
  "country" VARCHAR,
  "subscription" VARCHAR,
  "categories" VARCHAR,
  "updated_at" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."users__categories" (
  "_text" VARCHAR NOT NULL,
  "_typed" VARCHAR,
  "_wrong" BOOLEAN NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."users" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_reasons" VARCHAR,
  "_value" VARCHAR,
  "_raw" VARCHAR,
  "_id" VARCHAR,
  "id" BIGINT,
  "fname" VARCHAR,
  "lname" VARCHAR,
  "email" VARCHAR,
  "country" VARCHAR,
  "subscription" BOOLEAN,
  "categories" VARCHAR,
  "updated_at" TIMESTAMP,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."users__count" (
  "_load_id" VARCHAR NOT NULL,
  "records" BIGINT NOT NULL,
  "valid" BIGINT NOT NULL,
  "invalid" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "errors"."users" (
  "_load_id" VARCHAR NOT NULL,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_built_at" TIMESTAMP NOT NULL,
  "field" VARCHAR,
  "rule" VARCHAR NOT NULL,
  "value" VARCHAR,
  "reasons" VARCHAR NOT NULL,
  "raw" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."videos__line" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_problem" VARCHAR,
  "_place" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."videos__header" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR NOT NULL,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_width" BIGINT NOT NULL,
  "id" BIGINT,
  "name" BIGINT,
  "url" BIGINT,
  "creation_timestamp" BIGINT,
  "creator_id" BIGINT,
  "private" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."videos__cell" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_text" VARCHAR,
  "_field" VARCHAR,
  "_problem" VARCHAR,
  "_extra" VARCHAR,
  "id" VARCHAR,
  "name" VARCHAR,
  "url" VARCHAR,
  "creation_timestamp" VARCHAR,
  "creator_id" VARCHAR,
  "private" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."videos" (
  "_load_id" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_reasons" VARCHAR,
  "_value" VARCHAR,
  "_raw" VARCHAR,
  "_id" VARCHAR,
  "id" BIGINT,
  "name" VARCHAR,
  "url" VARCHAR,
  "creation_timestamp" TIMESTAMP,
  "creator_id" BIGINT,
  "private" BOOLEAN,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."videos__count" (
  "_load_id" VARCHAR NOT NULL,
  "records" BIGINT NOT NULL,
  "valid" BIGINT NOT NULL,
  "invalid" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "errors"."videos" (
  "_load_id" VARCHAR NOT NULL,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_built_at" TIMESTAMP NOT NULL,
  "field" VARCHAR,
  "rule" VARCHAR NOT NULL,
  "value" VARCHAR,
  "reasons" VARCHAR NOT NULL,
  "raw" VARCHAR
);

CREATE TABLE IF NOT EXISTS "raw"."raw_source" (
  "load_id" VARCHAR NOT NULL,
  "dataset" VARCHAR NOT NULL,
  "uri" VARCHAR NOT NULL,
  "version" VARCHAR NOT NULL,
  "landed_at" TIMESTAMP NOT NULL,
  "loaded_at" TIMESTAMP NOT NULL,
  "lines" BIGINT,
  "size" BIGINT
);

CREATE TABLE IF NOT EXISTS "raw"."lake_source" (
  "dataset" VARCHAR NOT NULL,
  "uri" VARCHAR NOT NULL,
  "version" VARCHAR NOT NULL,
  "records" BIGINT NOT NULL,
  "valid" BIGINT NOT NULL,
  "invalid" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."load" (
  "load_id" VARCHAR NOT NULL,
  "dataset" VARCHAR NOT NULL,
  "uri" VARCHAR NOT NULL,
  "version" VARCHAR NOT NULL,
  "landed_at" TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."built_load" (
  "load_id" VARCHAR NOT NULL,
  "dataset" VARCHAR NOT NULL,
  "uri" VARCHAR NOT NULL,
  "version" VARCHAR NOT NULL,
  "landed_at" TIMESTAMP NOT NULL,
  "records" BIGINT NOT NULL,
  "valid" BIGINT NOT NULL,
  "invalid" BIGINT NOT NULL,
  "built_at" TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."build_lock" (
  "one" BIGINT NOT NULL,
  "builds" BIGINT NOT NULL
);

INSERT INTO "core"."build_lock" (
  "one",
  "builds"
)
SELECT
  1 AS "c0",
  0 AS "c1"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."build_lock" AS "t"
    WHERE
      "t"."one" = 1
  );

CREATE TABLE IF NOT EXISTS "core"."user_log" (
  "change_id" VARCHAR NOT NULL,
  "attributes_id" VARCHAR NOT NULL,
  "effective_at" TIMESTAMP NOT NULL,
  "is_stated" BOOLEAN NOT NULL,
  "_landed_at" TIMESTAMP NOT NULL,
  "id" BIGINT,
  "fname" VARCHAR,
  "lname" VARCHAR,
  "email" VARCHAR,
  "country" VARCHAR,
  "subscription" BOOLEAN,
  "updated_at" TIMESTAMP,
  "categories" VARCHAR,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "core"."user_source" (
  "change_id" VARCHAR NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "copies" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."dim_user" (
  "user_key" VARCHAR NOT NULL,
  "id" BIGINT,
  "fname" VARCHAR,
  "lname" VARCHAR,
  "email" VARCHAR,
  "country" VARCHAR,
  "subscription" BOOLEAN,
  "updated_at" TIMESTAMP,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP NOT NULL,
  "is_current" BOOLEAN NOT NULL,
  "_landed_at" TIMESTAMP NOT NULL,
  "_extra" VARCHAR
);

INSERT INTO "core"."dim_user" (
  "user_key",
  "id",
  "fname",
  "lname",
  "email",
  "country",
  "subscription",
  "updated_at",
  "valid_from",
  "valid_to",
  "is_current",
  "_landed_at",
  "_extra"
)
SELECT
  'unknown' AS "c0",
  CAST(NULL AS BIGINT) AS "c1",
  CAST(NULL AS VARCHAR) AS "c2",
  CAST(NULL AS VARCHAR) AS "c3",
  CAST(NULL AS VARCHAR) AS "c4",
  CAST(NULL AS VARCHAR) AS "c5",
  CAST(NULL AS BOOLEAN) AS "c6",
  CAST(NULL AS TIMESTAMP) AS "c7",
  MAKE_TIMESTAMP((-62135596800000000)) AS "c8",
  MAKE_TIMESTAMP(253402300799000000) AS "c9",
  FALSE AS "c10",
  MAKE_TIMESTAMP((-62135596800000000)) AS "c11",
  CAST(NULL AS VARCHAR) AS "c12"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_user" AS "t"
    WHERE
      "t"."user_key" = 'unknown'
  );

CREATE TABLE IF NOT EXISTS "core"."bridge_user_category" (
  "user_key" VARCHAR NOT NULL,
  "position" BIGINT NOT NULL,
  "category" VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."users__touched" (
  "id" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."users__before" (
  "user_key" VARCHAR NOT NULL,
  "id" BIGINT,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."users__moved" (
  "id" BIGINT
);

CREATE TABLE IF NOT EXISTS "core"."video_log" (
  "change_id" VARCHAR NOT NULL,
  "attributes_id" VARCHAR NOT NULL,
  "effective_at" TIMESTAMP NOT NULL,
  "is_stated" BOOLEAN NOT NULL,
  "_landed_at" TIMESTAMP NOT NULL,
  "id" BIGINT,
  "name" VARCHAR,
  "url" VARCHAR,
  "creation_timestamp" TIMESTAMP,
  "creator_id" BIGINT,
  "private" BOOLEAN,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "core"."video_source" (
  "change_id" VARCHAR NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "copies" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."dim_video" (
  "video_key" VARCHAR NOT NULL,
  "id" BIGINT,
  "name" VARCHAR,
  "url" VARCHAR,
  "creation_timestamp" TIMESTAMP,
  "creator_id" BIGINT,
  "private" BOOLEAN,
  "created_month" VARCHAR,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP NOT NULL,
  "is_current" BOOLEAN NOT NULL,
  "_landed_at" TIMESTAMP NOT NULL,
  "_extra" VARCHAR
);

INSERT INTO "core"."dim_video" (
  "video_key",
  "id",
  "name",
  "url",
  "creation_timestamp",
  "creator_id",
  "private",
  "created_month",
  "valid_from",
  "valid_to",
  "is_current",
  "_landed_at",
  "_extra"
)
SELECT
  'unknown' AS "c0",
  CAST(NULL AS BIGINT) AS "c1",
  CAST(NULL AS VARCHAR) AS "c2",
  CAST(NULL AS VARCHAR) AS "c3",
  CAST(NULL AS TIMESTAMP) AS "c4",
  CAST(NULL AS BIGINT) AS "c5",
  CAST(NULL AS BOOLEAN) AS "c6",
  CAST(NULL AS VARCHAR) AS "c7",
  MAKE_TIMESTAMP((-62135596800000000)) AS "c8",
  MAKE_TIMESTAMP(253402300799000000) AS "c9",
  FALSE AS "c10",
  MAKE_TIMESTAMP((-62135596800000000)) AS "c11",
  CAST(NULL AS VARCHAR) AS "c12"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_video" AS "t"
    WHERE
      "t"."video_key" = 'unknown'
  );

CREATE TABLE IF NOT EXISTS "staging"."videos__touched" (
  "id" BIGINT
);

CREATE TABLE IF NOT EXISTS "staging"."videos__before" (
  "video_key" VARCHAR NOT NULL,
  "id" BIGINT,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."videos__moved" (
  "id" BIGINT
);

CREATE TABLE IF NOT EXISTS "core"."fct_event" (
  "event_id" VARCHAR NOT NULL,
  "user_key" VARCHAR NOT NULL,
  "video_key" VARCHAR NOT NULL,
  "user_id" BIGINT,
  "video_id" BIGINT,
  "event" VARCHAR,
  "timestamp" TIMESTAMP,
  "comment" VARCHAR,
  "latitude" DOUBLE,
  "longitude" DOUBLE,
  "event_date" DATE,
  "_load_id" VARCHAR NOT NULL,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "core"."event_copy" (
  "event_id" VARCHAR NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "copies" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."bridge_event_tag" (
  "event_id" VARCHAR NOT NULL,
  "position" BIGINT NOT NULL,
  "tag" VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."events__again" (
  "event_id" VARCHAR NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."events__row" (
  "event_id" VARCHAR NOT NULL,
  "user_key" VARCHAR NOT NULL,
  "video_key" VARCHAR NOT NULL,
  "user_id" BIGINT,
  "video_id" BIGINT,
  "event" VARCHAR,
  "timestamp" TIMESTAMP,
  "comment" VARCHAR,
  "latitude" DOUBLE,
  "longitude" DOUBLE,
  "event_date" DATE,
  "_load_id" VARCHAR NOT NULL,
  "_source" VARCHAR NOT NULL,
  "_version" VARCHAR NOT NULL,
  "_line_number" BIGINT,
  "_landed_at" TIMESTAMP NOT NULL,
  "_extra" VARCHAR
);

CREATE TABLE IF NOT EXISTS "staging"."events__times" (
  "event_id" VARCHAR NOT NULL,
  "_load_id" VARCHAR NOT NULL,
  "times" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."dim_date" (
  "date" DATE NOT NULL,
  "year" BIGINT NOT NULL,
  "quarter" BIGINT NOT NULL,
  "month" BIGINT NOT NULL,
  "day" BIGINT NOT NULL,
  "weekday" BIGINT NOT NULL
);

CREATE TABLE IF NOT EXISTS "core"."dim_event_type" (
  "event" VARCHAR NOT NULL
);

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'created' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'created'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'viewed' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'viewed'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'like' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'like'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'dislike' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'dislike'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'commented' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'commented'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'add_tags' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'add_tags'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'remove_tags' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'remove_tags'
  );

INSERT INTO "core"."dim_event_type" (
  "event"
)
SELECT
  'share' AS "c0"
FROM (
  SELECT
    1 AS "one"
) AS "o"
WHERE
  NOT EXISTS(
    SELECT
      1 AS "one"
    FROM "core"."dim_event_type" AS "t"
    WHERE
      "t"."event" = 'share'
  );

CREATE TABLE IF NOT EXISTS "core"."bridge_video_tag" (
  "video_id" BIGINT NOT NULL,
  "tag" VARCHAR NOT NULL,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP NOT NULL
);

CREATE TABLE IF NOT EXISTS "staging"."video_tag__touched" (
  "video_id" BIGINT NOT NULL
);
