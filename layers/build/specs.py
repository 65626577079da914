"""Which layers exist, what is left out of them, and what they are built for.

Patterns are shell patterns over the path inside the layer's ``python`` folder; ``*`` also crosses
folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Target = Literal["local", "aws"]
TARGETS: tuple[Target, ...] = get_args(Target)

# python3.11 on Lambda is Amazon Linux 2 (glibc 2.26), where today's wheels do not load; 3.13 is
# Amazon Linux 2023.
AWS_PYTHON = "3.13"
AWS_PLATFORM = "x86_64-manylinux_2_28"

# The Lambda runtime brings these: a copy in a layer would be dead weight and could disagree with
# the runtime's own.
RUNTIME_PROVIDED = ("boto3", "botocore", "s3transfer")


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer.

    ``imports``: modules that must import with this layer and the runtime's boto3 alone. ``source``:
    folder, relative to the project, that is copied as it is (below the folder ``package`` if
    given); None means ``layers/<name>/requirements.lock``. ``follow_dependencies``: False when
    ``requirements.in`` lists everything itself, as for a slice of a big package. ``drop`` and
    ``keep``: patterns added to the common ones; a file that matches ``keep`` stays whatever else
    says. ``without_symbols``: shared objects that lose their symbol tables, which the loader does
    not read.
    """

    name: str
    imports: tuple[str, ...]
    source: str | None = None
    package: str = ""
    follow_dependencies: bool = True
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    without_symbols: tuple[str, ...] = ()


COMMON_DROP = (
    "bin/*",
    "share/*",
    "include/*",
    "tests/*",
    "*/tests/*",
    "*/include/*",
    "*/__pycache__/*",
    "*.pyc",
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.h",
    "*.hpp",
    "*.c",
    "*.cpp",
    "*.a",
    "*/py.typed",
    ".lock",
    "*.dist-info/*",
)

COMMON_KEEP = (
    "*.dist-info/METADATA",
    "*.dist-info/entry_points.txt",
    "*.dist-info/licenses/*",
    "*.dist-info/license_files/*",
    "*.dist-info/LICEN[CS]E*",
    "*.dist-info/COPY*",
    "*.dist-info/AUTHORS*",
    "*.dist-info/NOTICE*",
    # numpy.testing, which pandas and scipy import at run time, reads these two.
    "numpy/_core/tests/__init__.py",
    "numpy/_core/tests/_natype.py",
)

LAYERS: dict[str, LayerSpec] = {
    spec.name: spec
    for spec in (
        LayerSpec(name="core", source="layers/core/python", imports=("ghosteam",)),
        LayerSpec(
            name="problems",
            source="feature_repo",
            package="ghosteam_problems",
            imports=("ghosteam_problems",),
        ),
        LayerSpec(
            name="web",
            drop=("fastapi_offline/static/redoc*",),
            imports=(
                "fastapi",
                "fastapi_offline",
                "mangum",
                "aws_lambda_powertools",
                "pydantic",
                "yaml",
            ),
        ),
        LayerSpec(
            name="data",
            # The symbol table of polars is 40 MB, which decides whether this layer fits beside the
            # web layer; that of zstandard is most of it, and it holds its code twice.
            without_symbols=("_polars_runtime*.so", "zstandard/backend_c.*.so"),
            drop=("numpy/f2py/*", "zstandard/_cffi.*.so", "zstandard/backend_cffi.py"),
            imports=("polars", "pandera.polars", "numpy", "pydantic", "yaml", "zstandard"),
        ),
        LayerSpec(
            name="features",
            follow_dependencies=False,
            # Without feast/__init__.py, `feast` is a namespace package: the codec and the messages
            # import in 0.2 s and need only protobuf, where the whole package would load pandas,
            # dask and pyarrow.
            drop=("feast/*", "docs/*", "requirements/*", "*.dist-info/licenses/docs/*"),
            keep=(
                "feast/infra/key_encoding_utils.py",
                "feast/infra/__init__.py",
                "feast/protos/__init__.py",
                "feast/protos/*/__init__.py",
                "feast/protos/*_pb2.py",
            ),
            imports=(
                "feast.infra.key_encoding_utils",
                "feast.protos.feast.types.Value_pb2",
                "feast.protos.feast.core.Registry_pb2",
                "mmh3",
            ),
        ),
        LayerSpec(name="sql", imports=("pg8000.dbapi", "pymysql", "pytds")),
        LayerSpec(name="mlflow", imports=("mlflow", "mlflow.tracking", "sagemaker_mlflow")),
    )
}
