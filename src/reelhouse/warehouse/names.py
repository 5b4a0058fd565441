"""What a table or a column is called for a dataset or a field."""

UNKNOWN = "unknown"
"""The key of the member of a dimension that stands for whom nobody has told of yet."""


def singular(name: str) -> str:
    """One of what a name stands for: user of users, category of categories."""
    if name.endswith("ies") and len(name) > 4:
        return f"{name[:-3]}y"
    if name.endswith(("sses", "xes", "zes", "ches", "shes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")):
        return name[:-1] or name
    return name


def dimension(dataset: str) -> str:
    """The dimension of a dataset with a primary key."""
    return f"dim_{singular(dataset)}"


def log(dataset: str) -> str:
    """All changes of a dimension."""
    return f"{singular(dataset)}_log"


def change_source(dataset: str) -> str:
    """Which loads brought a dimension's changes."""
    return f"{singular(dataset)}_source"


def fact(dataset: str) -> str:
    """The facts of a dataset without a primary key."""
    return f"fct_{singular(dataset)}"


def copies(dataset: str) -> str:
    """How often a fact came again."""
    return f"{singular(dataset)}_copy"


def bridge(dataset: str, field: str) -> str:
    """The items of a list."""
    return f"bridge_{singular(dataset)}_{singular(field)}"


def key(dataset: str) -> str:
    """The key of a version of a dimension."""
    return f"{singular(dataset)}_key"


def identity(dataset: str) -> str:
    """The identity of a fact: equal facts have the same."""
    return f"{singular(dataset)}_id"
