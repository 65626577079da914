"""Training and processing jobs of the embedded account, called directly."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker_toy.account import (
    BUCKET,
    COMMAND,
    IMAGE,
    REGISTRY,
    ToyAccount,
    eventually,
    policy,
    unique,
)

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def toy(embedded_account: Any) -> ToyAccount:
    embedded_account.add_image("toy", COMMAND)
    return ToyAccount(embedded_account.descriptor)


def caller(toy: ToyAccount, actions: list[str]) -> dict[str, str]:
    """Keys of a user who may do only that."""
    iam = toy.client("iam")
    name = unique("user")
    iam.create_user(UserName=name)
    allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    iam.put_user_policy(UserName=name, PolicyName="allowed", PolicyDocument=policy(allow))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def test_a_training_job_reads_its_channel_and_leaves_a_model_and_its_metrics(
    toy: ToyAccount,
) -> None:
    name = unique("train")
    toy.client("sagemaker").create_training_job(**toy.training(name, version="7"))
    ended = toy.ended(name)
    assert ended["TrainingJobStatus"] == "Completed"
    assert (
        ended["ModelArtifacts"]["S3ModelArtifacts"]
        == f"s3://{BUCKET}/out/{name}/output/model.tar.gz"
    )
    assert [(each["MetricName"], each["Value"]) for each in ended["FinalMetricDataList"]] == [
        ("loss", 0.25)
    ]
    assert [each["Status"] for each in ended["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]


def test_checkpoints_come_back_to_the_next_job(toy: ToyAccount) -> None:
    where = f"s3://{BUCKET}/checkpoints/{unique('run')}"
    program = (
        "import pathlib, os; p = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'], "
        "'checkpoints', 'step'); "
    )
    program += (
        "n = int(p.read_text()) if p.exists() else 0; p.write_text(str(n + 1)); print('step', n)"
    )
    printed = []
    for _ in range(2):
        name = unique("train")
        request = toy.training(name) | {"CheckpointConfig": {"S3Uri": where}}
        request["AlgorithmSpecification"] |= {"ContainerEntrypoint": ["python3", "-c", program]}
        toy.client("sagemaker").create_training_job(**request)
        assert toy.ended(name)["TrainingJobStatus"] == "Completed"
        printed += toy.log_lines("/aws/sagemaker/TrainingJobs", name)
    assert printed == ["step 0", "step 1"]


def test_a_job_that_fails_says_what_its_failure_file_says(toy: ToyAccount) -> None:
    name = unique("train")
    toy.client("sagemaker").create_training_job(**toy.training(name, fail="the loss exploded"))
    ended = toy.ended(name)
    assert ended["TrainingJobStatus"] == "Failed"
    assert ended["FailureReason"] == "AlgorithmError: the loss exploded, exit code: 3"


def test_a_job_whose_role_may_not_read_its_data_fails_with_the_denial(toy: ToyAccount) -> None:
    blind = toy.role(unique("blind"), "sagemaker.amazonaws.com", ["logs:*"])
    name = unique("train")
    toy.client("sagemaker").create_training_job(**toy.training(name) | {"RoleArn": blind})
    ended = toy.ended(name)
    assert ended["TrainingJobStatus"] == "Failed"
    assert "AccessDenied" in ended["FailureReason"]
    assert "s3:ListBucket" in ended["FailureReason"]


def test_a_job_with_an_unknown_image_fails_and_names_it(toy: ToyAccount) -> None:
    name = unique("train")
    request = toy.training(name)
    request["AlgorithmSpecification"]["TrainingImage"] = f"{REGISTRY}/nowhere:1"
    toy.client("sagemaker").create_training_job(**request)
    assert (
        f"Cannot find the requested image {REGISTRY}/nowhere:1" in toy.ended(name)["FailureReason"]
    )


def test_an_empty_channel_fails_the_job(toy: ToyAccount) -> None:
    name = unique("train")
    request = toy.training(name)
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/nothing/"
    toy.client("sagemaker").create_training_job(**request)
    assert "No S3 objects found under S3 URL" in toy.ended(name)["FailureReason"]


def test_logs_appear_while_the_job_runs_and_a_stopped_job_ends_as_stopped(toy: ToyAccount) -> None:
    name = unique("train")
    sagemaker = toy.client("sagemaker")
    sagemaker.create_training_job(**toy.training(name, sleep="60"))
    describe = lambda: sagemaker.describe_training_job(TrainingJobName=name)  # noqa: E731
    eventually(describe, lambda found: found["SecondaryStatus"] == "Training")
    eventually(
        lambda: toy.log_lines("/aws/sagemaker/TrainingJobs", name),
        lambda lines: "epoch 2 loss=0.25" in lines,
    )
    assert describe()["TrainingJobStatus"] == "InProgress"
    sagemaker.stop_training_job(TrainingJobName=name)
    assert toy.ended(name)["TrainingJobStatus"] == "Stopped"
    with pytest.raises(ClientError, match="is in status Stopped"):
        sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_past_its_maximum_runtime_is_stopped(toy: ToyAccount) -> None:
    name = unique("train")
    request = toy.training(name, sleep="60") | {"StoppingCondition": {"MaxRuntimeInSeconds": 1}}
    toy.client("sagemaker").create_training_job(**request)
    ended = toy.ended(name)
    assert (ended["TrainingJobStatus"], ended["SecondaryStatus"]) == (
        "Stopped",
        "MaxRuntimeExceeded",
    )


def test_a_processing_job_sees_only_its_own_environment_and_uploads_its_output(
    toy: ToyAccount,
) -> None:
    name = unique("process")
    sagemaker = toy.client("sagemaker")
    sagemaker.create_processing_job(**toy.processing(name) | {"Environment": {"DECLARED": "1"}})
    ended = eventually(
        lambda: sagemaker.describe_processing_job(ProcessingJobName=name),
        lambda found: found["ProcessingJobStatus"] != "InProgress",
    )
    assert ended["ProcessingJobStatus"] == "Completed", ended
    output = (
        toy.client("s3").get_object(Bucket=BUCKET, Key=f"processed/{name}/a.csv")["Body"].read()
    )
    assert output == b"X\nY\nZ\n"
    [line] = [
        each
        for each in toy.log_lines("/aws/sagemaker/ProcessingJobs", name)
        if each.startswith("environment")
    ]
    assert "DECLARED" in line
    assert not {"GHOSTEAM_IMAGES", "GATEWAY_PORT", "MINISTACK_REGION"} & set(line.split())


def test_a_processing_job_with_an_entry_point_runs_it_with_the_images_python(
    toy: ToyAccount,
) -> None:
    name = unique("process")
    request = toy.processing(name)
    request["AppSpecification"] = {
        "ImageUri": IMAGE,
        "ContainerEntrypoint": ["python3", "-c", "import sys; print(sys.argv[1]); sys.exit(4)"],
        "ContainerArguments": ["--data=/opt/ml/processing/input"],
    }
    sagemaker = toy.client("sagemaker")
    sagemaker.create_processing_job(**request)
    ended = eventually(
        lambda: sagemaker.describe_processing_job(ProcessingJobName=name),
        lambda found: found["ProcessingJobStatus"] != "InProgress",
    )
    assert (
        ended["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 4"
    )
    [printed] = toy.log_lines("/aws/sagemaker/ProcessingJobs", name)
    assert printed.startswith("--data=/")
    assert printed.endswith("/processing/input")
    assert not printed.startswith("--data=/opt/ml")


def test_a_transform_job_answers_every_line_of_its_input(toy: ToyAccount) -> None:
    name = unique("transform")
    sagemaker = toy.client("sagemaker")
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=toy.model("1"),
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/in/"}
            },
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/{name}", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    ended = eventually(
        lambda: sagemaker.describe_transform_job(TransformJobName=name),
        lambda found: found["TransformJobStatus"] != "InProgress",
    )
    assert ended["TransformJobStatus"] == "Completed", ended
    answers = (
        toy.client("s3")
        .get_object(Bucket=BUCKET, Key=f"{name}/a.csv.out")["Body"]
        .read()
        .splitlines()
    )
    assert answers == [b'{"rows": 3, "version": "1", "received": 2}'] * 3


def test_a_taken_name_a_malformed_name_and_a_second_instance_are_refused(toy: ToyAccount) -> None:
    sagemaker = toy.client("sagemaker")
    name = unique("train")
    sagemaker.create_training_job(**toy.training(name))
    with pytest.raises(sagemaker.exceptions.ResourceInUse, match="names must be unique"):
        sagemaker.create_training_job(**toy.training(name))
    with pytest.raises(ClientError, match="regular expression pattern"):
        sagemaker.create_training_job(**toy.training("not_a_name"))
    request = toy.training(unique("train"))
    request["ResourceConfig"]["InstanceCount"] = 2
    with pytest.raises(sagemaker.exceptions.ResourceLimitExceeded):
        sagemaker.create_training_job(**request)
    with pytest.raises(ClientError, match="Could not find training job"):
        sagemaker.describe_training_job(TrainingJobName="no-such-job")


def test_a_caller_needs_pass_role_and_add_tags_beside_the_action(toy: ToyAccount) -> None:
    tagged = toy.training(unique("train")) | {"Tags": [{"Key": "problem", "Value": "flights"}]}
    only_create = toy.client("sagemaker", **caller(toy, ["sagemaker:CreateTrainingJob"]))
    with pytest.raises(ClientError, match="not authorized to perform: iam:PassRole"):
        only_create.create_training_job(**tagged)
    no_tags = toy.client(
        "sagemaker", **caller(toy, ["sagemaker:CreateTrainingJob", "iam:PassRole"])
    )
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:AddTags"):
        no_tags.create_training_job(**tagged)
    nothing = toy.client("sagemaker", **caller(toy, ["s3:GetObject"]))
    with pytest.raises(ClientError, match="sagemaker:CreateTrainingJob"):
        nothing.create_training_job(**tagged)


def test_a_role_that_sagemaker_may_not_assume_is_refused(toy: ToyAccount) -> None:
    with pytest.raises(ClientError, match="Could not assume role"):
        toy.client("sagemaker").create_training_job(
            **toy.training(unique("train")) | {"RoleArn": toy.flow_role}
        )


def test_tags_are_listed_changed_and_removed(toy: ToyAccount) -> None:
    sagemaker = toy.client("sagemaker")
    name = toy.model("1")
    arn = sagemaker.describe_model(ModelName=name)["ModelArn"]
    sagemaker.add_tags(
        ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    )
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    tagged = toy.client("resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["sagemaker:model"], TagFilters=[{"Key": "b", "Values": ["2"]}]
    )
    assert [each["ResourceARN"] for each in tagged["ResourceTagMappingList"]] == [arn]


def test_what_would_be_accepted_and_not_happen_is_refused(toy: ToyAccount) -> None:
    capture = {
        "EnableCapture": True,
        "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    variant = {
        "VariantName": "v",
        "ModelName": toy.model("1"),
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    with pytest.raises(ClientError, match="DataCaptureConfig is not part of the embedded account"):
        toy.client("sagemaker").create_endpoint_config(
            EndpointConfigName=unique("config"),
            ProductionVariants=[variant],
            DataCaptureConfig=capture,
        )


def test_job_lists_filter_by_name_and_status_and_come_in_pages(toy: ToyAccount) -> None:
    sagemaker = toy.client("sagemaker")
    names = [unique("listed") for _ in range(3)]
    for name in names:
        sagemaker.create_training_job(**toy.training(name, fail="as asked"))
        toy.ended(name)
    wanted = {
        "NameContains": "listed",
        "StatusEquals": "Failed",
        "SortBy": "CreationTime",
        "SortOrder": "Ascending",
    }
    first = sagemaker.list_training_jobs(**wanted, MaxResults=2)
    second = sagemaker.list_training_jobs(**wanted, MaxResults=2, NextToken=first["NextToken"])
    listed = [
        each["TrainingJobName"] for page in (first, second) for each in page["TrainingJobSummaries"]
    ]
    assert listed == names
    assert "NextToken" not in second
