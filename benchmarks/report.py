"""The results as tables: on a terminal with rich, in the README as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

Record = dict[str, Any]

LEAST_WIDTH = 100
OPENING, CLOSING = "<!-- results -->", "<!-- /results -->"


@dataclass(frozen=True)
class Block:
    """A titled table, with remarks under it."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    remarks: tuple[str, ...] = ()


def blocks(results: Record) -> list[Block]:
    makers = (
        ("compare", compare_block),
        ("compare", goals_block),
        ("scaling", scaling_block),
        ("ledger", ledger_block),
        ("use_cases", use_cases_block),
        ("functions", functions_block),
        ("startup", startup_block),
        ("warehouse", warehouse_block),
    )
    made = [make(results[part]) for part, make in makers if part in results]
    return [block for block in made if block.rows]


def compare_block(part: Record) -> Block:
    columns = (
        "contender",
        "job s",
        "spread",
        "process s",
        "MB/s, job",
        "process",
        "peak MB",
        "invalid",
    )
    rows = [
        (
            row["label"],
            f"{row['job_seconds']:.2f}",
            f"{row['job_seconds_min']:.1f}–{row['job_seconds_max']:.1f}",
            f"{row['process_seconds']:.2f}",
            f"{row['job_mb_per_second']:.1f}",
            f"{row['process_mb_per_second']:.1f}",
            f"{row['peak_mb']:,}",
            f"{row['invalid']:,}",
        )
        for row in part["rows"]
    ]
    remarks = (
        f"{part['source_mb']:g} MB of source; median of {part['rounds']} interleaved rounds, "
        "the highest peak. Every command starts from nothing.",
        counts_remark(part),
        *failure_remarks(part),
        machine_remark(part),
    )
    return Block("Against peers", columns, rows, remarks)


def counts_remark(part: Record) -> str:
    if not part["rows"]:
        return "None of them finished."
    text = f"Records read: {part['rows'][0]['records']:,}."
    if not part["disagreements"]:
        return f"{text} Each of them counts the same."
    if len({row["records"] for row in part["rows"]}) > 1:
        return f"{text} Others count otherwise: {'; '.join(part['disagreements'])}."
    return (
        f"{text} They differ in what is invalid: "
        "who counts fewer has taken broken records for valid ones."
    )


def failure_remarks(part: Record) -> list[str]:
    return [
        f"{name} failed: {message.splitlines()[-1]}" for name, message in part["failures"].items()
    ]


def goals_block(part: Record) -> Block:
    return Block("Goals", GOAL_COLUMNS, [goal_row(goal) for goal in part["goals"]])


GOAL_COLUMNS = ("goal", "on the job", "on the whole process")


def goal_row(goal: Record) -> tuple[str, ...]:
    return (goal["goal"], *(span_cell(goal, span) for span in ("job", "process")))


def span_cell(goal: Record, span: str) -> str:
    if span not in goal["measured"]:
        return "–"
    verdict = {True: ", holds", False: ", missed", None: ""}[goal["holds"][span]]
    return f"{goal['measured'][span]:g} {goal['unit']}{verdict}"


def scaling_block(part: Record) -> Block:
    columns = ("engine", "events", "source MB", "job s", "process s", "s per million", "peak MB")
    rows = [
        (
            row["label"],
            f"{row['events']:,}",
            f"{row['mb']:,.0f}",
            f"{row['job_seconds']:.1f}",
            f"{row['process_seconds']:.1f}",
            f"{row['process_seconds'] / row['events'] * 1_000_000:.1f}",
            f"{row['peak_mb']:,}",
        )
        for row in sorted(part["rows"], key=lambda row: row["label"])
    ]
    return Block("Against size", columns, rows, (*failure_remarks(part), machine_remark(part)))


def ledger_block(part: Record) -> Block:
    columns = ("one new file in", "process s")
    rows = [
        ("an empty lake", f"{part['empty_seconds']:.2f}"),
        (
            f"a lake of {part['batches']:,} batches and {part['sources']:,} sources",
            f"{part['big_seconds']:.2f}",
        ),
    ]
    ratio = part["big_seconds"] / part["empty_seconds"]
    verdict = "holds" if ratio < 2 else "missed"
    remark = f"{ratio:.2f} × the time; the goal, under 2 ×: {verdict}."
    return Block("With a big ledger", columns, rows, (remark, machine_remark(part)))


def use_cases_block(part: Record) -> Block:
    columns = ("use case", "Spark s", "DuckDB s", "the same answer")
    rows = [
        (
            row["use_case"],
            seconds(row["spark"]),
            seconds(row["duckdb"]),
            "yes" if row["same"] else "NO",
        )
        for row in part["rows"]
    ]
    remark = (
        f"Each asks {part['events']:,} events, for the first {part['top']}, in a process that has "
        "read nothing before; its start is not counted. Spark has 2 GB, DuckDB 6 GB."
    )
    return Block("Use cases, next to SQL by hand", columns, rows, (remark, machine_remark(part)))


def seconds(value: float | None) -> str:
    return "failed" if value is None else f"{value:.1f}"


def warehouse_block(part: Record) -> Block:
    rows = [(row["what"], f"{row['seconds']:.0f}", f"{row['peak_mb']:,}") for row in part["rows"]]
    remark = (
        f"{part['events']:,} events, {part['bytes'] / 1e6:,.0f} MB, into a database in a file; "
        f"DuckDB may use {part['memory_mb']:,} MB. Whole processes."
    )
    columns = ("a star in DuckDB", "seconds", "peak MB")
    return Block("The warehouse", columns, rows, (remark, machine_remark(part)))


def functions_block(part: Record) -> Block:
    platforms = part["platforms"]
    names = next(iter(platforms.values()))
    rows = [(name, *(figure(each[name]) for each in platforms.values())) for name in names]
    title = f"Functions with {part['memory_mb']} MB"
    return Block(title, ("", *platforms), rows, (machine_remark(part),))


def startup_block(part: Record) -> Block:
    nothing = part["rows"][0]["seconds"]
    rows = [
        (row["command"], f"{row['seconds']:.2f}", f"{row['seconds'] / nothing:.0f}")
        for row in part["rows"]
    ]
    remarks = (f"Median of {part['rounds']} interleaved rounds.", machine_remark(part))
    return Block("Starting", ("command", "s", "times as long"), rows, remarks)


def figure(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def machine_remark(part: Record) -> str:
    machine = part["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"Measured on {machine['date']}: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_gb']} GB, {machine['system']}; {versions}; "
        f"load average when it began {machine['load']:.1f}."
    )


def show(results: Record, console: Console) -> None:
    for block in blocks(results):
        table = Table(title=block.title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
        for number, column in enumerate(block.columns):
            table.add_column(column, justify="right" if number else "left", no_wrap=number > 0)
        for row in block.rows:
            table.add_row(*row)
        console.print(table)
        for remark in block.remarks:
            console.print(remark, markup=False)


def markdown(results: Record) -> str:
    lines: list[str] = []
    for block in blocks(results):
        lines += [f"### {block.title}", ""]
        lines += [table_line(block.columns), table_line(alignments(block.columns))]
        lines += [table_line(row) for row in block.rows]
        lines += [line for remark in block.remarks for line in ("", remark)]
        lines += [""]
    return "\n".join(lines).strip()


def alignments(columns: Sequence[str]) -> tuple[str, ...]:
    return ("---", *("---:" for _ in columns[1:]))


def table_line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


def write_readme(results: Record, readme: Path) -> None:
    """Put the results between the README's markers. Raises SystemExit when they are not there."""
    text = readme.read_text()
    before, opening, rest = text.partition(OPENING)
    _, closing, after = rest.partition(CLOSING)
    if not (opening and closing):
        raise SystemExit(f"{readme}: needs the lines {OPENING} and {CLOSING}, in this order")
    readme.write_text(f"{before}{OPENING}\n{markdown(results)}\n{CLOSING}{after}")
