"""What is generated and committed is as the code makes it now."""

from pathlib import Path

from reelhouse.contract.registry import load_all
from reelhouse.warehouse.files import files
from scripts.warehouse_page import PAGE, page

SQL = Path(__file__).parents[2] / "warehouse" / "sql"
MEND = "run reelhouse warehouse compile, and review what changed"


def test_the_compiled_sql_is_that_of_the_shipped_contracts() -> None:
    expected = files(load_all())
    found = {
        str(path.relative_to(SQL)): path.read_text() for path in SQL.rglob("*") if path.is_file()
    }
    assert set(found) == set(expected), MEND
    assert not [name for name, text in expected.items() if found[name] != text], MEND


def test_the_page_has_the_star_as_it_is() -> None:
    text = PAGE.read_text()
    assert page(text) == text, "run python scripts/warehouse_page.py"
