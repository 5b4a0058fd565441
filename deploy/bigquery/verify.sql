-- What no emulator can tell of BigQuery: run it once, in the console or by `bq query`. Each
-- statement says what it checks; a row with ok = false is news, and belongs into an issue.

-- a class without a character that is written by its number
SELECT 'a control character in a class' AS what,
  REGEXP_CONTAINS('a' || CHR(4) || 'b', '^[^' || CHR(4) || ']$') = FALSE AS ok;
-- a bracket first in a class, and a class of brackets
SELECT 'brackets in classes', REGEXP_CONTAINS('[]', '^[[][]]$');
-- $ is the end of the text, not of a line
SELECT 'the end of the text', NOT REGEXP_CONTAINS('a' || CHR(10) || 'b', 'a$');
-- a group, and what it matched, or null
SELECT 'what a group matched', REGEXP_EXTRACT('k=v', 'k=(.)') = 'v'
  AND REGEXP_EXTRACT('x', 'k=(.)') IS NULL;
-- the n-th match, and null where there is none, or for a null
SELECT 'the n-th match', REGEXP_EXTRACT(',a,b', ',([^,]*)', 1, 2) = 'b'
  AND REGEXP_EXTRACT(',a,b', ',([^,]*)', 1, 3) IS NULL
  AND REGEXP_EXTRACT(',a,b', ',([^,]*)', 1, CAST(NULL AS INT64)) IS NULL;
-- a replacement names the group
SELECT 'a replacement', REGEXP_REPLACE('a1', '([0-9])', '<\\1>') = 'a<1>';
-- rounding half away from zero, at the ninth decimal
SELECT 'billionths', CAST('0.0000000005' AS NUMERIC) = CAST('0.000000001' AS NUMERIC)
  AND CAST('-0.0000000005' AS NUMERIC) = CAST('-0.000000001' AS NUMERIC);
-- a JSON string with a surrogate pair
SELECT 'an escaped character', JSON_VALUE('"\\ud83d\\ude00"', '$') = '😀';
-- the hash of UTF-8, in lower case
SELECT 'the hash', TO_HEX(SHA256('é'))
  = '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c';
-- texts stand in the order of their code points
SELECT 'the order of texts', 'B' < 'a' AND 'é' > 'z';
-- then land one file with: a line of spaces at both ends, a line with a lone CR inside, a line with
-- a NUL, a line with the bytes FF FE, a line of 9 MB, an empty line; load it, and compare with
-- `reelhouse warehouse query` in DuckDB
SELECT line, LENGTH(line) AS characters, TO_HEX(CAST(SUBSTR(line, 1, 20) AS BYTES)) AS begins
FROM `raw`.`events` WHERE _source LIKE '%verify%' ORDER BY LENGTH(line);
