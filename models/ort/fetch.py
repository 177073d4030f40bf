#!/usr/bin/env python3
"""Bring the ONNX Runtime library into a folder, once.

It is taken out of a wheel with `pip download`, for a Python version that need
not be the one here; the sha256 of each file is pinned.

    python3 models/ort/fetch.py .ort
    python3 models/ort/fetch.py --openvino .ort/openvino

    python3 models/ort/fetch.py --cuda .ort/cuda

The other forms bring builds with the execution providers of OpenVINO (127 MB)
and CUDA (390 MB; CUDA 12 and cuDNN 9 must be installed), for Linux on x86-64.
"""

import hashlib
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass


@dataclass(frozen=True)
class Build:
    """A wheel and the files that are taken out of it."""

    package: str
    version: str
    python: str
    wheel_platform: str
    size: str
    files: dict[str, str]  # sha256 by name; the library itself comes last


# The builds for (system, machine).
PLAIN = {
    ("Linux", "x86_64"): Build(
        "onnxruntime", "1.24.4", "3.12", "manylinux_2_28_x86_64", "17 MB",
        {"libonnxruntime.so.1.24.4": "2d518e11c7767f9fdc4413bdbeb45acf30db504ff76a82fc19d9238a3f9f6c24"},
    ),
    ("Linux", "aarch64"): Build(
        "onnxruntime", "1.24.4", "3.12", "manylinux_2_28_aarch64", "17 MB",
        {"libonnxruntime.so.1.24.4": "f373ae5fd4d878ed17ebea26e5480bd3d0a15e3bd6bc94b878e6c1b73998d22a"},
    ),
}
OPENVINO = {
    ("Linux", "x86_64"): Build(
        "onnxruntime-openvino", "1.24.1", "3.11", "manylinux_2_28_x86_64", "84 MB",
        {
            "libtbb.so.12": "6781dc6aa8b2ca237d0164258e70266a44667756c02a9a039782ec1d1a67b653",
            "libopenvino.so.2541": "ac9634b715a242a61644c77bc38f17508fe73f517e418027e2410f4bee004943",
            "libopenvino_onnx_frontend.so.2541": "f426710881d8c1a01d5ed6d7eaa076d923b19983d3ab3a18bb19d25dba7d8923",
            "libopenvino_intel_cpu_plugin.so": "034df890550ae9199fe5f8608c0df8fd0fe355f303bad56bea10bae14c14c3cb",
            "libonnxruntime_providers_shared.so": "5e02c1ff90e7d71365264dbb6767c00f04a8b57a96cddbc0085c61fa1393250d",
            "libonnxruntime_providers_openvino.so": "bf0159d2681d76e7de03fbd302a9204e5490f30816bd41826d57acf7a8dff363",
            "libonnxruntime.so.1.24.1": "2d963a419b96018b79dfe63bb50120ddcb724149912a8a6d8ac747a557c089f4",
        },
    ),
}
CUDA = {
    ("Linux", "x86_64"): Build(
        "onnxruntime-gpu", "1.24.4", "3.12", "manylinux_2_28_x86_64", "253 MB",
        {
            "libonnxruntime_providers_shared.so": "086ec1d5388f64153d9c63470d126693db9a182c8ce236d3a1119068471b8a0d",
            "libonnxruntime_providers_cuda.so": "43d2eb6ba2d1c2e796f495114420c0a1e1c6a8d987dd17c6e89a211dafdbb6c4",
            "libonnxruntime.so.1.24.4": "b10825f4306b01a4951c528554f2495c4597080c63637b300669544d9c142e76",
        },
    ),
}
FORMS = {"--openvino": OPENVINO, "--cuda": CUDA}


def sha256(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(build: Build, folder: str) -> pathlib.Path:
    """Download the wheel and return the folder with the files taken out of it."""
    subprocess.run(
        [
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
            "--disable-pip-version-check", "--only-binary=:all:",
            "--python-version", build.python, "--platform", build.wheel_platform,
            "--dest", folder, f"{build.package}=={build.version}",
        ],
        check=True,
    )
    wheel = next(pathlib.Path(folder).glob("*.whl"))
    with zipfile.ZipFile(wheel) as z:
        for name in build.files:
            z.extract(f"onnxruntime/capi/{name}", folder)
    return pathlib.Path(folder) / "onnxruntime" / "capi"


def fetch(build: Build, target: pathlib.Path) -> int:
    if all((target / name).exists() and sha256(target / name) == want for name, want in build.files.items()):
        return 0
    print(f"fetching {build.package} {build.version} into {target}/ ({build.size}, once)", file=sys.stderr)
    target.mkdir(parents=True, exist_ok=True)
    # The temporary folder lies beside the target so that the last steps are
    # renames: a file is there whole or not at all.
    with tempfile.TemporaryDirectory(dir=target) as folder:
        found = download(build, folder)
        for name, want in build.files.items():
            got = sha256(found / name)
            if got != want:
                print(f"{name}: sha256 is {got}, want {want}; not installed", file=sys.stderr)
                return 1
        for name in build.files:
            os.replace(found / name, target / name)
    return 0


def main() -> int:
    builds, arguments = PLAIN, sys.argv[1:]
    if arguments and arguments[0] in FORMS:
        builds, arguments = FORMS[arguments[0]], arguments[1:]
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    machine = (platform.system(), platform.machine())
    if machine not in builds:
        print(
            f"no pinned ONNX Runtime for {machine[0]} {machine[1]}: install release {PLAIN['Linux', 'x86_64'].version} or later "
            "and set RAGPRUNE_ORT_LIBRARY to its libonnxruntime",
            file=sys.stderr,
        )
        return 1
    return fetch(builds[machine], pathlib.Path(arguments[0]))


if __name__ == "__main__":
    sys.exit(main())
