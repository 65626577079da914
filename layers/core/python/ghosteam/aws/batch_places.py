"""Where batches count: what follows from the landing keys, when all of them are looked at."""

from __future__ import annotations

from ghosteam.aws.state import StateTable
from ghosteam.documents import state_keys
from ghosteam.documents.counted_batch import Place
from ghosteam.documents.landing import Held, Settled


def all_places(
    state: StateTable, problem: str, dataset: str, validated: Settled
) -> dict[str, list[Place]]:
    """The places of each batch of a data set that counts, by its id."""
    of_data_set = state_keys.landings(dataset)
    found: dict[str, list[Place]] = {}
    for document in state.list(problem, of_data_set):
        counting = document.data.counting(validated)
        if counting and counting.batch_id:
            key = document.key.text.removeprefix(of_data_set.text)
            found.setdefault(counting.batch_id, []).append(place_of(key, counting))
    return found


def place_of(key: str, held: Held) -> Place:
    """A landing key, since the version of its object that counts there."""
    return Place(key, held.landed_at, held.sequencer)
