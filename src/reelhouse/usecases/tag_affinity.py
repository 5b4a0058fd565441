"""Whether users watch what they say that they like.

One row for each user with an event in the span: `user_id`, `matching` (how many of his events
touched a video that shared a tag with his categories) and `other` (how many did not). Both are as
they were at the moment of the event: the video's tags after all changes up to that second, the
user's categories of the version valid then. A tag is a category only if both are spelled alike. A
user who is unknown has no categories, and a video of which no tag event is known no tags: such
events are `other`. Events of all types count, each once. The most matching user comes first; of
equals, the one with the least id.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from reelhouse.usecases.lake_frames import LakeFrames, as_of
from reelhouse.usecases.span import Span


def answer(lake: LakeFrames, span: Span, top: int | None = None) -> DataFrame:
    """The rows, in order; `top` is how many at most."""
    events = lake.events(span).select("user_id", "video_id", "timestamp")
    with_tags = as_of(events, "video_id", lake.tags(span), "tags")
    with_both = as_of(with_tags, "user_id", lake.categories(), "categories")
    matches = F.coalesce(F.arrays_overlap("tags", "categories"), F.lit(False))
    found = (
        with_both.groupBy("user_id")
        .agg(F.count_if(matches).alias("matching"), F.count_if(~matches).alias("other"))
        .orderBy(F.desc("matching"), "user_id")
    )
    return found if top is None else found.limit(top)
