"""The example wheel is one: pip installs it and it runs."""

import subprocess
import sys
import venv

import pytest

from config.demo.wheels import uscc_check_wheel, wheel_name


def test_uscc_check_wheel_same_sources_same_bytes():
    assert uscc_check_wheel() == uscc_check_wheel()


@pytest.mark.slow
def test_uscc_check_wheel_installs_and_runs(tmp_path):
    wheel = tmp_path / wheel_name("hy-uscc-check", "1.0.0")
    wheel.write_bytes(uscc_check_wheel())
    target = tmp_path / "site"
    home = tmp_path / "env"
    venv.create(home, with_pip=True)
    python = home / "bin" / "python"
    install = [python, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet"]
    subprocess.run([*install, "--target", target, wheel], check=True)
    run = subprocess.run(
        [sys.executable, "-m", "hy_uscc_check", "91100000100003962T", "91100000100003962X"],
        capture_output=True, text=True, check=False, cwd=target,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (
        1,
        "91100000100003962T valid\n91100000100003962X check at 18\n",
    )
