"""Compile a model: DuckDB's SQL, with macros, into that of each system.

`sqlglot` reads and writes the SQL, and does not refuse what it can't translate. So only what stands
in `allowed` gets to it, and all else is a macro (`macros`) or a CompileError.
"""

from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from reelhouse.errors import ReelhouseError
from reelhouse.warehouse.allowed import FUNCTIONS, NODES, NULLS, STATEMENTS
from reelhouse.warehouse.macros import ITEM_ONLY, MACROS, Macro
from reelhouse.warehouse.patterns import UnsupportedPattern, portable
from reelhouse.warehouse.tables import ColumnType
from reelhouse.warehouse.targets import TYPES, Target, name_sql, text_sql

OPERATIONS = (exp.Binary, exp.Unary, exp.Between, exp.In)
"""What stands in parentheses where it is an argument: a template may put an operator beside it."""


class CompileError(ReelhouseError):
    """A model says what does not mean the same on all systems: where, what, and the mend."""


def compile_sql(text: str, target: Target, path: str = "") -> list[str]:
    """Compile the statements of a text, each into one of the target's.

    `path` names the text in messages. Raises CompileError.
    """
    return [_Writer(target, path).write(each) for each in statements(text, path)]


def tables_written(text: str, path: str = "") -> set[str]:
    """The tables that a text's statements change, as schema.table. Raises CompileError."""
    return {_table(_changed(each)) for each in statements(text, path) if _is_change(each)}


def tables_read(text: str, path: str = "") -> set[str]:
    """The tables that a text's statements read, as schema.table. Raises CompileError."""
    return {
        _table(table)
        for each in statements(text, path)
        for table in each.find_all(exp.Table)
        if table.args.get("db") and not (_is_change(each) and table is _changed(each))
    }


def statements(text: str, path: str = "") -> list[exp.Expr]:
    """The statements of a text, parsed. Raises CompileError if they can't be."""
    try:
        found = sqlglot.parse(text, read="duckdb")
    except SqlglotError as error:
        first = error.errors[0] if isinstance(error, ParseError) and error.errors else {}
        line, said = first.get("line"), first.get("description") or str(error)
        raise CompileError(f"{_place(path, line)}: {said}") from None
    return [each for each in found if each is not None]


def _is_change(statement: exp.Expr) -> bool:
    return isinstance(statement, exp.Insert | exp.Delete | exp.Update)


def _changed(statement: exp.Expr) -> exp.Table:
    table = statement.this.this if isinstance(statement.this, exp.Schema) else statement.this
    assert isinstance(table, exp.Table)
    return table


def _table(table: exp.Table) -> str:
    return f"{table.db}.{table.name}"


def _place(path: str, line: object) -> str:
    return ":".join(str(each) for each in (path or "the SQL", line) if each)


def _line(node: exp.Expr) -> int | None:
    """The line at which a node stands, as near as it is known."""
    near: Iterator[exp.Expr] = node.walk()
    found = next((each.meta["line"] for each in near if "line" in each.meta), None)
    if found is None and node.parent is not None:
        return _line(node.parent)
    return found


class _Writer:
    """Writes one statement for one system."""

    def __init__(self, target: Target, path: str) -> None:
        self.target, self.path = target, path

    def refuse(self, node: exp.Expr, what: str, mend: str) -> CompileError:
        """The error of a node: where it stands, what is wrong, and the mend."""
        return CompileError(f"{_place(self.path, _line(node))}: {what}: {mend}")

    def write(self, statement: exp.Expr) -> str:
        """The statement in the target's SQL."""
        tree = statement.copy()
        for node in list(tree.walk()):
            self._check(node)
        self._check_statement(tree)
        for node in list(tree.find_all(exp.Cast)):
            self._put(node, f"CAST(NULL AS {TYPES[self.target][self._null_type(node)]})")
        if self.target == "snowflake":
            self._rename_rows(tree)
            for name in list(tree.find_all(exp.Identifier)):
                name.set("this", name.name.upper())
        # the innermost first: what stands in a macro is written before it
        for call in reversed(list(tree.find_all(exp.Anonymous))):
            self._expand(call)
        for literal in list(tree.find_all(exp.Literal)):
            if literal.is_string:
                self._put(literal, text_sql(literal.name, self.target))
        return self._sql(tree, pretty=True)

    def _sql(self, node: exp.Expr, pretty: bool = False) -> str:
        try:
            return node.sql(
                dialect=self.target,
                identify=True,
                pretty=pretty,
                comments=False,
                normalize_functions=False,
                unsupported_level=ErrorLevel.RAISE,
            )
        except SqlglotError as error:
            raise self.refuse(node, str(error), "write it in another way") from None

    def _put(self, node: exp.Expr, text: str) -> None:
        """Put text of the target's SQL in a node's place."""
        node.replace(exp.Var(this=text))

    # --- what is allowed

    def _check_statement(self, tree: exp.Expr) -> None:
        if not isinstance(tree, STATEMENTS):
            word = tree.key.upper()
            raise self.refuse(
                tree, f"{word} is no statement of a model", "insert, delete or update"
            )
        if isinstance(tree, exp.Insert) and not isinstance(tree.this, exp.Schema):
            raise self.refuse(tree, "the columns are not named", "insert into t (a, b) select …")
        if isinstance(tree, exp.Delete | exp.Update) and not tree.args.get("where"):
            raise self.refuse(tree, "it has no where", "BigQuery needs one: where true")

    def _check(self, node: exp.Expr) -> None:
        kind = type(node)
        if isinstance(node, exp.Anonymous):
            self._check_macro(node)
        elif isinstance(node, exp.Star):
            if not isinstance(node.parent, exp.Count):
                raise self.refuse(node, "* stands for columns that nobody sees", "name them")
        elif isinstance(node, exp.Cast):
            self._null_type(node)
        elif isinstance(node, exp.Join) and (node.args.get("using") or node.args.get("method")):
            raise self.refuse(node, "a join says what it joins by ON", "on a.x = b.x")
        elif isinstance(node, exp.Window) and node.args.get("spec"):
            raise self.refuse(node, "frames of windows differ", "leave the frame out")
        elif isinstance(node, exp.Identifier):
            name_sql(node.name, self.target)
        elif kind not in NODES and kind not in FUNCTIONS and not isinstance(node, exp.DataType):
            said = node.sql(dialect="duckdb")[:60]
            raise self.refuse(
                node,
                f"{said} may not mean the same on all systems",
                "use what warehouse/allowed.py lists, or a macro of warehouse/macros.py",
            )

    def _null_type(self, node: exp.Cast) -> ColumnType:
        kind = node.to.sql(dialect="duckdb").upper()
        kind = {"TEXT": "VARCHAR"}.get(kind, kind)
        if not isinstance(node.this, exp.Null) or kind not in NULLS:
            raise self.refuse(
                node, "systems differ in what a cast gives", "use a macro; only null can be cast"
            )
        return NULLS[kind]

    def _check_macro(self, call: exp.Anonymous) -> None:
        macro = MACROS.get(call.name.lower())
        if macro is None:
            raise self.refuse(
                call,
                f"{call.name} is no function that all systems have",
                "use what warehouse/allowed.py lists, or a macro of warehouse/macros.py",
            )
        if len(call.expressions) != macro.arguments:
            raise self.refuse(
                call, f"{call.name} has {len(call.expressions)} arguments", f"{macro.arguments}"
            )
        stands_in_from = isinstance(call.parent, exp.Table)
        if macro.rows != stands_in_from:
            raise self.refuse(
                call,
                f"{call.name} stands in the wrong place",
                "in FROM" if macro.rows else "it gives one value, and stands where values do",
            )
        if macro.rows and not call.parent.alias:  # type: ignore[union-attr]
            raise self.refuse(call, "it has no name", "as u(position, item)")
        for place in (*macro.patterns, *macro.groups, *macro.words):
            if not isinstance(call.expressions[place], exp.Literal):
                raise self.refuse(call, f"argument {place + 1} is no literal", "write it out")

    # --- macros

    def _rename_rows(self, tree: exp.Expr) -> None:
        """Name the columns of Snowflake's FLATTEN for what they stand for."""
        given = {
            call.parent.alias
            for call in tree.find_all(exp.Anonymous)
            if MACROS[call.name.lower()].rows and call.parent is not None
        }
        for column in list(tree.find_all(exp.Column)):
            if column.table in given:
                alias = name_sql(column.table, self.target)
                as_sent = {
                    "position": f"({alias}.INDEX + 1)",
                    "item": f"CAST({alias}.VALUE AS VARCHAR)",
                }
                if column.name not in as_sent:
                    raise self.refuse(column, f"{column.name} is none of its columns", "item")
                put: exp.Expr = exp.Var(this=as_sent[column.name])
                if column.arg_key == "expressions" and isinstance(column.parent, exp.Select):
                    put = exp.alias_(put, column.name, quoted=True)
                column.replace(put)

    def _expand(self, call: exp.Anonymous) -> None:
        macro = MACROS[call.name.lower()]
        arguments = self._arguments(call, macro)
        template = macro.templates[self.target]
        if macro.rows and self.target == "duckdb" and not self._asks_position(call):
            template = ITEM_ONLY
        text = template.format(*arguments)
        if not macro.rows:
            self._put(call, text)
            return
        table = call.parent
        assert isinstance(table, exp.Table)
        self._put(table, f"{text} AS {name_sql(table.alias, self.target)}")

    def _asks_position(self, call: exp.Anonymous) -> bool:
        alias = call.parent.alias if call.parent is not None else ""
        return any(
            column.table == alias and column.name == "position"
            for column in call.root().find_all(exp.Column)
        )

    def _arguments(self, call: exp.Anonymous, macro: Macro) -> list[str]:
        written: list[str] = []
        numbers: tuple[int, ...] = ()
        for place, argument in enumerate(call.expressions):
            if place in macro.patterns:
                try:
                    pattern = portable(argument.name, self.target)
                except UnsupportedPattern as reason:
                    raise self.refuse(call, f"the pattern {argument.name}", str(reason)) from None
                numbers = pattern.groups
                written.append(text_sql(pattern.text, self.target))
            elif place in macro.groups:
                number = int(argument.name)
                if not 1 <= number <= len(numbers):
                    raise self.refuse(call, f"the pattern has no group {number}", "(…)")
                written.append(str(numbers[number - 1]))
            elif place in macro.words:
                written.append(argument.name.upper())
            else:
                for literal in list(argument.find_all(exp.Literal)):
                    if literal.is_string:
                        put = exp.Var(this=text_sql(literal.name, self.target))
                        argument = put if literal is argument else argument
                        literal.replace(put)
                sql = self._sql(argument)
                written.append(f"({sql})" if isinstance(argument, OPERATIONS) else sql)
        return written
