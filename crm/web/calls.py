"""How templates call functions and macros. A page does so hundreds of times, and Jinja asks each of them twice for what
only callable objects have."""

from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from jinja2.runtime import Context, Macro

_FUNCTIONS = (FunctionType, MethodType)


class ShortContext(Context):
    """Calls plain functions and macros straight away, anything else as Jinja does."""

    def call(self, called: Any, /, *args: Any, _loop_vars: Any = None, _block_vars: Any = None, **values: Any) -> Any:
        """What a template writes as ``name(…)``."""
        kind = called.__class__
        if kind is Macro:
            return called(self.eval_ctx, *args, **values)
        if kind is BuiltinFunctionType or (kind in _FUNCTIONS and not hasattr(called, "jinja_pass_arg")):
            return called(*args, **values)
        return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **values)
