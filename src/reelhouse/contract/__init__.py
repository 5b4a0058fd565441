"""The contract: its model, its loading from ODCS, the reference validator, and the compilers."""
