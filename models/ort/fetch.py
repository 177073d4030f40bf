#!/usr/bin/env python3
"""Bring the ONNX Runtime library into a folder, once.

It is taken out of the onnxruntime wheel with `pip download`; the library's own
sha256 is pinned, so the wheel's Python version does not matter.

    python3 models/ort/fetch.py .ort
"""

import hashlib
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile

VERSION = "1.24.4"
LIBRARY = f"libonnxruntime.so.{VERSION}"
# (system, machine) -> wheel platform, sha256 of the library.
PINNED = {
    ("Linux", "x86_64"): (
        "manylinux_2_28_x86_64",
        "2d518e11c7767f9fdc4413bdbeb45acf30db504ff76a82fc19d9238a3f9f6c24",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "f373ae5fd4d878ed17ebea26e5480bd3d0a15e3bd6bc94b878e6c1b73998d22a",
    ),
}


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(wheel_platform: str, folder: str) -> pathlib.Path:
    """Download the wheel and return the path of the library taken out of it."""
    subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--disable-pip-version-check", "--only-binary=:all:",
            "--python-version", "3.12", "--platform", wheel_platform,
            "--dest", folder, f"onnxruntime=={VERSION}",
        ],
        check=True,
    )
    wheel = next(pathlib.Path(folder).glob("onnxruntime-*.whl"))
    with zipfile.ZipFile(wheel) as z:
        z.extract(f"onnxruntime/capi/{LIBRARY}", folder)
    return pathlib.Path(folder) / "onnxruntime" / "capi" / LIBRARY


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    target = pathlib.Path(sys.argv[1]) / LIBRARY
    machine = (platform.system(), platform.machine())
    if machine not in PINNED:
        print(
            f"no pinned ONNX Runtime for {machine[0]} {machine[1]}: install release {VERSION} or later "
            "and set RAGPRUNE_ORT_LIBRARY to its libonnxruntime",
            file=sys.stderr,
        )
        return 1
    wheel_platform, want = PINNED[machine]
    if target.exists() and sha256(target) == want:
        return 0
    print(f"fetching ONNX Runtime {VERSION} into {target.parent}/ (17 MB, once)", file=sys.stderr)
    target.parent.mkdir(parents=True, exist_ok=True)
    # The temporary folder lies beside the target so that the last step is a
    # rename: a library is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        library = download(wheel_platform, folder)
        got = sha256(library)
        if got != want:
            print(f"{LIBRARY}: sha256 is {got}, want {want}; not installed", file=sys.stderr)
            return 1
        os.replace(library, target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
