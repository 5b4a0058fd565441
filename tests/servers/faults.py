"""What the proxies do wrong when they are told to, and for which requests."""

import random
import re
from dataclasses import asdict, dataclass, field
from typing import Any

KINDS = ("answer", "cut", "delay")
MOMENTS = ("before", "after", "midway")


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a share of a bucket's requests.

    `answer` gives `status` for an answer, `cut` ends the connection, `delay` waits for `seconds`.
    `when`: `before` the request is passed on (the store never sees it), `after` it was carried
    out (only the answer is lost), or `midway` (half of the answer's body is sent).
    `only` is a regular expression for the whole method (`PUT|POST`), `matching` one that is
    searched for in the decoded path and query. After `times` faults no more happen.
    """

    kind: str
    share: float = 1.0
    when: str = "before"
    status: int = 503
    seconds: float = 0.0
    seed: int = 0
    only: str | None = None
    matching: str | None = None
    times: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass
class Rule:
    """A fault that is in force: it draws from a random source of its own, so it can be repeated."""

    fault: Fault
    happened: int = 0
    source: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.source = random.Random(self.fault.seed)

    def strikes(self, method: str, target: str) -> bool:
        fault = self.fault
        if fault.only and not re.fullmatch(fault.only, method):
            return False
        if fault.matching and not re.search(fault.matching, target):
            return False
        if fault.times is not None and self.happened >= fault.times:
            return False
        if self.source.random() >= fault.share:
            return False
        self.happened += 1
        return True
