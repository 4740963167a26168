"""How far a computation is, on the terminal or in a notebook, and on how many threads it runs."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any, Literal, TextIO, Union

import numpy as np

from ntwk._errors import wrong_value

#: ``"auto"``: a bar on a terminal or in a notebook, else nothing. A function is called with (stage, fraction, remark).
Progress = Union[Literal["auto"], bool, Callable[[str, float, str], Any], None]

_AFTER = 0.5  # s: what takes less shows no bar
_WIDTH = 30


class _Bar:
    def __init__(self, out: TextIO) -> None:
        self.out, self.begin, self.shown = out, time.monotonic(), False

    def __call__(self, stage: str, fraction: float, remark: str) -> None:
        elapsed = time.monotonic() - self.begin
        if elapsed < _AFTER:
            return
        done = round(_WIDTH * fraction)
        left = "" if not 0 < fraction < 1 else f", {elapsed * (1 / fraction - 1):.0f} s left"
        bar = f"\r{stage or 'computing'} [{'#' * done}{'.' * (_WIDTH - done)}] {100 * fraction:3.0f} %"
        self.out.write(f"{bar} {remark}{left}\x1b[K")
        self.out.flush()
        self.shown = True

    def close(self) -> None:
        if self.shown:
            self.out.write("\r\x1b[K")
            self.out.flush()


class _Notebook:
    def __init__(self, display: Any) -> None:
        self.begin, self.display, self.handle, self.last = time.monotonic(), display, None, 0.0

    def __call__(self, stage: str, fraction: float, remark: str) -> None:
        now = time.monotonic()
        if now - self.begin < _AFTER or now - self.last < 0.2:
            return
        self.last = now
        html = _Html(f"<progress value='{fraction:.4f}'></progress> {stage} {100 * fraction:.0f} % {remark}")
        if self.handle is None:
            self.handle = self.display(html, display_id=True)
        else:
            self.handle.update(html)

    def close(self) -> None:
        if self.handle is not None:
            self.handle.update(_Html(""))


class _Html:
    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        return self.text


def _notebook() -> Any:
    """The function that displays in a notebook; None elsewhere. IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or "ZMQ" not in type(shell).__name__:
        return None
    return sys.modules["IPython.display"].display if "IPython.display" in sys.modules else None


def default_threads(threads: int | None) -> int:
    """Threads of a computation: those asked for, else ``NTWK_NUM_THREADS``, else 1 in a worker process, else 0 (the work's)."""
    if threads is not None:
        if not isinstance(threads, (int, np.integer)) or threads < 0:
            raise wrong_value("threads", threads, "expected a whole number >= 0 (0: as many as the work is worth)")
        return int(threads)
    named = os.environ.get("NTWK_NUM_THREADS", "")
    if named.isdigit():
        return int(named)
    processes = sys.modules.get("multiprocessing.process")
    parent = getattr(processes, "parent_process", lambda: None)() if processes else None
    return 1 if parent is not None or "LOKY_WORKER" in os.environ else 0


class How:
    """Threads and progress of one computation: what the native functions take."""

    def __init__(self, threads: int | None, progress: Progress) -> None:
        self.threads = default_threads(threads)
        self.bar: _Bar | _Notebook | None = None
        self.callback: Callable[[str, float, str], Any] | None = None
        if callable(progress):
            self.callback = progress
        elif progress in ("auto", True):
            display = _notebook()
            if display is not None:
                self.bar = _Notebook(display)
            elif progress is True or sys.stderr.isatty():
                self.bar = _Bar(sys.stderr)
            self.callback = self.bar

    def __enter__(self) -> tuple[int, Callable[[str, float, str], Any] | None]:
        return self.threads, self.callback

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()
