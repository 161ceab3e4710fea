"""Which disks a SQLite database may lie on."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm.core import disks, settings
from crm.core.errors import BadSetting


@pytest.fixture
def mounts(tmp_path, monkeypatch) -> Path:
    """What the system says is mounted."""
    file = tmp_path / "mountinfo"
    monkeypatch.setattr(disks, "MOUNTS", file)
    return file


@pytest.fixture
def many_mounts(mounts) -> None:
    mounts.write_text(
        "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "40 27 0:40 / /srv/crm rw,relatime - nfs4 files:/crm rw,vers=4.2\n"
        "41 40 254:1 / /srv/crm/local rw,relatime shared:9 - xfs /dev/vdb rw\n"
        "42 27 0:42 / /mnt/our\\040share rw - cifs //files/share rw\n"
        "43 27 0:43 / /mnt/twice rw - nfs files:/old rw\n"
        "44 27 0:44 / /mnt/twice rw - ext4 /dev/vdc rw\n"
    )


@pytest.mark.usefixtures("many_mounts")
@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/srv/crm/goodterms.db", "nfs4"),
        ("/srv/crm/not/there/yet.db", "nfs4"),
        ("/srv/crm/local/goodterms.db", None),
        ("/srv/crm2/goodterms.db", None),
        ("/mnt/our share/goodterms.db", "cifs"),
        ("/mnt/twice/goodterms.db", None),
    ],
)
def test_the_mount_that_is_nearest_and_on_top_says_what_it_is(place, kind):
    assert disks.network_kind(Path(place)) == kind


def test_where_the_system_does_not_say_nothing_is_refused(mounts):
    assert not mounts.exists()
    assert disks.network_kind(Path("/srv/crm/goodterms.db")) is None


@pytest.fixture
def on_a_network(tmp_path, mounts) -> Path:
    mounts.write_text(f"40 27 0:40 / {tmp_path} rw - nfs4 files:/crm rw\n")
    return tmp_path


@pytest.mark.parametrize("more", [{}, {"DATABASE_URL": "sqlite:///{}/other.db"}])
def test_sqlite_on_a_network_file_system_stops_the_start_in_one_line(on_a_network, more):
    more = {name: value.format(on_a_network) for name, value in more.items()}
    with pytest.raises(BadSetting, match=r"DATABASE_URL: .*nfs4.*for example postgresql://") as refused:
        settings.load({"INSTANCE_DIR": str(on_a_network / "instance"), **more})
    assert "\n" not in str(refused.value)


def test_postgresql_may_be_used_from_there(on_a_network):
    settings.load({"INSTANCE_DIR": str(on_a_network), "DATABASE_URL": "postgresql://us@localhost/goodterms"})
