"""Commands as people type them, in processes of their own on a machine where nothing was made yet."""

import pytest

from tests.support.serving import environment, flask


@pytest.fixture
def env(tmp_path) -> dict[str, str]:
    return environment(tmp_path)


def test_the_demo_comes_first_of_all(env):
    said = flask("demo", env=env).stdout
    assert "is ready. Sign in as demo@demo.invalid." in said
