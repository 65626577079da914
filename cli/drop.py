"""``ghosteam drop``: put files where the loop takes them, each to its data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection, NotReachable
from cli.files.landing import LandingFile, landing_of
from cli.files.names import files_in
from cli.files.older import check_no_recipes
from cli.problem_check.files import dataset_of
from ghosteam.documents import keys
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class Dropped:
    """A file that landed at ``key``."""

    landing: LandingFile
    dataset: str
    key: str


def drop_files(
    connection: Connection,
    problem: Problem,
    folder: Path,
    paths: Sequence[Path],
    *,
    scratch: Path,
    dataset: str | None = None,
    say: Callable[[str], None],
) -> list[Dropped]:
    """Land files and the files of folders. ``folder``: the problem's; ``dataset``: what they belong
    to, where their columns do not say it; ``scratch``: where files go that are written anew.

    Nothing lands before all files have a data set.

    Raises:
        InvalidInput: a file cannot be read, or it is not clear to which data set it belongs.
        NotReachable: the account does not take them.
    """
    if dataset is not None and dataset not in problem.datasets:
        known = ", ".join(problem.datasets)
        raise InvalidInput(
            f"There is no data set {dataset!r}", where={"option": "--dataset"}, remedy=known
        )
    check_no_recipes(folder)
    files = files_in(paths)
    names = Counter(path.name for path in files)
    landing: list[Dropped] = []
    for path in files:
        one = landing_of(path, scratch / path.parent.name)
        name = dataset or _named(one, problem)
        # Two files of one name would be one object, and the second would supersede the first.
        below = f"{path.parent.name}/" if names[path.name] > 1 else ""
        key = keys.landed(problem.problem, name, f"{below}{one.name}")
        landing.append(Dropped(one, name, key))
    bucket, s3 = connection.names["landing_bucket"], connection.client("s3")
    for dropped in landing:
        file = dropped.landing.source.name
        try:
            s3.upload_file(str(dropped.landing.path), bucket, dropped.key)
        except (ClientError, BotoCoreError, OSError) as error:
            raise NotReachable(f"{file} could not land: {error}") from error
        say(f"{file} → {dropped.dataset}: s3://{bucket}/{dropped.key}")
        if dropped.landing.told:
            say(f"    {dropped.landing.told}")
    return landing


def _named(landing: LandingFile, problem: Problem) -> str:
    """The data set of a file; an error names the file."""
    try:
        return dataset_of(landing, problem)
    except InvalidInput as error:
        where = {"file": landing.source.name, **error.where}
        raise InvalidInput(error.message, where=where, remedy=error.remedy) from error
