"""A PostgreSQL server of our own, and courses that keep their gradebook in it."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

PASSWORD = "open:sesame@1"
IN_URL = "open%3Asesame%401"


def programs():
    """The folder of PostgreSQL's server programs, the newest; Debian keeps them off the PATH."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).parent] if on_path else Path("/usr/lib/postgresql").glob("*/bin")
    found = sorted(found, key=lambda folder: (len(folder.parent.name), folder))
    if not found:
        pytest.skip("no PostgreSQL server is installed here (`apt-get install postgresql`)")
    return found[-1]


class Server:
    """A PostgreSQL server of our own in a temporary folder, reached by a socket in it."""

    def __init__(self, folder):
        self.folder, self.programs = Path(folder), programs()
        self.user = {}
        if os.geteuid() == 0:  # as whom PostgreSQL does not run
            nobody = pwd.getpwnam("nobody")
            self.user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        options = ["--username=teacher", f"--pwfile={secret}", "--auth=scram-sha-256"]
        self.run("initdb", *options, "--encoding=UTF8", "--locale=C", "--no-sync")

    def run(self, program, *arguments):
        command = [self.programs / program, f"--pgdata={self.folder}/data", *arguments]
        with open(self.folder / "log", "a") as log:  # no pipe: the server would keep it open
            code = subprocess.call(command, cwd="/", stdout=log, stderr=log, **self.user)
        assert code == 0, (self.folder / "log").read_text()

    def start(self):
        # -F: without waiting for the disk; what a power cut leaves is not what is tested here.
        self.run("pg_ctl", "start", "--wait", f"--options=-F -c listen_addresses= -k {self.folder}")

    def stop(self, mode="immediate"):
        self.run("pg_ctl", "stop", "--wait", f"--mode={mode}")

    def sql(self, command):
        place = {"host": str(self.folder), "user": "teacher", "dbname": "postgres"}
        with psycopg.connect(**place, password=PASSWORD, autocommit=True) as connection:
            connection.execute(command)

    def url(self, database):
        return f"postgresql+psycopg://teacher:{IN_URL}@/{database}?host={self.folder}"


@contextlib.contextmanager
def running():
    """A running server, which ends with the block."""
    with tempfile.TemporaryDirectory(prefix="gradebook-", ignore_cleanup_errors=True) as folder:
        server = Server(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def use(folder, url):
    """Configure a course to keep its gradebook at ``url``, as the README says."""
    settings = {"db_url": url, "course_id": "convnets"}
    lines = [f"c.CourseDirectory.{name} = {value!r}\n" for name, value in settings.items()]
    (folder / "course_settings.py").write_text("".join(lines))
    (folder / "gradebook.db").unlink(missing_ok=True)
