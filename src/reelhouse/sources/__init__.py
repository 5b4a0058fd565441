"""The border: what a landed file is, and which lines, rows or documents it holds.

All that reads sources reads them through here, so that it is decided once, and alike for all:

- `packing` unpacks a source, by its first bytes.
- `nature` tells what a source is, before any of it is judged, or why it can't be read at all.
- `lines` cuts text into lines, and says what belongs to a line and which are blank.
- `multiline` joins lines into rows of CSV; `documents` finds the records of JSON documents.
- `pieces` reads a part of a source.
"""
