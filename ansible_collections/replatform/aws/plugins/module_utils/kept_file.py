# Copyright (c) 2026 Replatform contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that is replaced at once, with what it was before beside it until it is that again."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import ReplatformError

UNFINISHED = ".unfinished"


@dataclass
class KeptFile:
    """Content of a file, and of the old one kept beside it.

    begin() keeps the file once, before its first write: FILE + suffix + `.unfinished`, which finish() renames to
    FILE + suffix. Only drop() and undo() take it away, so no run keeps what an earlier one wrote.
    """

    real: Path
    """The file itself where the path is a link, as of a deployment that shares one file among its releases."""
    suffix: str
    content: bytes
    status: os.stat_result
    kept: bytes | None
    unfinished: bool

    @property
    def kept_path(self) -> Path:
        return _named(self.real, self.suffix)

    @classmethod
    def read(cls, path: str, suffix: str) -> KeptFile:
        """The file at `path` as it is now. Raises: ReplatformError when it is not there or none to be replaced."""
        real = Path(os.path.realpath(path))
        try:
            status = real.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ReplatformError(f"{path} is no regular file; give the path of the file.", code="NoFile")
            content = real.read_bytes()
            finished = _content_if_there(_named(real, suffix))
            unfinished = _content_if_there(_named(real, suffix + UNFINISHED))
        except OSError as exc:
            raise ReplatformError(
                f"{exc.filename or path} cannot be read by user id {os.geteuid()} ({exc.strerror}); correct the path,"
                " or become the application's user.",
                code="Unreadable",
            ) from exc
        return cls(
            real, suffix, content, status, finished if unfinished is None else unfinished, unfinished is not None
        )

    def refuse_unwritable(self) -> None:
        """Raises: ReplatformError when the file could not be replaced with its owner and mode kept."""
        folder, me = self.real.parent, os.geteuid()
        why = None
        if self.status.st_nlink > 1:
            why = "it has a second name (a hard link), which would keep the old text"
        elif not os.access(folder, os.W_OK | os.X_OK):
            why = f"user id {me} may not write in {folder}"
        elif me != 0 and (self.status.st_uid != me or self.status.st_gid not in {os.getegid(), *os.getgroups()}):
            why = f"it belongs to user id {self.status.st_uid}, and user id {me} could not give it back"
        if why:
            raise ReplatformError(
                f"{self.real} cannot be replaced: {why}; mend that, or become the application's user.",
                code="Unwritable",
            )

    def begin(self) -> None:
        """The old content is beside the file, called unfinished."""
        if self.unfinished:
            return
        with self._writing():
            if self.kept is not None:
                self.kept_path.rename(self._begun)
                return
            partial = self._beside(self.content)
            try:
                # Unlike a rename, this fails where another run has just kept its own.
                self._begun.hardlink_to(partial)
            finally:
                partial.unlink()

    def write(self, content: bytes) -> None:
        """The file has this content, its owner, mode and attributes as before; readers see the old or the new one."""
        if content == self.content:
            return
        with self._writing():
            if self.real.read_bytes() != self.content:
                raise ReplatformError(f"{self.real} was changed by somebody else just now; run again.", code="Busy")
            self._replace(content)

    def finish(self) -> None:
        """What is kept stays, no longer called unfinished."""
        with self._writing():
            self._begun.rename(self.kept_path)

    def drop(self) -> None:
        """Nothing is kept."""
        with self._writing():
            self._begun.unlink()

    def undo(self) -> None:
        """The file and what is kept are as this run found them, or as an earlier one that was killed found them."""
        if not self._begun.exists():
            return
        old = self.kept if self.unfinished and self.kept is not None else self.content
        with self._writing():
            if self.real.read_bytes() != old:
                self._replace(old)
        if self.kept is not None and not self.unfinished:
            self.finish()
        else:
            self.drop()

    @property
    def _begun(self) -> Path:
        return _named(self.real, self.suffix + UNFINISHED)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise ReplatformError(
                f"{exc.filename2 or exc.filename or self.real} could not be written ({exc.strerror}); mend that and run"
                f" again. What {self.real} was before the switch is in {self.kept_path} or {self._begun}, if there.",
                code="Unwritable",
            ) from exc

    def _replace(self, content: bytes) -> None:
        self._beside(content).replace(self.real)
        descriptor = os.open(self.real.parent, os.O_RDONLY)
        try:
            # Otherwise the new name may be lost in a power cut after the caller was told that it is there.
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _beside(self, content: bytes) -> Path:
        """A new file in the same folder with this content, and all else as the file has it."""
        descriptor, name = tempfile.mkstemp(prefix=f"{self.real.name}.", dir=self.real.parent)
        partial = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.chown(partial, self.status.st_uid, self.status.st_gid)
            # Mode, and attributes such as an ACL; the time is that of the write.
            shutil.copystat(self.real, partial)
            os.utime(partial)
        except BaseException:
            partial.unlink()
            raise
        return partial


def _named(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _content_if_there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
