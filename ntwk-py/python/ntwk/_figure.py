"""Figures that the library draws: SVG in a notebook, PNG, files."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path

from ntwk import _ntwk


class Figure:
    """A figure of the library, the same as the command line draws. In a notebook it shows itself.

    It needs no Matplotlib. To draw into axes of your own, see the functions ``plot...`` of runs and studies.
    """

    def __init__(self, native: _ntwk.Figure) -> None:
        self._native = native

    def svg(self, dark: bool = False) -> str:
        """The figure as SVG, on a light or dark ground."""
        return self._native.svg(dark)

    def png(self, scale: float = 2.0, dark: bool = False) -> bytes:
        """The figure as PNG, ``scale`` pixels per 1/96 inch."""
        return self._native.png(scale, dark)

    def save(self, path: str | PathLike[str], scale: float = 2.0, dark: bool = False) -> None:
        """Writes the figure; the extension, ``.svg`` or ``.png``, says how."""
        file = Path(fspath(path))
        if file.suffix == ".svg":
            file.write_text(self.svg(dark), encoding="utf-8")
        elif file.suffix == ".png":
            file.write_bytes(self.png(scale, dark))
        else:
            raise ValueError(f"{file.name}: a figure is written as .svg or .png")

    def _repr_svg_(self) -> str:
        return self.svg()
