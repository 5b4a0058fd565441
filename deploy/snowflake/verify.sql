-- What no emulator can tell of Snowflake: run it once, in a worksheet. Each statement says what it
-- checks; a row with OK = FALSE is news, and belongs into an issue.

SELECT 'a control character in a class' AS WHAT,
  NOT REGEXP_LIKE('a' || CHR(4) || 'b', '[^' || CHR(4) || ']*') AS OK;
SELECT 'brackets in classes', REGEXP_LIKE('[]', '[[][]]');
SELECT 'a backslash before punctuation', REGEXP_LIKE('a.b', 'a\\.b') AND NOT REGEXP_LIKE('axb', 'a\\.b');
SELECT 'a backslash in a class', REGEXP_LIKE('a-b', '[a\\-b]+') AND NOT REGEXP_LIKE('\\', '[a\\-b]');
SELECT 'the whole text, over lines', REGEXP_LIKE('a' || CHR(10) || 'b', 'a[^x]b');
SELECT 'the end of the text', REGEXP_INSTR('a' || CHR(10) || 'b', 'a$') = 0;
SELECT 'what a group matched', REGEXP_SUBSTR('k=v', '(k)=(.)', 1, 1, 'e', 2) = 'v';
SELECT 'the n-th match', CAST(REGEXP_SUBSTR_ALL(',a,b', ',([^,]*)', 1, 1, 'e', 1)[2 - 1] AS VARCHAR) = 'b'
  AND CAST(REGEXP_SUBSTR_ALL(',a,b', ',([^,]*)', 1, 1, 'e', 1)[NULL - 1] AS VARCHAR) IS NULL;
SELECT 'a replacement', REGEXP_REPLACE('a1b2', '([0-9])', '<\\1>') = 'a<1>b<2>';
SELECT 'billionths', TRY_TO_DECIMAL('0.0000000005', 38, 9) = 0.000000001
  AND TRY_TO_DECIMAL('1E1', 38, 9) = 10;
SELECT 'an escaped character',
  JSON_EXTRACT_PATH_TEXT('{"v":' || '"\\ud83d\\ude00"' || '}', 'v') = '😀';
SELECT 'the length of a text', LENGTH('😀') = 1;
SELECT 'the hash', SHA2('é', 256) = '4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c';
SELECT 'the order of texts', 'B' < 'a' AND 'é' > 'z';
-- then land one file with: a line of spaces at both ends, a line with a lone CR inside, a line with
-- a NUL, a line with the bytes FF FE, a line of 9 MB, an empty line; load it, and compare with
-- `reelhouse warehouse query` in DuckDB
SELECT LINE, LENGTH(LINE) AS CHARACTERS, HEX_ENCODE(LEFT(LINE, 20)) AS BEGINS
FROM RAW.EVENTS WHERE _SOURCE LIKE '%verify%' ORDER BY LENGTH(LINE);
