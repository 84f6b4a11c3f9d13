"""What a block of the corpus's Python reads, and what it leaves to the blocks after it, by its text alone."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """What a block has to do with others: names of its module, and places such as `os.environ["HOME"]`."""

    reads: frozenset[str]
    """What it uses before it makes it itself; in functions that it defines, too."""
    makes: tuple[tuple[int, str], ...]
    """What it assigns, imports, defines or changes: the line of the statement's end, and the name."""

    def made_from(self, line: int) -> frozenset[str]:
        """Return what its statements make that end on a line or after it."""
        return frozenset(name for end, name in self.makes if end >= line)


def read_block(source: str) -> Block:
    """Read a block's text.

    Raises `SyntaxError`.
    """
    reader = _Reader(frozenset())
    for statement in ast.parse(source).body:
        reader.read(statement)
    # A function reads when it is called: what the block makes after it counts.
    return Block(frozenset(reader.reads | (reader.later - reader.made)), tuple(reader.makes))


class _Reader(ast.NodeVisitor):
    """Goes through statements in the order in which they run."""

    def __init__(self, known: Iterable[str]) -> None:
        self.reads: set[str] = set()
        self.later: set[str] = set()
        self.made = set(known)
        self.makes: list[tuple[int, str]] = []
        self._end = 0

    def read(self, statement: ast.stmt) -> None:
        """Read a statement of a module."""
        self._end = statement.end_lineno or statement.lineno
        self.visit(statement)

    def _make(self, name: str) -> None:
        self.made.add(name)
        self.makes.append((self._end, name))

    def _change(self, node: ast.expr) -> None:
        """Note what `app.config["KEY"] = …`, `app.init()` and `@app.get()` change: the app."""
        parts: set[type[ast.expr]] = set()
        while isinstance(node, ast.Attribute | ast.Subscript | ast.Call | ast.Await):
            parts.add(type(node))
            node = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(node, ast.Name) and parts & {ast.Attribute, ast.Subscript}:
            self.makes.append((self._end, node.id))

    def _use(self, name: str) -> None:
        if name not in self.made:
            self.reads.add(name)

    def _visit_all(self, *nodes: ast.AST | Iterable[ast.AST | None] | None) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):
                self.visit(node)
            elif node is not None:
                self._visit_all(*node)

    def visit_Name(self, node: ast.Name) -> None:
        self._use(node.id) if isinstance(node.ctx, ast.Load) else self._make(node.id)

    def _visit_place(self, node: ast.Attribute | ast.Subscript) -> None:
        self.generic_visit(node)
        place = ast.unparse(node)
        if isinstance(node.ctx, ast.Load):
            self._use(place)
        else:
            self._make(place)
            self._change(node)

    visit_Attribute = visit_Subscript = _visit_place  # noqa: N815

    def visit_Expr(self, node: ast.Expr) -> None:
        self.generic_visit(node)
        self._change(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._visit_all(node.value, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self._visit_all(node.annotation, node.value, node.target if node.value else None)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._use(ast.unparse(node.target))
        self._visit_all(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self._visit_all(node.value, node.target)

    def _visit_loop(self, node: ast.For | ast.AsyncFor | ast.comprehension) -> None:
        more = [node.ifs] if isinstance(node, ast.comprehension) else [node.body, node.orelse]
        self._visit_all(node.iter, node.target, *more)

    visit_For = visit_AsyncFor = visit_comprehension = _visit_loop  # noqa: N815

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self._visit_all(node.type)
        if node.name:
            self._make(node.name)
        self._visit_all(node.body)

    def _visit_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._make(alias.asname or alias.name.partition(".")[0])

    visit_Import = visit_ImportFrom = _visit_import  # noqa: N815

    def _visit_capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self.generic_visit(node)
        if node.name:
            self._make(node.name)

    visit_MatchAs = visit_MatchStar = _visit_capture  # noqa: N815

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        arguments = node.args
        self._visit_all(arguments.defaults, arguments.kw_defaults)
        if not isinstance(node, ast.Lambda):
            self._visit_all(node.decorator_list)
            for decorator in node.decorator_list:
                self._change(decorator)
        self.later |= set(_globals(symtable.symtable(ast.unparse(node), "block", "exec")))
        if not isinstance(node, ast.Lambda):
            self._make(node.name)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_all(node.decorator_list, node.bases, node.keywords)
        self._visit_inside(node.body)
        self._make(node.name)

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        self._visit_inside(node.generators, node.elt)

    visit_ListComp = visit_SetComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self._visit_inside(node.generators, node.key, node.value)

    def _visit_inside(self, *nodes: ast.AST | Iterable[ast.AST]) -> None:
        """Visit what has names of its own, which nobody else sees."""
        inside = _Reader(self.made)
        inside._visit_all(*nodes)
        self.reads |= inside.reads
        self.later |= inside.later


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names of the module that functions read."""
    for inside in table.get_children():
        yield from (
            symbol.get_name()
            for symbol in inside.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        )
        yield from _globals(inside)
