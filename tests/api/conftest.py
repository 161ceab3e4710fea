"""Programs with the tokens of the business's people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Engine

from crm.models.enums import TokenScope
from crm.models.workspaces import Membership
from tests.support.people import Business
from tests.support.programs import Program, token_for


@pytest.fixture
def program_of(app: Flask, engine: Engine) -> Callable[..., Program]:
    """program_of(business.viewer, scope=TokenScope.READ) is a program with a token of that person's."""

    def make(person: Membership, scope: TokenScope = TokenScope.WRITE) -> Program:
        return Program(app, token_for(engine, person, scope))

    return make


@pytest.fixture
def program(program_of: Callable[..., Program], business: Business) -> Program:
    """The owner's program, which may write."""
    return program_of(business.owner)
