"""The lake: Delta tables of valid records and of quarantine, and the ledger of what went in."""
