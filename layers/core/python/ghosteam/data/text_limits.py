"""How long texts may be that rows are found by or models learn from."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ghosteam.data.quarantine import Reason
from ghosteam.problem.spec import Problem
from ghosteam.problem.text_values import MAX_TEXT


def limited_texts(problem: Problem, dataset_name: str) -> tuple[str, ...]:
    """The columns of text whose values a request or an online row has to carry: keys, groups,
    entities and features.
    """
    dataset = problem.datasets[dataset_name]
    asked = {
        "events": problem.request_columns,
        "labels": problem.label_key,
        "lookup": (*dataset.key, *problem.joined_columns(dataset_name)),
        "facts": dataset.key,
    }[dataset.role]
    return tuple(name for name in dataset.columns if name in asked and name in dataset.texts)


def too_long(
    declared: pl.DataFrame, problem: Problem, dataset_name: str
) -> Iterator[tuple[int, Reason]]:
    """The rows of a converted part, by their place from 0, with a text over the limit of a
    request.
    """
    for name in limited_texts(problem, dataset_name):
        column = declared[name]
        for index in (column.str.len_chars() > MAX_TEXT).fill_null(False).arg_true():
            start = column[index][:MAX_TEXT] + "…"
            remedy = f"Give a text of at most {MAX_TEXT} characters, or an id in its place"
            yield index, Reason(name, f"at most {MAX_TEXT} characters", start, remedy)
