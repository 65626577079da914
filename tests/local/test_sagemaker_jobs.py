"""Training and processing jobs of the embedded account, called directly."""

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker_toy.account import (
    BUCKET,
    IMAGE,
    REGISTRY,
    ToyAccount,
    eventually,
    unique,
)

pytestmark = pytest.mark.local


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
