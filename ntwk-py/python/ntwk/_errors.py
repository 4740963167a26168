"""What goes wrong, as exceptions that carry it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One fault of a description.

    Attributes
    ----------
    key : path of the key, such as ``populations.E.cell.C_m``.
    value : the value as written, where there is one.
    line : line of the file, from 1, where the description came from one.
    kind : ``unknown_key``, ``missing_key``, ``wrong_type``, ``quantity``, ``out_of_range``, ``unknown_name``, ``duplicate``,
        ``combination``, ``expression``, ``file``, ``syntax`` or ``option``.
    message : what is wrong, in words.
    nearest : of an unknown key or name, the nearest one there is.
    valid : of an unknown key or name, all there are.
    """

    key: str
    value: str | None
    line: int | None
    kind: str
    message: str
    nearest: str | None
    valid: tuple[str, ...]

    def __str__(self) -> str:
        value = "" if self.value is None else f" = {self.value}"
        return f"{self.key}{value}: {self.message}"


class NtwkError(Exception):
    """Any error of the package."""


class ModelError(NtwkError, ValueError):
    """A description or an argument that is wrong; every fault at once.

    Attributes
    ----------
    faults : list of Fault
        All of them; one without a key where the text says it all.
    """

    faults: list[Fault]

    def __init__(self, text: str, faults: Sequence[Mapping[str, Any] | Fault] = ()) -> None:
        super().__init__(text)
        made = [fault if isinstance(fault, Fault) else _fault(fault) for fault in faults]
        self.faults = made or [Fault("", None, None, "option", text, None, ())]

    def errors(self) -> list[Fault]:
        """The faults: the name that pydantic has for them."""
        return self.faults

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.args[0], self.faults)


class NtwkWarning(UserWarning):
    """What was done, and is probably not what was meant."""


def wrong_value(key: str, value: Any, message: str, nearest: str | None = None, valid: Sequence[str] = ()) -> ModelError:
    """The error of one argument, with its key and value."""
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    fault = Fault(key, shown, None, "option", message, nearest, tuple(valid))
    return ModelError(str(fault), [fault])


def unknown_name(key: str, name: str, what: str, valid: Sequence[str]) -> tuple[str, str | None]:
    """A sentence on a name that there is not, with the nearest one that there is."""
    near = difflib.get_close_matches(name, valid, 1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(valid)}"
    return f"{key} has no {what} {name!r}; {hint}", near[0] if near else None


def _fault(fields: Mapping[str, Any]) -> Fault:
    return Fault(**{**fields, "valid": tuple(fields["valid"])})


class SimulationError(NtwkError, RuntimeError):
    """A run that ended early: a variable blew up, or the network cannot be built.

    Attributes
    ----------
    partial : Run, path or None
        What was computed before.
    """

    partial: Any = None


def with_partial(raised: BaseException, partial: Any) -> BaseException:
    """The exception that ended a computation, with what was computed before as its attribute ``partial``."""
    raised.partial = partial  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    return raised


class TheoryError(NtwkError, RuntimeError):
    """The theory, or an analysis, has no answer."""


class FileError(NtwkError, OSError):
    """A file that cannot be read or written."""
