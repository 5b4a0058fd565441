DECLARE new_sources ARRAY<STRUCT<uri STRING, version STRING, landed_at TIMESTAMP, size INT64>>;
DECLARE run STRING DEFAULT GENERATE_UUID();
DECLARE started TIMESTAMP DEFAULT CURRENT_TIMESTAMP();
DECLARE failed ARRAY<STRING> DEFAULT [];

SET new_sources = (
  SELECT ARRAY_AGG(STRUCT(o.uri, CAST(o.generation AS STRING), o.updated, o.size) ORDER BY o.uri)
  FROM `raw`.`landing_object` AS o
  WHERE STARTS_WITH(o.uri, '{{ params.landing }}/events/') AND o.size > 0
    AND NOT REGEXP_CONTAINS(SUBSTR(o.uri, LENGTH('{{ params.landing }}/events/') + 1), r'(^|/)[._]|[.](tmp|part|crc|crdownload)$')
    AND NOT EXISTS (
      SELECT 1 FROM `raw`.`raw_source` AS s
      WHERE s.dataset = 'events'
        AND s.uri = o.uri AND s.version = CAST(o.generation AS STRING)
    )
);

IF ARRAY_LENGTH(new_sources) <= 200 THEN
  FOR source IN (SELECT n.uri, n.version, n.landed_at, n.size FROM UNNEST(new_sources) AS n) DO
    BEGIN
      EXECUTE IMMEDIATE FORMAT("""
        LOAD DATA OVERWRITE TEMP TABLE one_source (line STRING) FROM FILES (
          format = 'CSV', field_delimiter = '\\x01', quote = '', null_marker = '\\x02',
    preserve_ascii_control_characters = true, encoding = 'UTF-8', max_bad_records = 0,
    skip_leading_rows = 0, allow_jagged_rows = false, uris = [%T]%s)""",
        source.uri, IF(ENDS_WITH(source.uri, '.gz'), ", compression = 'GZIP'", ''));
      BEGIN
        BEGIN TRANSACTION;
        INSERT INTO `raw`.`events` (line, _source, _version, _line_number, _landed_at, _loaded_at, _load_id, _problem)
        SELECT line, source.uri, source.version, NULL, source.landed_at, started,
          CONCAT(run, '-', source.uri), NULL
        FROM one_source WHERE TRIM(line, ' \t\r') <> '';
        INSERT INTO `raw`.`raw_source` (load_id, dataset, uri, version, landed_at, loaded_at, lines, size)
        SELECT CONCAT(run, '-', source.uri), 'events', source.uri,
          source.version, source.landed_at, started, COUNT(*), source.size
        FROM one_source;
        COMMIT TRANSACTION;
      EXCEPTION WHEN ERROR THEN
        ROLLBACK TRANSACTION;
        RAISE;
      END;
    EXCEPTION WHEN ERROR THEN
      SET failed = ARRAY_CONCAT(failed, [CONCAT(source.uri, ': ', @@error.message)]);
    END;
  END FOR;
ELSEIF ARRAY_LENGTH(new_sources) > 200 THEN
  BEGIN TRANSACTION;
  INSERT INTO `raw`.`events` (line, _source, _version, _line_number, _landed_at, _loaded_at, _load_id, _problem)
  SELECT l.line, n.uri, n.version, NULL, n.landed_at, started, CONCAT(run, '-', n.uri), NULL
  FROM `raw`.`landing_events` AS l
  JOIN UNNEST(new_sources) AS n ON n.uri = l._FILE_NAME
  WHERE TRIM(l.line, ' \t\r') <> '';
  INSERT INTO `raw`.`raw_source` (load_id, dataset, uri, version, landed_at, loaded_at, lines, size)
  SELECT CONCAT(run, '-', n.uri), 'events', n.uri, n.version, n.landed_at,
    started, NULL, n.size
  FROM UNNEST(new_sources) AS n;
  COMMIT TRANSACTION;
END IF;

IF ARRAY_LENGTH(failed) > 0 THEN
  RAISE USING MESSAGE = CONCAT('not loaded: ', ARRAY_TO_STRING(failed, '; '));
END IF;
