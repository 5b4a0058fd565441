"""Write what is generated into docs/warehouse.md: the star's diagram, partitions and clusters.

python scripts/warehouse_page.py
"""

from pathlib import Path

from reelhouse.contract.registry import load_all
from reelhouse.warehouse.diagram import diagram, layout

PAGE = Path(__file__).parents[1] / "docs" / "warehouse.md"


def page(text: str) -> str:
    """The page with its generated parts as they are now."""
    contracts = load_all()
    parts = {"star": f"```mermaid\n{diagram(contracts)}```\n", "layout": layout(contracts)}
    for name, part in parts.items():
        before, mark, rest = text.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"<!-- /{name} -->")
        assert mark, name
        assert end, name
        text = before + mark + part + end + after
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
