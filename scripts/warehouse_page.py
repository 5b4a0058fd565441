"""Write what is generated into docs/warehouse.md: the star's diagram, partitions and clusters.

python scripts/warehouse_page.py
"""

import re
from pathlib import Path

from reelhouse.contract.registry import load_all
from reelhouse.warehouse.diagram import diagram, layout

PAGE = Path(__file__).parents[1] / "docs" / "warehouse.md"


def page(text: str) -> str:
    """The page with its generated parts as they are now."""
    contracts = load_all()
    parts = {"star": f"```mermaid\n{diagram(contracts)}```\n", "layout": layout(contracts)}
    for name, part in parts.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text, count = between.subn(lambda found, part=part: found[1] + part + found[2], text)
        assert count == 1, name
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
