"""Judge the made-up cases on engines, and print what each made of them, as JSON.

python -m tests.conformance.made_up.judge ENGINE...
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reelhouse.engines import engine, reference
from tests.conformance.harness import contract_of, judge
from tests.conformance.made_up.fields import cases


def main() -> None:
    """Judge all cases on the engines that the command names."""
    found: dict[str, dict[str, Any]] = {}
    with TemporaryDirectory() as folder:
        for name in sys.argv[1:]:
            master = "local[2]" if name.startswith("spark") else None
            run = reference.run if name == "reference" else engine(name, master).run
            found[name] = {
                title: asdict(
                    judge(run, contract_of(case.contract, Path(folder)), {"a": case.source})[
                        "a"
                    ].sorted()
                )
                for title, case in cases()
                if not (title.endswith("!") and master)
            }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
