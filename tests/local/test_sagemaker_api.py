"""SageMaker's control plane in the embedded account: what it refuses and to whom, its tags, lists
and MLflow apps.
"""

import json

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker_toy.account import BUCKET, ToyAccount, eventually, policy, unique

pytestmark = pytest.mark.local


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


def test_a_stack_makes_an_mlflow_app_with_its_arn_as_reference(toy: ToyAccount) -> None:
    properties = {
        "Name": "tracking",
        "ArtifactStoreUri": "s3://toy-bucket/mlflow",
        "RoleArn": toy.job_role,
    }
    template = {
        "Resources": {"App": {"Type": "AWS::SageMaker::MlflowApp", "Properties": properties}},
        "Outputs": {
            "Ref": {"Value": {"Ref": "App"}},
            "Arn": {"Value": {"Fn::GetAtt": ["App", "Arn"]}},
        },
    }
    stacks = toy.client("cloudformation")
    stacks.create_stack(StackName="mlflow", TemplateBody=json.dumps(template))
    describe = lambda: stacks.describe_stacks(StackName="mlflow")["Stacks"][0]  # noqa: E731
    stack = eventually(describe, lambda found: not found["StackStatus"].endswith("IN_PROGRESS"))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["Ref"] == outputs["Arn"]
    sagemaker = toy.client("sagemaker")
    assert sagemaker.describe_mlflow_app(Arn=outputs["Arn"])["Status"] == "Created"
    stacks.delete_stack(StackName="mlflow")
    eventually(lambda: sagemaker.list_mlflow_apps()["Summaries"], lambda found: found == [])
