"""How templates are carried out: Jinja's own way, shortened where a page passes hundreds of times."""

import re
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from jinja2 import Environment, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from markupsafe import Markup, escape

_FUNCTIONS = (FunctionType, MethodType)
_is_telling = re.compile("[&<>\"']").search


def install(env: Environment) -> None:
    """Let an environment's templates take the short ways."""
    env.context_class = ShortContext
    env.code_generator_class = ShortGenerator
    env.written = written  # type: ignore[attr-defined]


def written(value: Any) -> str:
    """A value as a page shows it, escaped: :func:`markupsafe.escape` without a new object where nothing changes."""
    kind = value.__class__
    if kind is Markup or (kind is str and _is_telling(value) is None):
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else escape(value)


class ShortGenerator(CodeGenerator):
    """Has values written by :func:`written`. A page is joined from plain pieces; only what leaves a macro is marked."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        is_short = frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None
        if is_short:
            self.write("environment.written(")
        else:
            super()._output_child_pre(node, frame, finalize)


class ShortContext(Context):
    """Calls plain functions and macros without looking for what only callable objects have."""

    def call(self, called: Any, /, *args: Any, _loop_vars: Any = None, _block_vars: Any = None, **values: Any) -> Any:
        """What a template writes as ``name(…)``."""
        kind = called.__class__
        if kind is Macro:
            return called(self.eval_ctx, *args, **values)
        if kind is BuiltinFunctionType or (kind in _FUNCTIONS and not hasattr(called, "jinja_pass_arg")):
            return called(*args, **values)
        return super().call(called, *args, _loop_vars=_loop_vars, _block_vars=_block_vars, **values)
