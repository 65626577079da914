"""What SQS says of a queue."""

from local.account.service_metrics import queue_values


def test_an_empty_queue_says_nothing() -> None:
    assert queue_values([], 100.0) == {}


def test_messages_that_are_worked_on_are_not_visible_and_the_oldest_tells_the_age() -> None:
    messages = [{"visible_at": 90.0, "sent_at": 40.0}, {"visible_at": 130.0, "sent_at": 60.0}]
    assert queue_values(messages, 100.0) == {
        "ApproximateNumberOfMessagesVisible": (1.0, "Count"),
        "ApproximateNumberOfMessagesNotVisible": (1.0, "Count"),
        "ApproximateAgeOfOldestMessage": (60.0, "Seconds"),
    }
