"""Builds the documentation of the Python package as a site: pages whose snippets are run, the reference of every public name, a
gallery of the figures that the pages draw.

    pip install mkdocs matplotlib pandas xarray
    python build.py OUT

Every block of Python of a page runs, one page one session; what it prints or ends with stands below it, figures as SVG. A snippet that
fails, and a link that leads nowhere, end the build.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import importlib
import inspect
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAGES = HERE / "pages"
#: Pages in their order: file, title.
NAVIGATION = [
    ("index.md", "First network"),
    ("theory.md", "Theory beside simulation"),
    ("own-cell.md", "Transfer function of your own cell"),
    ("sweep.md", "Sweeps"),
    ("dendrites.md", "Dendrites"),
    ("from-brian2.md", "Coming from Brian2"),
    ("from-nest.md", "Coming from NEST and PyNN"),
    ("from-upstream.md", "Coming from neural_network_dynamics"),
]
MODULES = ["ntwk", "ntwk.tf", "ntwk.morpho", "ntwk.nrn"]


@dataclasses.dataclass
class Drawn:
    """A figure for the gallery."""

    file: str
    page: str
    title: str
    code: str


class Page:
    """A page while its snippets run."""

    def __init__(self, name: str, title: str, out: Path) -> None:
        self.name, self.title, self.out = name, title, out
        self.space: dict[str, Any] = {"__name__": "__main__"}
        self.figures: list[Drawn] = []

    def write(self) -> None:
        """Runs the page and writes it."""
        text = (PAGES / self.name).read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder) if hasattr(contextlib, "chdir") else _at(folder):
            made = re.sub(r"^```python\n(.*?)^```$", self._ran, text, flags=re.MULTILINE | re.DOTALL)
        (self.out / self.name).write_text(made, encoding="utf-8")

    def _ran(self, match: re.Match[str]) -> str:
        code = match.group(1)
        tree = ast.parse(code)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                exec(compile(tree, self.name, "exec"), self.space)
                value = None if last is None else eval(compile(ast.Expression(last.value), self.name, "eval"), self.space)
        except Exception as error:
            raise SystemExit(f"{self.name}: {type(error).__name__}: {error}\n\n{code}") from error
        shown = [printed.getvalue().rstrip()] if printed.getvalue() else []
        picture = self._picture(value, code)
        if value is not None and picture is None:
            shown.append(repr(value))
        below = "\n```text\n" + "\n".join(shown) + "\n```\n" if shown else ""
        return match.group(0) + "\n" + below + (picture or "")

    def _picture(self, value: Any, code: str) -> str | None:
        svg: str | None = None
        if hasattr(value, "_repr_svg_"):
            svg = value._repr_svg_()
        elif hasattr(value, "_repr_html_"):
            html = value._repr_html_()
            svg = html if html is not None and html.lstrip().startswith("<svg") else None
            if svg is None and html is not None:
                return "\n" + html + "\n"
        figure = getattr(value, "figure", None) if type(value).__module__.startswith("matplotlib") else None
        if isinstance(value, (list, tuple)) and value and type(value[0]).__module__.startswith("matplotlib"):
            figure = value[0].figure
        if figure is not None:
            text = io.StringIO()
            figure.savefig(text, format="svg")
            svg = text.getvalue()
        if svg is None:
            return None
        file = f"figures/{Path(self.name).stem}-{len(self.figures) + 1}.svg"
        (self.out / "figures").mkdir(exist_ok=True)
        (self.out / file).write_text(svg, encoding="utf-8")
        self.figures.append(Drawn(file, self.name, self.title, code))
        return f"\n![{self.title}]({file})\n"


@contextlib.contextmanager
def _at(folder: str) -> Any:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def reference(module: str) -> str:
    """The public names of a module with their signatures and documentation."""
    found = importlib.import_module(module)
    names = getattr(found, "__all__", None) or [n for n in vars(found) if not n.startswith("_")]
    parts = [f"# {module}\n\n{inspect.getdoc(found) or ''}\n"]
    for name in names:
        value = getattr(found, name)
        if inspect.ismodule(value) or name.startswith("__") or not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not getattr(value, "__module__", "").startswith("ntwk"):
            continue
        parts.append(f"\n## {name}\n\n{_entry(value, name)}")
        if inspect.isclass(value):
            for inner, member in vars(value).items():
                if inner.startswith("_"):
                    continue
                member = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
                if isinstance(member, property):
                    parts.append(f"\n### {name}.{inner}\n\n{_documentation(member)}")
                elif inspect.isfunction(member):
                    parts.append(f"\n### {name}.{inner}\n\n{_entry(member, inner)}")
    return "\n".join(parts)


def _entry(value: Any, name: str) -> str:
    try:
        signature = f"```text\n{name}{inspect.signature(value)}\n```\n\n"
    except (TypeError, ValueError):
        signature = ""
    return signature + _documentation(value)


def _documentation(value: Any) -> str:
    text = inspect.getdoc(value)
    if not text:
        raise SystemExit(f"{value!r} has no documentation")
    return f"```text\n{text}\n```\n"


def gallery(figures: list[Drawn]) -> str:
    """Every figure with the line that drew it."""
    parts = ["# Gallery\n\nEvery figure of these pages, with the code that drew it.\n"]
    for drawn in figures:
        last = drawn.code.strip().splitlines()[-1]
        parts.append(f"\n## {drawn.title}\n\n![{drawn.title}]({drawn.file})\n\n```text\n{last}\n```\n\nfrom [{drawn.title}]({drawn.page})\n")
    return "\n".join(parts)


def main() -> None:
    """Builds into the folder of the first argument."""
    out = Path(sys.argv[1]).resolve()
    os.environ.setdefault("MPLBACKEND", "Agg")
    with tempfile.TemporaryDirectory() as folder:
        docs = Path(folder) / "docs"
        docs.mkdir()
        figures: list[Drawn] = []
        for name, title in NAVIGATION:
            page = Page(name, title, docs)
            page.write()
            figures.extend(page.figures)
        (docs / "gallery.md").write_text(gallery(figures), encoding="utf-8")
        for module in MODULES:
            (docs / f"{module}.md").write_text(reference(module), encoding="utf-8")
        entries = [f"  - {title}: {name}" for name, title in NAVIGATION]
        entries.append("  - Gallery: gallery.md")
        entries.append("  - Reference:")
        entries.extend(f"    - {module}: {module}.md" for module in MODULES)
        settings = ["site_name: ntwk", "theme: readthedocs", "use_directory_urls: false", "markdown_extensions: [tables, fenced_code]"]
        checks = ["validation:", "  links: {not_found: warn, anchors: warn, unrecognized_links: warn}", "nav:"]
        (Path(folder) / "mkdocs.yml").write_text("\n".join([*settings, *checks, *entries]) + "\n", encoding="utf-8")
        shutil.rmtree(out, ignore_errors=True)
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(out)]
        subprocess.run(command, cwd=folder, check=True)
    print(f"{len(NAVIGATION)} pages, {len(figures)} figures, reference of {len(MODULES)} modules in {out}")


if __name__ == "__main__":
    main()
