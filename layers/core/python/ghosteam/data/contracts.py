"""Contracts of data sets: the rules of the YAML columns, and a plain Pandera schema from
``contract.py`` where it is named.

Pandera checks a whole part lazily, and each failure is mapped back to its row.
"""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaError, SchemaErrors

from ghosteam.data.contract_settings import setting_faults
from ghosteam.data.declared_rules import GIVE_A_VALUE, DeclaredRules, RuleFailure
from ghosteam.errors import Defect, InvalidInput
from ghosteam.problem.datasets import Dataset
from ghosteam.problem.spec import Problem

Contract = DeclaredRules | pa.DataFrameSchema


def load_contract(folder: Path, reference: str) -> pa.DataFrameSchema:
    """The Pandera model ``<module>.<Class>`` of a problem's folder, as a schema.

    Raises:
        Defect: there is no such module or class, it cannot be loaded, or it is no Pandera model for
            polars. No data are at fault, so none are refused for it.
    """
    module_name, _, class_name = reference.rpartition(".")
    path = folder / f"{module_name}.py"
    where: dict[str, object] = {"folder": folder.name, "field": "contract", "contract": reference}
    if not module_name.isidentifier() or not path.is_file():
        raise Defect(
            "The contract's module does not exist",
            where=where,
            remedy="Write it as <module>.<Class>",
        )
    where["file"] = path.name
    spec = importlib.util.spec_from_file_location(
        f"ghosteam_contract_{folder.name}_{module_name}", path
    )
    if spec is None or spec.loader is None:
        raise Defect("The contract's module cannot be loaded", where=where)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        model = getattr(module, class_name, None)
        if isinstance(model, type) and issubclass(model, pa.DataFrameModel):
            return model.to_schema()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a module may even exit
        line = _line_in(path, error)
        told = f"{type(error).__name__}: {error}"
        remedy = (
            f"Fix {path.name}, import only what functions have (polars, pandera, numpy), and "
            "deploy again"
        )
        raise Defect(
            f"The contract cannot be loaded: {told}", where={**where, **line}, remedy=remedy
        ) from error
    raise Defect(
        f"{class_name!r} is no pandera.polars.DataFrameModel",
        where=where,
        remedy=f"Define the class in {path.name}",
    )


def _line_in(path: Path, error: BaseException) -> dict[str, object]:
    """The line of the file at which an error arose, if it arose there."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return {"line": error.lineno}
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return {"line": frames[-1].lineno} if frames else {}


def check_contracts(problems: Mapping[str, Problem], repository: Path) -> list[Defect]:
    """Load every contract of the problems in ``repository``; what is wrong with those that cannot
    be, or that no row could be held against.
    """
    wrong = []
    for name, problem in problems.items():
        for dataset in problem.datasets.values():
            if dataset.contract:
                try:
                    contract = load_contract(repository / name, dataset.contract)
                except Defect as error:
                    wrong.append(error)
                    continue
                wrong += setting_faults(contract, dataset, repository / name, dataset.contract)
    return wrong


def contracts_of(dataset: Dataset, folder: Path) -> tuple[Contract, ...]:
    """Everything that the rows of a data set must satisfy."""
    declared = (DeclaredRules(dataset),)
    return (*declared, load_contract(folder, dataset.contract)) if dataset.contract else declared


def failures(frame: pl.DataFrame, contracts: Sequence[Contract]) -> Iterator[RuleFailure]:
    """Every broken rule, row by row.

    Raises:
        InvalidInput: a rule cannot be told for single rows, or cannot be computed; the whole part
            fails.
    """
    for contract in contracts:
        if isinstance(contract, DeclaredRules):
            yield from contract.failures(frame)
            continue
        try:
            contract.validate(frame, lazy=True)
        except SchemaErrors as errors:
            for error in errors.schema_errors:
                yield from _row_failures(frame, error)


def _row_failures(frame: pl.DataFrame, error: SchemaError) -> Iterator[RuleFailure]:
    rule, remedy = _describe(error)
    whole_row = isinstance(error.schema, pa.DataFrameSchema)
    column = None if whole_row else str(error.schema.name)
    passed = error.check_output
    if not isinstance(passed, pl.DataFrame) or passed.height != frame.height:
        raise InvalidInput(
            f"The contract cannot be applied to single rows: {error}",
            where={"rule": rule, **({"column": column} if column else {})},
            remedy="Fix the rule or the file; a rule must give one true or false a row and use "
            "declared columns",
        ) from error
    for index in (~passed.to_series().fill_null(True)).arg_true():
        yield RuleFailure(index, column, rule, remedy)


def _describe(error: SchemaError) -> tuple[str, str]:
    check = error.check
    if isinstance(check, pa.Check):
        rule = str(check.error or check.name)
        return rule, str(check.description or f"Fix the row so that {rule} holds")
    return str(check), GIVE_A_VALUE
