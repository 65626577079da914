"""What an evaluation says of its candidates."""

from __future__ import annotations

import pytest

from ghosteam.documents.evaluation import Evaluation
from ghosteam.errors import Defect
from tests import documents


def test_the_candidate_is_the_one_at_the_uri_that_was_chosen() -> None:
    assert documents.evaluation().candidate.model_uri == documents.evaluation().model_uri


@pytest.mark.parametrize(
    "evaluation",
    [
        documents.evaluation("r1", model_uri="s3://artifacts/r2/model.tar.gz"),
        documents.evaluation("r1", candidates=()),
    ],
)
def test_a_choice_that_is_no_candidate_says_of_which_run_and_what_to_do(
    evaluation: Evaluation,
) -> None:
    with pytest.raises(Defect, match="chose a model that is none of its candidates") as caught:
        _ = evaluation.candidate
    assert caught.value.where == {
        "problem": "flights",
        "run_id": "r1",
        "model_uri": evaluation.model_uri,
    }
    assert caught.value.remedy
