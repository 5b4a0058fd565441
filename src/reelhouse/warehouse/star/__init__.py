"""The star schema, from contracts: dimensions that keep every change, and facts that meet them.

A dataset with a primary key is a dimension (SCD type 2), one without is a fact. Each build touches
the keys and the facts that new records are about, and leaves what a rebuild from nothing would.
"""

from collections.abc import Mapping

from reelhouse.contract.model import Contract
from reelhouse.warehouse.star import control, dates, dimensions, facts, video_tags
from reelhouse.warehouse.star.shape import Star
from reelhouse.warehouse.tables import Model, Table


def star_tables(contracts: Mapping[str, Contract]) -> list[Table]:
    """The tables of the star, and those that a build works with."""
    star = Star(contracts)
    return [
        *control.TABLES,
        *(table for each in star.dimensions for table in dimensions.tables(each)),
        *(table for each in star.facts for table in facts.tables(each, star)),
        *dates.tables(star),
        *video_tags.tables(star),
    ]


def star_models(contracts: Mapping[str, Contract]) -> list[Model]:
    """From judged records to the star. Raises ReelhouseError for a relation to nothing."""
    star = Star(contracts)
    return [
        *(model for each in star.dimensions for model in dimensions.models(each)),
        *(model for each in star.facts for model in facts.models(each, star)),
        *dates.models(star),
        *video_tags.models(star),
    ]
