"""How templates call functions and macros. A page does so hundreds of times, and Jinja asks each of them twice for what
only callable objects have."""

from collections.abc import Callable, Iterator, MutableMapping
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from jinja2 import Environment
from jinja2.runtime import Context, Macro

_FUNCTIONS = (FunctionType, MethodType)


class ShortContext(Context):
    """Calls plain functions and macros straight away, anything else as Jinja does."""

    def __init__(
        self,
        environment: Environment,
        parent: dict[str, Any],
        name: str | None,
        blocks: dict[str, Callable[[Context], Iterator[str]]],
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja's name for it
    ) -> None:
        # No template has globals besides those of its environment. Told of them, Jinja compares them at each import.
        super().__init__(environment, parent, name, blocks)

    def call(self, called: Any, /, *args: Any, _loop_vars: Any = None, _block_vars: Any = None, **values: Any) -> Any:
        """What a template writes as ``name(…)``."""
        kind = called.__class__
        if kind is Macro:
            return called(self.eval_ctx, *args, **values)
        if kind is BuiltinFunctionType or (kind in _FUNCTIONS and not hasattr(called, "jinja_pass_arg")):
            return called(*args, **values)
        return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **values)
