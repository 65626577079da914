"""Alarms, log subscriptions and Firehose in the embedded account."""

import gzip
import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.conftest import EmbeddedAccount, allow, eventually, policy

pytestmark = pytest.mark.local


def put(account: EmbeddedAccount, value: float, **dimensions: str) -> None:
    pairs = [{"Name": name, "Value": text} for name, text in dimensions.items()]
    datum = {"MetricName": "Drift", "Dimensions": pairs, "Value": value, "Unit": "Count"}
    account.client("cloudwatch").put_metric_data(Namespace="Signals", MetricData=[datum])


def test_an_alarm_on_one_dimension_reaches_a_queue_through_sns(
    embedded_account: EmbeddedAccount,
) -> None:
    sns, sqs, cloudwatch = (embedded_account.client(name) for name in ("sns", "sqs", "cloudwatch"))
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    url, arn = embedded_account.queue("subscriber", statement)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(
        AlarmName="flights-drift",
        Namespace="Signals",
        MetricName="Drift",
        Dimensions=[{"Name": "problem", "Value": "flights"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[topic],
    )

    def state() -> str:
        found: str = cloudwatch.describe_alarms(AlarmNames=["flights-drift"])["MetricAlarms"][0][
            "StateValue"
        ]
        return found

    put(embedded_account, 5, problem="other")
    eventually(lambda: state() == "OK")
    put(embedded_account, 1, problem="flights")
    message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]
    notice = json.loads(json.loads(message["Body"])["Message"])
    assert (notice["AlarmName"], notice["NewStateValue"]) == ("flights-drift", "ALARM")


def test_an_alarm_reaches_a_topic_that_refuses_what_is_not_sent_over_tls(
    embedded_account: EmbeddedAccount,
) -> None:
    """No request is at work when an alarm on missing data is evaluated; CloudWatch speaks TLS all
    the same.
    """
    sns, sqs, cloudwatch = (embedded_account.client(name) for name in ("sns", "sqs", "cloudwatch"))
    topic = sns.create_topic(Name="alerts-over-tls")["TopicArn"]
    statements = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
        },
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    url, arn = embedded_account.queue("subscriber-over-tls", statement)
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_data(
        Namespace="Signals", MetricData=[{"MetricName": "Beat", "Value": 5, "Unit": "Count"}]
    )
    cloudwatch.put_metric_alarm(
        AlarmName="silent",
        Namespace="Signals",
        MetricName="Beat",
        Statistic="Sum",
        Period=10,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        AlarmActions=[topic],
    )

    def state() -> str:
        found = cloudwatch.describe_alarms(AlarmNames=["silent"])["MetricAlarms"][0]
        return str(found["StateValue"])

    assert state() == "OK"
    message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), 45)[0]
    assert json.loads(json.loads(message["Body"])["Message"])["NewStateValue"] == "ALARM"


def delivery_stream(account: EmbeddedAccount, name: str, *statements: dict[str, Any]) -> str:
    """ARN of a stream from CloudWatch Logs to the bucket of the same name."""
    account.client("s3").create_bucket(Bucket=name)
    processors = [
        {
            "Type": "Decompression",
            "Parameters": [{"ParameterName": "CompressionFormat", "ParameterValue": "GZIP"}],
        },
        {
            "Type": "CloudWatchLogProcessing",
            "Parameters": [{"ParameterName": "DataMessageExtraction", "ParameterValue": "true"}],
        },
        {
            "Type": "AppendDelimiterToRecord",
            "Parameters": [{"ParameterName": "Delimiter", "ParameterValue": "\\n"}],
        },
    ]
    arn: str = account.client("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": account.role(f"{name}-delivery", "firehose.amazonaws.com", *statements),
            "BucketARN": f"arn:aws:s3:::{name}",
            "Prefix": "predictions/day=!{timestamp:yyyy-MM-dd}/",
            "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
            "CompressionFormat": "GZIP",
            "BufferingHints": {"IntervalInSeconds": 1, "SizeInMBs": 1},
            "ProcessingConfiguration": {"Enabled": True, "Processors": processors},
        },
    )["DeliveryStreamARN"]
    return arn


def test_subscribed_log_lines_arrive_in_s3_as_they_were_written(
    embedded_account: EmbeddedAccount,
) -> None:
    name = "prediction-log"
    arn = delivery_stream(embedded_account, name, allow("s3:PutObject", f"arn:aws:s3:::{name}/*"))
    logs, s3 = embedded_account.client("logs"), embedded_account.client("s3")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    logs.put_subscription_filter(
        logGroupName=name,
        filterName="predictions",
        filterPattern='{ $.kind = "prediction" }',
        destinationArn=arn,
        roleArn=embedded_account.role(
            f"{name}-logs", "logs.amazonaws.com", allow("firehose:PutRecord", arn)
        ),
    )
    records = [
        json.dumps({"kind": kind, "id": number})
        for number in range(3)
        for kind in ("prediction", "other")
    ]
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": record} for record in records]
    logs.put_log_events(logGroupName=name, logStreamName="one", logEvents=events)
    found = eventually(lambda: s3.list_objects_v2(Bucket=name).get("Contents"))
    assert len(found) == 1
    key = found[0]["Key"]
    assert key.startswith(time.strftime("predictions/day=%Y-%m-%d/", time.gmtime()))
    assert key.endswith(".gz")
    body = gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()).decode()
    assert body.splitlines() == [record for record in records if '"prediction"' in record]


def test_a_record_that_is_not_compressed_goes_to_the_error_prefix(
    embedded_account: EmbeddedAccount,
) -> None:
    delivery_stream(embedded_account, "raw-log", allow("s3:PutObject", "arn:aws:s3:::raw-log/*"))
    embedded_account.client("firehose").put_record(
        DeliveryStreamName="raw-log", Record={"Data": b"plain"}
    )
    s3 = embedded_account.client("s3")
    found = eventually(lambda: s3.list_objects_v2(Bucket="raw-log").get("Contents"))
    assert [entry["Key"].startswith("errors/processing-failed/") for entry in found] == [True]


def test_firehose_writes_only_with_its_roles_leave_and_keeps_what_it_could_not_write(
    embedded_account: EmbeddedAccount,
) -> None:
    delivery_stream(embedded_account, "locked-log")
    data = gzip.compress(
        json.dumps({"messageType": "DATA_MESSAGE", "logEvents": [{"message": "m"}]}).encode()
    )
    embedded_account.client("firehose").put_record(
        DeliveryStreamName="locked-log", Record={"Data": data}
    )
    s3 = embedded_account.client("s3")
    time.sleep(2.5)
    assert "Contents" not in s3.list_objects_v2(Bucket="locked-log")
    embedded_account.client("iam").put_role_policy(
        RoleName="locked-log-delivery",
        PolicyName="late",
        PolicyDocument=policy(allow("s3:PutObject", "arn:aws:s3:::locked-log/*")),
    )
    assert len(eventually(lambda: s3.list_objects_v2(Bucket="locked-log").get("Contents"))) == 1


@pytest.mark.parametrize("refused", ["[ip, status]", "allowed pattern, role without rights"])
def test_a_subscription_that_could_not_work_is_refused(
    embedded_account: EmbeddedAccount, refused: str
) -> None:
    name = f"refused-{len(refused)}"
    arn = delivery_stream(embedded_account, name)
    logs = embedded_account.client("logs")
    logs.create_log_group(logGroupName=name)
    columns = refused.startswith("[")
    statements = [allow("firehose:PutRecord", arn)] if columns else []
    with pytest.raises(ClientError, match="InvalidParameterException"):
        logs.put_subscription_filter(
            logGroupName=name,
            filterName="f",
            filterPattern=refused if columns else "",
            destinationArn=arn,
            roleArn=embedded_account.role(f"{name}-logs", "logs.amazonaws.com", *statements),
        )


def test_a_rate_without_a_start_fires_at_once(embedded_account: EmbeddedAccount) -> None:
    url, arn = embedded_account.queue("at-once")
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    role = embedded_account.role("at-once", "scheduler.amazonaws.com", statement)
    embedded_account.client("scheduler").create_schedule(
        Name="at-once",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role, "Input": '{"problem": "flights"}'},
    )
    sqs = embedded_account.client("sqs")
    eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))


def test_a_cron_fires_at_its_next_time(embedded_account: EmbeddedAccount) -> None:
    url, arn = embedded_account.queue("each-minute")
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    role = embedded_account.role("each-minute", "scheduler.amazonaws.com", statement)
    embedded_account.client("scheduler").create_schedule(
        Name="each-minute",
        ScheduleExpression="cron(* * ? * SUN-SAT *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role, "Input": '{"problem": "flights"}'},
    )
    sqs = embedded_account.client("sqs")
    eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), within=100)


def test_a_backlog_of_one_group_does_not_delay_another(embedded_account: EmbeddedAccount) -> None:
    sqs = embedded_account.client("sqs")
    url, _ = embedded_account.queue("fair")
    for group in (*["loud"] * 5, "quiet"):
        sqs.send_message(QueueUrl=url, MessageBody="work", MessageGroupId=group)
    received = []
    for _ in range(6):
        (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
        received.append(message["Attributes"]["MessageGroupId"])
    assert received == ["loud", "quiet", "loud", "loud", "loud", "loud"]
