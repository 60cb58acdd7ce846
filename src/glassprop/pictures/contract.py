"""What a picture is: data first, then a table, a figure and a file made of them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from glassprop.errors import ArgumentError, MissingExtraError
from glassprop.model_files import shown_path
from glassprop.number_texts import number_text
from glassprop.pictures.paper import Drawing, drawn, picture_bytes, svg_text
from glassprop.result_files import write_result
from glassprop.text_tables import table_text

ENDINGS = (".svg", ".png", ".pdf")


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """Data, and how they are drawn.

    The data and the table are there without Matplotlib; a figure, SVG and files need it
    (``glassprop[plot]``).

    Parameters
    ----------
    title : str
        What it is.
    description : str
        What it shows, in a sentence or two, for those who cannot see it.
    data : mapping from str to object
        What is drawn, arrays and rows, under the names that the function which made
        it documents; ``picture["counts"]`` gives one.
    rows : sequence of sequences
        The same as a table, the header first.
    draw : callable
        ``draw(figure, data)`` draws the data into a Matplotlib figure.
    size : tuple of float
        Width and height in inches.

    Examples
    --------
    >>> rows = [("hours", "points"), (2, 92), (1, 86)]
    >>> def draw(figure, data):
    ...     figure.subplots().plot(data["hours"], data["points"], "o")
    >>> data = {"hours": [2, 1], "points": [92, 86]}
    >>> print(Picture("Exam", "Points by hours.", data, rows, draw).table())
    hours  points
    -----  ------
    2      92
    1      86
    """

    title: str
    description: str
    data: Mapping[str, Any]
    rows: Sequence[Sequence[object]]
    draw: Drawing
    size: tuple[float, float] = (6.4, 4.0)

    def __getitem__(self, name: str) -> Any:
        """Give what is drawn under a name."""
        if name not in self.data:
            known = ", ".join(self.data)
            raise KeyError(f"there is nothing named {name!r}; there are {known}")
        return self.data[name]

    def __str__(self) -> str:
        return f"{self.title}\n{self.description}\n\n{self.table()}"

    def __repr__(self) -> str:
        return f"<Picture {self.title!r} of {', '.join(self.data)}>"

    def table(self) -> str:
        """Write the data as lines of text, for those who would rather read.

        Returns
        -------
        str
            A header, a rule, and a line for each row.
        """
        return table_text(self.rows)

    def figure(self) -> Any:
        """Draw it.

        Returns
        -------
        matplotlib.figure.Figure
            A new figure, that no window and no ``pyplot`` knows of.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        return drawn(self.draw, self.data, self.size)

    def svg(self) -> str:
        """Draw it as SVG, with its title and its description inside.

        Returns
        -------
        str
            A whole file; the same data give the same text.

        Raises
        ------
        MissingExtraError
            If Matplotlib is not installed.
        """
        return svg_text(self.figure(), self.title, self.description)

    def save(self, path: Any) -> None:
        """Write it to a file.

        Parameters
        ----------
        path : str or path
            Where to; its ending says the format, ``.svg``, ``.png`` or ``.pdf``. A file
            that is there is replaced as a whole, or not at all.

        Raises
        ------
        ArgumentError
            If it is not a path, or has another ending.
        MissingExtraError
            If Matplotlib is not installed.
        DataError
            If the file cannot be written.
        """
        write_result(path, self.file_bytes(path))

    def file_bytes(self, path: Any) -> bytes:
        """Give what `save` writes to a file of this name.

        Parameters
        ----------
        path : str or path
            Its ending says the format.

        Returns
        -------
        bytes
            All of the file.

        Raises
        ------
        ArgumentError
            If it is not a path, or has another ending than those.
        MissingExtraError
            If Matplotlib is not installed.
        """
        name = shown_path(path)
        ending = os.path.splitext(os.fsdecode(path))[1].lower()
        if ending not in ENDINGS:
            raise ArgumentError(
                f"{name}: expected a name that ends in .svg, .png or .pdf, got "
                f"{ending or 'no ending'}."
            )
        if ending == ".svg":
            return self.svg().encode()
        return picture_bytes(self.figure(), ending.removeprefix("."))

    def _repr_svg_(self) -> str | None:
        try:
            return self.svg()
        except MissingExtraError:
            return None  # a notebook shows the table then

    def _repr_html_(self) -> str:
        svg = self._repr_svg_()
        picture = ""
        if svg is not None:
            words = escape(f"{self.title}. {self.description}")
            data = base64.b64encode(svg.encode()).decode()
            picture = f'<img src="data:image/svg+xml;base64,{data}" alt="{words}"/>'
        opened = "" if picture else ' open=""'
        return (
            f"<figure>{picture}<figcaption>{escape(self.description)}</figcaption>"
            f"<details{opened}><summary>{escape(self.title)}: a table</summary>"
            f"<table>{''.join(self._html_rows())}</table></details></figure>"
        )

    def _html_rows(self) -> list[str]:
        lines = []
        for at, row in enumerate(self.rows):
            kind = "td" if at else "th"
            texts = [
                number_text(one) if isinstance(one, float) else str(one) for one in row
            ]
            cells = "".join(f"<{kind}>{escape(text)}</{kind}>" for text in texts)
            lines.append(f"<tr>{cells}</tr>")
        return lines
