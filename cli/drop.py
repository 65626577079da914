"""``ghosteam drop``: put files where the loop takes them, each to its data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cli.connection import Connection, NotReachable
from cli.files.prepared import prepared
from cli.files.recipe import Recipe, read_recipes
from cli.files.table import files_in, read_table
from cli.problem_check.files import dataset_of
from ghosteam.errors import InvalidInput
from ghosteam.problem.spec import Problem


@dataclass(frozen=True)
class Dropped:
    """A file that landed at ``key`` as it is, or as a copy in which something was ``changed``."""

    path: Path
    dataset: str
    key: str
    changed: tuple[str, ...]


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
    to, where their columns do not say it; ``scratch``: where copies go.

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
    recipes = read_recipes(folder)
    files = files_in(paths)
    names = Counter(path.name for path in files)
    landing: list[tuple[Dropped, Path]] = []
    for path in files:
        table = read_table(path)
        name = dataset or dataset_of(tuple(table.rows.columns), problem, recipes)
        ready = prepared(table, recipes.get(name, Recipe()), scratch / name / path.parent.name)
        # Two files of one name would be one object, and the second would supersede the first.
        below = f"{path.parent.name}/" if names[path.name] > 1 else ""
        key = f"{problem.problem}/{name}/{below}{ready.path.name}"
        landing.append((Dropped(path, name, key, ready.changed), ready.path))
    bucket, s3 = connection.names["landing_bucket"], connection.client("s3")
    for dropped, path in landing:
        try:
            s3.upload_file(str(path), bucket, dropped.key)
        except (ClientError, BotoCoreError, OSError) as error:
            raise NotReachable(f"{dropped.path.name} could not land: {error}") from error
        say(f"{dropped.path.name} → {dropped.dataset}: s3://{bucket}/{dropped.key}")
        if dropped.changed:
            say(f"    as a copy: {'; '.join(dropped.changed)}")
    return [dropped for dropped, _ in landing]
