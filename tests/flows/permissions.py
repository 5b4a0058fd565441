"""Root's processes, without root's right to read and write whatever he likes."""

import ctypes
import os

LIBC = ctypes.CDLL(None, use_errno=True)
DAC_OVERRIDE, DAC_READ_SEARCH = 1, 2
PR_CAPBSET_DROP = 24
VERSION = 0x20080522  # of the kernel's structures for 64 capabilities


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("process", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def heed() -> None:
    """Make this process, and all that it starts, heed the permissions of files."""
    if os.geteuid() != 0:
        return
    header, sets = _Header(VERSION, 0), (_Sets * 2)()
    for capability in (DAC_OVERRIDE, DAC_READ_SEARCH):
        _done(LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0))
    _done(LIBC.capget(ctypes.byref(header), sets))
    for name in ("effective", "permitted", "inheritable"):
        kept = getattr(sets[0], name) & ~(1 << DAC_OVERRIDE | 1 << DAC_READ_SEARCH)
        setattr(sets[0], name, kept)
    _done(LIBC.capset(ctypes.byref(header), sets))


def _done(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "permissions can't be heeded")
