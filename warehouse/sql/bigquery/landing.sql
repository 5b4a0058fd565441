CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.`landing_object`
WITH CONNECTION `{{ params.connection }}`
OPTIONS (object_metadata = 'SIMPLE', uris = ['{{ params.landing }}/*']);

CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.`landing_events` (line STRING)
WITH CONNECTION `{{ params.connection }}`
OPTIONS (
    format = 'CSV', field_delimiter = '\x01', quote = '', null_marker = '\x02',
    preserve_ascii_control_characters = true, encoding = 'UTF-8', max_bad_records = 0,
    skip_leading_rows = 0, allow_jagged_rows = false,
    uris = ['{{ params.landing }}/events/*']
);

CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.`landing_users` (line STRING)
WITH CONNECTION `{{ params.connection }}`
OPTIONS (
    format = 'CSV', field_delimiter = '\x01', quote = '', null_marker = '\x02',
    preserve_ascii_control_characters = true, encoding = 'UTF-8', max_bad_records = 0,
    skip_leading_rows = 0, allow_jagged_rows = false,
    uris = ['{{ params.landing }}/users/*']
);

CREATE EXTERNAL TABLE IF NOT EXISTS `raw`.`landing_videos` (line STRING)
WITH CONNECTION `{{ params.connection }}`
OPTIONS (
    format = 'CSV', field_delimiter = '\x01', quote = '', null_marker = '\x02',
    preserve_ascii_control_characters = true, encoding = 'UTF-8', max_bad_records = 0,
    skip_leading_rows = 0, allow_jagged_rows = false,
    uris = ['{{ params.landing }}/videos/*']
);
