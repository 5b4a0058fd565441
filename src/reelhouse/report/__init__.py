"""The report: one HTML file that says how the site is doing, and whether the data can be trusted.

`data` reads what came in and what was refused, `site` asks the lake what happened on the site,
`words` says it in sentences, `charts` draws it, and `page` puts it all into one file.
"""

INSTALL = "pip install 'reelhouse[report,spark]'"


def why_no_packages() -> str | None:
    """What is not installed of what draws the report, and how to mend it; None if nothing is."""
    try:
        import altair  # noqa: F401
        import jinja2  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        return f"The report needs {error.name}: {INSTALL}"
    return None
