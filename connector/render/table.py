"""A table is a value; text for a terminal and markdown are two ways to show it."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from connector.domain.text import one_line, printable

# Each word that is a state, an action or a decision has a tone; terminal and pages share it.
TONES = {
    "committed": "given",
    "commit": "given",
    "waiting": "calm",
    "wait": "calm",
    "intent": "calm",
    "held": "asks",
    "hold": "asks",
    "blocked": "stuck",
    "block": "stuck",
    "unknown": "alarm",
    "rejected": "failed",
    "missed": "failed",
    "ignored": "quiet",
    "unmapped": "quiet",
    "withdrawn": "quiet",
    "skip": "quiet",
}
_COLOURS = {
    "given": "green",
    "calm": "cyan",
    "asks": "yellow",
    "stuck": "yellow",
    "alarm": "bold red",
    "failed": "red",
    "quiet": "dim",
}
STYLES = {word: _COLOURS[tone] for word, tone in TONES.items()}


FEW, WIDE = 2, 110  # columns that stand side by side in any width; where any number of them does
LEAST = 30  # what a paragraph's cells need beside the names of the columns, else they stand below
NOTHING = ("", "-")
NAME, LINE = 120, 600  # letters shown of a name in a list, and of a line; JSON has them all


@dataclass(frozen=True, slots=True)
class Table:
    """Titled columns of text. A cell that is a state or an action is coloured on a terminal."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = "nothing"


def show(table: Table, console: Console) -> None:
    """Print a table for a person; where room is short, a row is a paragraph."""
    console.print(Text(f"\n{one_line(table.title)}", style="bold"))
    if not table.rows:
        console.print(Text(f"  {printable(table.empty)}", style="dim"))
        return
    grid = _grid(table)
    if len(table.columns) <= FEW or console.width >= WIDE or _fits(grid, console):
        console.print(grid)
        return
    for row in table.rows:
        console.print()
        console.print(_paragraph(table.columns, row, console.width))
    console.print()


def _grid(table: Table) -> RichTable:
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, expand=False)
    for column in table.columns:
        grid.add_column(column, overflow="fold")
    for row in table.rows:
        grid.add_row(*map(_cell, row))
    return grid


def _fits(grid: RichTable, console: Console) -> bool:
    return console.measure(grid).maximum < console.width


def _paragraph(columns: Sequence[str], row: Sequence[str], width: int) -> RichTable:
    """Set a row as lines of a column's name and its cell; those that say nothing are left out."""
    told = [(name, cell) for name, cell in zip(columns, row, strict=True) if cell not in NOTHING]
    lines = RichTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    if width - max(map(len, columns)) < LEAST:
        lines.add_column(overflow="fold")
        for name, cell in told:
            lines.add_row(Text(name, style="dim"))
            lines.add_row(Padding(_cell(cell), (0, 0, 0, 2)))
        return lines
    lines.add_column(style="dim", no_wrap=True)
    lines.add_column(overflow="fold")
    for name, cell in told:
        lines.add_row(Text(name), _cell(cell))
    return lines


def _cell(cell: str) -> Text:
    lines = map(brief, printable(cell).split("\n"))
    return Text("\n".join(lines), style=STYLES.get(cell, ""))


def short(name: str) -> str:
    """Return a name for a list: the whole of a sensible one, the beginning of any other."""
    return name if len(name) <= NAME else f"{name[:NAME]}…"


def brief(line: str) -> str:
    """Return a line with the middle left out of one that nobody reads: its end says what to do."""
    return line if len(line) <= LINE else f"{line[: LINE // 2]} … {line[-LINE // 2 :]}"


def text(table: Table, width: int = 160) -> str:
    """Return the table as plain text."""
    out = io.StringIO()
    show(table, Console(file=out, width=width, color_system=None, highlight=False))
    return out.getvalue()


def markdown(table: Table) -> str:
    """Return the table as a markdown section."""
    if not table.rows:
        return f"### {_escaped(one_line(table.title))}\n\n{_escaped(table.empty)}\n"
    lines = [f"### {_escaped(one_line(table.title))}", "", _line(table.columns)]
    lines.append(_line(["---"] * len(table.columns)))
    lines += [_line(row) for row in table.rows]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """Escape what markdown takes for its own; `@` would call people on a pull request."""
    return (
        printable(text)
        .replace("\\", "\\\\")
        .replace("|", "\\|")
        .replace("*", "\\*")
        .replace("[", "\\[")
        .replace("<", "&lt;")
        .replace("@", "&#64;")
        .replace("\n", "<br>")
    )
