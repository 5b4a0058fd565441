"""The raw tables: whole lines as they were sent, and which loads brought them."""

from reelhouse.contract.model import Contract
from reelhouse.warehouse.tables import Column, Table

LOAD = Column("_load_id", "text", "which load brought it", required=True)
LINE = Column("_line_number", "integer", "the line of the source, where the system tells it")
SOURCE = (
    Column("_source", "text", "the source's URI", required=True),
    Column("_version", "text", "which version of the source, as its store names it", required=True),
)
LANDED = Column("_landed_at", "timestamp", "when the source landed", required=True)


def raw_table(contract: Contract) -> Table:
    """The table of a dataset's lines."""
    return Table(
        schema="raw",
        name=contract.dataset,
        meaning=f"Every line of the sources of {contract.dataset}, as it was sent.",
        columns=(
            Column("line", "text", "the line, without its end"),
            *SOURCE,
            LINE,
            LANDED,
            Column("_loaded_at", "timestamp", "when it was loaded", required=True),
            LOAD,
            Column("_problem", "text", "the rule by which the line, or the source, can't be read"),
        ),
        partition_by="_loaded_at",
        cluster_by=("_load_id",),
        reason="A build reads the lines of new loads, which are of a few days.",
    )


RAW_SOURCE = Table(
    schema="raw",
    name="raw_source",
    meaning="Each load of a source. Of several loads of one version only the first one counts.",
    columns=(
        Column("load_id", "text", "the load", required=True),
        Column("dataset", "text", "whose source it is", required=True),
        Column("uri", "text", "the source's URI", required=True),
        Column("version", "text", "which version of the source", required=True),
        Column("landed_at", "timestamp", "when the source landed", required=True),
        Column("loaded_at", "timestamp", "when it was loaded", required=True),
        Column("lines", "integer", "how many lines it brought"),
        Column("size", "integer", "the source's size in bytes, where the system tells it"),
    ),
    cluster_by=("dataset", "uri"),
    reason="Whether a source was loaded is asked by its URI.",
)

STAGING_LOAD = Table(
    schema="staging",
    name="load",
    meaning="The loads that the running build takes.",
    columns=(
        Column("load_id", "text", required=True),
        Column("dataset", "text", required=True),
        Column("uri", "text", required=True),
        Column("version", "text", required=True),
        Column("landed_at", "timestamp", required=True),
    ),
)

LAKE_SOURCE = Table(
    schema="raw",
    name="lake_source",
    meaning="What the lake says became of each source, to compare the warehouse with.",
    columns=(
        Column("dataset", "text", required=True),
        Column("uri", "text", required=True),
        Column("version", "text", required=True),
        Column("records", "integer", required=True),
        Column("valid", "integer", required=True),
        Column("invalid", "integer", required=True),
    ),
    cluster_by=("dataset", "uri"),
    reason="Each source is looked up once.",
)
