"""Tables of questions and answers (CSV) made into Markdown: a heading for each row. Pure; it reads no file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

_QUESTION = frozenset({"question", "questions", "q", "frage", "fragen", "pregunta", "vraag", "domanda", "pergunta", "title", "titel", "titre", "heading"})
_ANSWER = frozenset({"answer", "answers", "a", "antwort", "antworten", "réponse", "reponse", "respuesta", "antwoord", "risposta", "resposta", "body", "text", "content"})
_ROWS = 120  # of one article, so that each stays well below the passages that an article may have
_MOST_ROWS = 20_000


def articles(text: str) -> list[str]:
    """Markdown, one text for each hundred-odd rows. Columns that are named question and answer, in any of seven languages, become headings and
    their text; other tables become a heading from the first column and a line for each of the others. Empty where there is no row.

    Raises ValueError with the reason when it is no table, or too long a one.
    """
    rows = _rows(text)
    if len(rows) < 2:
        return []
    head, body = rows[0], rows[1:]
    if len(body) > _MOST_ROWS:
        raise ValueError(f"has {len(body):,} rows, and {_MOST_ROWS:,} is the most that is read: split it")
    written = list(dict.fromkeys(filter(None, (_row(head, row) for row in body))))  # the same pair twice is one
    return ["\n\n".join(written[at : at + _ROWS]) + "\n" for at in range(0, len(written), _ROWS)]


def _rows(text: str) -> list[list[str]]:
    head = text.lstrip("\ufeff\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t|", key=head.count))  # the first row names columns, and names hold no such marks
    try:
        return [cells for cells in ([" ".join(cell.split("\0")).strip() for cell in row] for row in reader) if any(cells)]
    except csv.Error:
        raise ValueError("cannot be read as a table with columns") from None


def _row(head: Sequence[str], row: Sequence[str]) -> str:
    names = [name.strip().strip("\ufeff").lower() for name in head]
    question = next((at for at, name in enumerate(names) if name in _QUESTION), None)
    answer = next((at for at, name in enumerate(names) if name in _ANSWER), None)
    if question is not None and answer is not None and max(question, answer) < len(row):
        return f"## {_line(row[question])}\n\n{row[answer]}" if row[question] and row[answer] else ""
    told = [f"- {_line(name)}: {_line(cell)}" for name, cell in zip(head[1:], row[1:], strict=False) if cell]
    return f"## {_line(row[0])}\n\n" + "\n".join(told) if row[0] and told else ""


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
