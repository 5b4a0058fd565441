"""What a model may say: the parts of SQL, and the functions, that mean the same on all systems.

`sqlglot` names them. Each function here has a test of its meaning on all three; what is not here is
refused, or is a macro.
"""

from sqlglot import exp

from reelhouse.warehouse.tables import ColumnType

STATEMENTS = (exp.Insert, exp.Delete, exp.Update, exp.Select, exp.Union)
"""What a statement of a model, a check or a question may be."""

NODES: frozenset[type[exp.Expr]] = frozenset(
    {
        # statements and their clauses
        exp.Insert,
        exp.Delete,
        exp.Update,
        exp.Select,
        exp.Union,
        exp.With,
        exp.CTE,
        exp.TableAlias,
        exp.From,
        exp.Join,
        exp.Where,
        exp.Group,
        exp.Order,
        exp.Ordered,
        exp.Limit,
        exp.Distinct,
        exp.Subquery,
        exp.Schema,
        exp.Table,
        exp.Tuple,
        exp.Window,
        # expressions
        exp.Alias,
        exp.Column,
        exp.Identifier,
        exp.Literal,
        exp.Null,
        exp.Boolean,
        exp.Paren,
        exp.Neg,
        exp.Not,
        exp.And,
        exp.Or,
        exp.EQ,
        exp.NEQ,
        exp.NullSafeEQ,
        exp.NullSafeNEQ,
        exp.GT,
        exp.GTE,
        exp.LT,
        exp.LTE,
        exp.Is,
        exp.In,
        exp.Between,
        exp.Exists,
        exp.Case,
        exp.If,
        exp.Add,
        exp.Sub,
        exp.Mul,
        exp.DPipe,
        exp.Star,
    }
)

FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.Coalesce: "coalesce",
    exp.Nullif: "nullif",
    exp.Abs: "abs",
    exp.Count: "count",
    exp.Sum: "sum",
    exp.Min: "min",
    exp.Max: "max",
    exp.GroupConcat: "string_agg",
    exp.RowNumber: "row_number",
    exp.Lag: "lag",
    exp.Lead: "lead",
    exp.Length: "length",
    exp.Replace: "replace",
    exp.Substring: "substr",
    exp.StartsWith: "starts_with",
    exp.EndsWith: "ends_with",
}
"""Each function's name in a model."""

NULLS: dict[str, ColumnType] = {
    "VARCHAR": "text",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
}
"""The types that a null may be cast to, which is all that a model may cast."""
