"""Where files lie: SQLite's log is shared memory between processes, which no network file system has."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
NETWORKED = frozenset(
    "afs beegfs ceph cifs coda fuse.glusterfs fuse.rclone fuse.s3fs fuse.sshfs glusterfs gpfs lustre ncpfs nfs nfs4"
    " smb2 smb3 smbfs".split()
)


def network_kind(file: Path) -> str | None:
    """The kind of network file system that a file lies on, or will; None for a disk of this machine, and where the
    system does not say."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    place = file.resolve()
    nearest, kind = Path(), ""
    for line in lines:
        head, _dash, tail = line.partition(" - ")
        mounted = Path(_plain(head.split()[4]))
        if place.is_relative_to(mounted) and len(mounted.parts) >= len(nearest.parts):  # of two, the later is on top
            nearest, kind = mounted, tail.split()[0]
    return kind if kind in NETWORKED else None


def _plain(escaped: str) -> str:
    """A mount's place as it is: the system writes spaces in it as ``\\040``."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), escaped)
